"""Looking at homes, and at what can be run."""

from __future__ import annotations

import shlex
from dataclasses import asdict

from teammcp import Conflict, Context, MemberRef, NotFound, Reader, Row, Runtime, find_agent, operation

from ... import machines, runs
from ...machines.here import look_here
from ...protocol import FoundRuntime
from .. import catalogue, queries
from ..models import AgentFork, AgentHome, AgentHomes, RuntimeKind, RuntimeKinds, RuntimeOn
from ..shapes import home_of


@operation("GET /api/agents/{name}/home", access="member", profile="launcher", read_only=True)
async def get_agent_home(context: Context, name: MemberRef) -> AgentHome:
    """See where an agent lives, what it runs, by what rights, and whether it is to run."""
    agent = find_agent(context, name, "name", retired=True)
    row = await context.read(queries.home, agent.name)
    if row is None:
        raise NotFound(f"name: {agent.name} has no home. start_agent makes one.", code="no_home")
    (home,) = await _looked_at(context, [row])
    return home


@operation("GET /api/homes", access="member", profile="launcher", read_only=True)
async def list_agent_homes(context: Context) -> AgentHomes:
    """List the agents that are run here, each with its home."""
    return AgentHomes(await _looked_at(context, await context.read(queries.homes)))


async def _looked_at(context: Context, rows: list[Row]) -> list[AgentHome]:
    """Homes, each with its run."""

    def query(reader: Reader) -> list[Row]:
        found = (runs.last_run(reader, row["agent"]) for row in rows)
        return [row for row in found if row is not None]

    shown = {run.agent: run for run in await runs.runs_of(context, await context.read(query))}
    return [home_of(row).model_copy(update={"run": shown.get(row["agent"])}) for row in rows]


@operation("GET /api/agents/{name}/fork", access="member", profile="launcher", read_only=True)
async def get_agent_fork(context: Context, name: MemberRef) -> AgentFork:
    """Get the command with which somebody goes on from an agent's conversation in a session of his own."""
    home = await get_agent_home(context, name)
    runtime = catalogue.find(context.server, home.runtime)
    command = runtime.fork(runtime.Options.model_validate(home.options), home.conversation or "")
    if not command:
        raise Conflict(
            f"name: {home.agent} runs '{runtime.title}', which cannot go on from a copy of a conversation. Ask it in a "
            "message instead.",
            code="not_possible",
        )
    if home.conversation is None:
        raise Conflict(
            f"name: {home.agent} has no conversation yet. Let it do something first.", code="no_conversation"
        )
    return AgentFork(
        agent=home.agent,
        machine=home.machine,
        folder=home.folder or (home.run.folder if home.run else ""),
        command=shlex.join(command),
        conversation=home.conversation,
    )


@operation("GET /api/runtimes", access="member", profile="launcher", read_only=True)
async def list_runtimes(context: Context) -> RuntimeKinds:
    """List what agents can run: which programs, what they can do, what can be set, and on which machines they are."""
    await look_here(context)
    found = await context.read(machines.found)
    return RuntimeKinds([_kind(runtime, found) for runtime in catalogue.runtimes(context.server).values()])


def _kind(runtime: Runtime, found: dict[str, list[FoundRuntime]]) -> RuntimeKind:
    return RuntimeKind(
        name=runtime.name,
        title=runtime.title,
        description=runtime.description,
        capabilities=asdict(runtime.capabilities),
        options=runtime.Options.model_json_schema(),
        machines=[
            RuntimeOn(machine=machine, program=each.program, version=each.version, missing=each.missing)
            for machine, there in sorted(found.items())
            for each in there
            if each.name == runtime.name
        ],
    )
