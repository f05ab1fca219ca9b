"""Starting and stopping agents, and choosing what they run."""

from __future__ import annotations

from typing import Unpack

from teammcp import Context, MemberRef, NotFound, Refused, Row, Transaction, Work, operation, present

from ... import machines
from ...events import TurnInterrupted
from ...protocol import Interrupt
from .. import budgets, keys, queries
from ..choices import settle
from ..models import AgentHome, Brief, HomeChoices, Interrupted
from ..newcomers import check_room
from ..notes import changed, is_homeless, tell
from ..permissions import agent_to_choose_for, agent_to_run
from ..shapes import home_of


@operation("POST /api/agents/{name}/start", access="manager", profile="launcher")
async def start_agent(
    context: Context,
    name: MemberRef,
    *,
    brief: Brief = "",
    new_key: bool = False,
    **choices: Unpack[HomeChoices],
) -> Work[AgentHome]:
    """Start an agent's program, now and whenever it is needed. The first time say at least which runtime.

    A brief reaches it as a direct message from you. An agent that was not started here before needs new_key=true: its
    old key stops working. What is left out is as before.
    """
    chosen_any = any(value is not None for value in choices.values())
    agent = (agent_to_choose_for if chosen_any or new_key else agent_to_run)(context, name)
    row = await context.read(queries.home, agent.name)
    chosen = await settle(context, row, choices)
    provide = await keys.provide(context, agent, new=new_key)
    send = await context.prepare("send_message", channel=f"dm:{agent.name}", content=brief) if brief.strip() else None
    spent = await budgets.find(context, agent.name)
    if spent is not None:
        raise Refused(spent.why)

    def work(tx: Transaction) -> AgentHome:
        before = queries.home(tx, agent.name)
        if before is None:
            check_room(context, tx)
        provide(tx)
        chosen.put(tx, agent.name, before, context.actor.name, context.now())
        queries.start(tx, agent.name, context.actor.name, context.now())
        if new_key and before is not None:  # what may run has the old one
            queries.renew(tx, agent.name)
        if send is not None:
            send(tx)
        return _changed(context, tx, agent.name, before)

    return work


@operation("POST /api/agents/{name}/stop", access="manager", profile="launcher", idempotent=True)
async def stop_agent(context: Context, name: MemberRef) -> Work[AgentHome]:
    """End an agent's program, with all that it has started; nothing starts it again but start_agent."""
    agent = agent_to_run(context, name)
    _at_home(await context.read(queries.home, agent.name), agent.name)

    def work(tx: Transaction) -> AgentHome:
        queries.stop(tx, agent.name, context.now())
        return _changed(context, tx, agent.name)

    return work


@operation("POST /api/agents/{name}/restart", access="manager", profile="launcher")
async def restart_agent(context: Context, name: MemberRef, new_conversation: bool = False) -> Work[AgentHome]:
    """End an agent's program and begin it anew, with what its home says now, going on with its conversation or not."""
    agent = agent_to_run(context, name)
    row = _at_home(await context.read(queries.home, agent.name), agent.name)
    await settle(context, row, {})
    provide = await keys.provide(context, agent, new=False)

    def work(tx: Transaction) -> AgentHome:
        provide(tx)
        queries.start(tx, agent.name, context.actor.name, context.now())
        queries.renew(tx, agent.name)
        if new_conversation:
            queries.set_conversation(tx, agent.name, None)
        return _changed(context, tx, agent.name)

    return work


@operation("POST /api/agents/{name}/interrupt", access="manager", profile="launcher")
async def interrupt_agent(context: Context, name: MemberRef) -> Work[Interrupted]:
    """Break off the turn that an agent is in; its program goes on, and takes the next message."""
    agent = agent_to_run(context, name)
    row = _at_home(await context.read(queries.home, agent.name), agent.name)
    machine = row["machine"]
    await machines.links(context.team).ask(machine, Interrupt(agent=agent.name))

    def work(tx: Transaction) -> Interrupted:
        context.emit(tx, TurnInterrupted(agent=agent.name), agent.name)
        return Interrupted(agent=agent.name, machine=machine)

    return work


@operation("PATCH /api/agents/{name}/home", access="manager", profile="launcher", idempotent=True)
async def configure_agent(context: Context, name: MemberRef, **choices: Unpack[HomeChoices]) -> Work[AgentHome]:
    """Change an agent's home. What runs goes on as it is; restart_agent begins it anew with what is changed."""
    agent = agent_to_choose_for(context, name)
    row = await context.read(queries.home, agent.name)
    chosen = await settle(context, row, choices)

    def work(tx: Transaction) -> AgentHome:
        before = queries.home(tx, agent.name)
        chosen.put(tx, agent.name, before, context.actor.name, context.now())
        if before is not None and before["machine"] != chosen.machine and is_homeless(before):
            queries.stop(tx, agent.name, context.now())  # what it was held for is done with
        return _changed(context, tx, agent.name, before)

    return work


def _at_home(row: Row | None, agent: str) -> Row:
    """The home of an agent that has one.

    Raises:
        NotFound: it has none.
    """
    if row is None:
        raise NotFound(f"name: {agent} has no home. start_agent makes one.", code="no_home")
    return row


def _changed(context: Context, tx: Transaction, agent: str, before: Row | None = None) -> AgentHome:
    """Tell that a home has changed; how it is now. The machine on which it was hears of it too."""
    changed(context, tx, agent)
    row = present(queries.home(tx, agent))
    if before is not None and before["machine"] != row["machine"]:
        tell(context, tx, before["machine"])
    return home_of(row)
