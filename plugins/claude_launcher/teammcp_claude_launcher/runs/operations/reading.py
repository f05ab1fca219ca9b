"""Looking at runs."""

from __future__ import annotations

import asyncio
from typing import Annotated

from pydantic import Field

from teammcp import (
    LARGEST_ID,
    Context,
    Limit,
    MemberRef,
    NotFound,
    Reader,
    Row,
    TeamError,
    find_agent,
    operation,
    present,
    require_valid,
)

from ... import machines
from ...protocol import Process as ProcessQuestion
from .. import notices, queries, showing
from ..models import AgentProcess, Process, Run, RunEntries, RunEntry, RunId, RunList
from ..watching import seen

Before = Annotated[int, Field(ge=1, le=LARGEST_ID)]


@operation("GET /api/runs", access="member", profile="launcher", read_only=True)
async def list_runs(
    context: Context,
    agent: MemberRef | None = None,
    machine: str | None = None,
    live: bool = False,
    before: Before = LARGEST_ID,
    limit: Limit = 30,
) -> RunList:
    """List runs of agents' programs, newest first: of one agent, on one machine, or only those that have not ended.

    Next page: before = the last one's run_id.
    """
    rows = await context.read(queries.listed, agent, machine, live, before, limit)
    return RunList(context.budget().fit(await showing.runs_of(context, rows)))


@operation("GET /api/runs/{run_id}", access="member", profile="launcher", read_only=True)
async def get_run(context: Context, run_id: RunId) -> Run:
    """See how a run of an agent's program stands, or why it has ended and what to do about it."""
    return await showing.run_of(context, await _find(context, run_id))


@operation("GET /api/runs/{run_id}/entries", access="member", profile="launcher", read_only=True, holds=True)
async def get_run_entries(
    context: Context,
    run_id: RunId,
    after: Annotated[int, Field(ge=0, le=LARGEST_ID)] = 0,
    before: Before | None = None,
    limit: Limit = 200,
    wait_ms: Annotated[int, Field(ge=0, le=30_000)] = 0,
) -> RunEntries:
    """See what happened in a run, oldest first: turns, what it said, tools, permissions, its end.

    What came of messages that you may not read is withheld.

    Go on with after = the last one's seq, and wait_ms to wait for what comes; with before, the newest ones before that.
    """
    await _find(context, run_id)
    if before is None and wait_ms:
        await _until_more(context, run_id, after, wait_ms / 1000)
        require_valid(context)
    return await context.read(_entries, context, run_id, after, before, limit)


@operation("GET /api/agents/{name}/log", access="member", profile="launcher", read_only=True, tool=False)
async def get_agent_log(
    context: Context, name: MemberRef, before: Before = LARGEST_ID, limit: Limit = 200
) -> RunEntries:
    """See what happened last in an agent's newest run."""
    agent = find_agent(context, name, "name").name
    row = await context.read(queries.last_run, agent)
    if row is None:
        raise NotFound(f"name: {agent} has had no run yet; start_agent starts it.", code="no_run")
    return await context.read(_entries, context, row["id"], 0, before, limit)


@operation("GET /api/agents/{name}/process", access="member", profile="launcher", read_only=True)
async def get_agent_process(context: Context, name: MemberRef) -> AgentProcess:
    """See an agent's program as it is now: its run, and the processes that its machine shows for it."""
    agent = find_agent(context, name, "name").name
    row = await context.read(_current, agent)
    run = None if row is None else await showing.run_of(context, row)
    if run is None or run.ended_at is not None:
        return AgentProcess(agent=agent, run=run, processes=[], note="Its program does not run.")
    try:
        answer = await machines.links(context.team).ask(run.machine, ProcessQuestion(agent=agent))
    except TeamError as error:
        return AgentProcess(agent=agent, run=run, processes=[], note=error.detail)
    processes = [Process.model_validate(each) for each in answer.get("processes", [])]
    return AgentProcess(agent=agent, run=run, processes=processes, note="")


# -- helpers ---------------------------------------------------------------------------------------------------------


async def _find(context: Context, run_id: int) -> Row:
    row = await context.read(queries.run, run_id)
    if row is None:
        raise NotFound(f"run_id: there is no run {run_id}; list_runs lists them.", code="no_run")
    return row


def _current(reader: Reader, agent: str) -> Row | None:
    return queries.live_run(reader, agent) or queries.last_run(reader, agent)


async def _until_more(context: Context, run_id: int, after: int, seconds: float) -> None:
    """Wait until there is an entry behind that number, or the run is over."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    with context.team.presence.connected(context.actor.name):
        while True:
            news = notices.next_of(context.team, run_id)  # before looking, so that nothing slips between
            try:
                if await context.read(_has_more, run_id, after):
                    return
                async with asyncio.timeout_at(deadline):
                    await news.wait()
            except TimeoutError:
                return
            finally:
                notices.forget(context.team, run_id, news)


def _has_more(reader: Reader, run_id: int, after: int) -> bool:
    over = present(queries.run(reader, run_id))["ended_at"] is not None
    return over or bool(queries.entries_after(reader, run_id, after, 1))


def _entries(reader: Reader, context: Context, run_id: int, after: int, before: int | None, limit: int) -> RunEntries:
    if before is None:
        rows = queries.entries_after(reader, run_id, after, limit + 1)
    else:
        rows = queries.entries_before(reader, run_id, before, limit + 1)
    run = present(queries.run(reader, run_id))
    fitting = context.budget().fit(
        RunEntry(seq=row["seq"], at=row["at"], entry=seen(context, run["agent"], row)) for row in rows[:limit]
    )
    return RunEntries(
        run_id=run_id,
        entries=fitting if before is None else fitting[::-1],
        more=len(rows) > len(fitting),
        ended=run["ended_at"] is not None,
    )
