"""What the server does before a question is asked: it starts the agent that answers, or sees that it is as chosen."""

from __future__ import annotations

import json

from teammcp import Conflict, Context, Forbidden, Reader, Row, Transaction, Work, operation

from ...events import ConversationStarted
from ...registry import existing, running
from ...registry import queries as registry
from .. import homes, naming
from ..models import Started


@operation(internal=True, profile="projects")
async def start_conversation(context: Context, project: str, lane: str) -> Work[Started]:
    """Start an agent that answers a lane of a project; one that lives elsewhere is retired."""
    row, before = await context.read(_found, project, lane)
    chooser = _chooser(context, row)
    name = naming.name_for(project, lane, lambda name: context.team.directory.who(name) is not None)
    role = {"role": row["role"]} if row["role"] else {}
    spawn = await chooser.prepare(
        "spawn_agent",
        name=name,
        description=homes.guide(row),
        **role,
        **homes.place(row),
        **await homes.manner(context, row),
        limits={"idle_minutes": homes.IDLE_MINUTES},
    )
    retire = None if before is None else await context.prepare("retire_agent", name=before["agent"])
    if spawn.waits or (retire is not None and retire.waits):
        raise Conflict("A plugin makes it wait that an agent is started, so nobody answers yet.", code="waits")

    def work(tx: Transaction) -> Started:
        now_row, now_before = _found(tx, project, lane)
        if now_row["version"] != row["version"] or _name(now_before) != _name(before):
            raise Conflict(f"project: {project} was changed this moment.", code="not_its_turn")
        if before is not None and retire is not None:
            registry.take_out_agent(tx, before["agent"])
            retire(tx)
        spawn(tx)
        registry.add_lane_agent(tx, name, project, lane, json.dumps(homes.given(row)))
        context.emit(tx, ConversationStarted(project=project, asking=lane, agent=name), project)
        return Started(agent=name)

    return work


@operation(internal=True, profile="projects")
async def adapt_conversation(context: Context, project: str, lane: str) -> Work[Started]:
    """Let the agent of a lane work as the registry says now, and begin anew if somebody wants that."""
    row, before = await context.read(_found, project, lane)
    if before is None:
        raise Conflict(f"project: nobody was started to answer {lane}.", code="not_its_turn")
    agent, renews, chooser = before["agent"], bool(before["renew"]), _chooser(context, row)
    home = await context.call("get_agent_home", name=agent)
    differs = homes.differences(home, before, await homes.manner(context, row))
    calls = [await chooser.prepare("configure_agent", name=agent, **differs)] if differs else []
    if renews or {*differs} - {"limits"}:
        calls.append(await chooser.prepare("restart_agent", name=agent, new_conversation=renews))
    if any(each.waits for each in calls):
        raise Conflict("A plugin makes it wait that the agent is changed, so it is not asked yet.", code="waits")

    def work(tx: Transaction) -> Started:
        if _name(registry.lane_agent(tx, project, lane)) != agent:
            raise Conflict(f"project: {agent} answers {lane} no more.", code="not_its_turn")
        for each in calls:
            each(tx)
        registry.set_renew(tx, agent, renew=False)
        registry.set_given(tx, agent, json.dumps(homes.given(row)))
        return Started(agent=agent)

    return work


def _found(reader: Reader, project: str, lane: str) -> tuple[Row, Row | None]:
    return existing(reader, project), registry.lane_agent(reader, project, lane)


def _name(row: Row | None) -> str | None:
    return None if row is None else row["agent"]


def _chooser(context: Context, project: Row) -> Context:
    """The context of whoever has chosen what runs, by whose right it does.

    Raises:
        Forbidden: that is no manager any more.
    """
    found = running.chooser(context, dict(project))
    if found is None:
        raise Forbidden(
            f"Whoever has chosen what answers for {project['name']} is no manager any more. One says it anew: "
            "update_project with the same runtime.",
            code="chooser_gone",
        )
    return Context.inside(context.team, found)
