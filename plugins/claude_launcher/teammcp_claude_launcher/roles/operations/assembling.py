"""Assembling a team for a need: proposed by a member, made on one yes of a person, retired with a hand-over."""

from __future__ import annotations

import json
from typing import Annotated

from pydantic import Field

from teammcp import (
    LARGEST_ID,
    ChannelRef,
    Conflict,
    Context,
    Forbidden,
    InvalidInput,
    Limit,
    MemberRef,
    Reader,
    Row,
    Transaction,
    Work,
    find_agent,
    operation,
    present,
    quoted_block,
)

from ... import homes
from ...events import AssemblyAccepted, AssemblyDeclined, AssemblyEvent, AssemblyProposed, AssemblyRetired
from .. import assemblies, queries
from ..describing import describe
from ..models import (
    Assembled,
    Assembly,
    AssemblyId,
    AssemblyList,
    Dollars,
    HandOver,
    MemberToBe,
    Need,
    Status,
)

MOST = 12
"""Members of an assembled team."""
WAITING = 20
"""Proposals that wait for a decision at a time."""
Members = Annotated[list[MemberToBe], Field(max_length=MOST)]

_REQUEST = """\
A team is needed. Propose one with assemble_team: the same need, members (of each a name, a role of list_roles or a
description, a reason, a first task, a runtime of list_runtimes), and cost_usd, what they may use together at most. As
few members as possible. A person says yes or no to it. The need:

"""


@operation("POST /api/assemblies", access="member", profile="launcher", status=201)
async def assemble_team(
    context: Context,
    need: Need,
    members: Members = [],  # noqa: B006 - never changed
    cost_usd: Dollars | None = None,
    lead: MemberRef | None = None,
) -> Work[Assembled]:
    """Propose a team for a need in words: who, why, and at which cost together. A person says yes to all of it at once.

    Without members the agent `lead` is asked by a message to propose them. Nothing is made before the yes.
    """
    if not members:
        return await _ask(context, need, lead)
    if cost_usd is None:
        raise InvalidInput.at("cost_usd", "say how many US dollars the members may use together at most")
    names = [each.name.casefold() for each in members]
    if len(set(names)) < len(names):
        raise InvalidInput.at("members", "two of them have the same name")
    for each in members:
        await _check(context, each)
    kept = json.dumps([each.model_dump() for each in members], ensure_ascii=False)

    def work(tx: Transaction) -> Assembled:
        if queries.proposed(tx, WAITING) >= WAITING:
            raise Conflict(f"{WAITING} proposals wait for a decision. Have one decided first.", code="too_many")
        number = queries.propose(tx, need, kept, cost_usd, context.actor.name, context.now())
        row = present(queries.assembly(tx, number))
        _tell(context, tx, AssemblyProposed, row)
        return Assembled(proposal=assemblies.assembly_of(row, set()))

    return work


async def _ask(context: Context, need: str, lead: str | None) -> Work[Assembled]:
    """The work that asks a lead for a proposal."""
    if lead is None:
        raise InvalidInput.at("members", "say who is needed, or with lead which agent is to propose it")
    agent = find_agent(context, lead, "lead")
    send = await context.prepare("send_message", channel=f"dm:{agent.name}", content=f"{_REQUEST}{quoted_block(need)}")

    def work(tx: Transaction) -> Assembled:
        send(tx)
        return Assembled(asked=agent.name)

    return work


async def _check(context: Context, member: MemberToBe) -> None:
    """See that a member can be made, as far as that is known now.

    Raises:
        TeamError: it cannot; the text says why.
    """
    if context.team.directory.who(member.name) is not None:
        raise Conflict(f"members: '{member.name}' is taken. Choose another name.", code="name_taken")
    await describe(context, member.role, member.description)


@operation("POST /api/assemblies/{assembly_id}/accept", access="manager", profile="launcher", idempotent=True)
async def accept_assembly(context: Context, assembly_id: AssemblyId, cost_usd: Dollars | None = None) -> Work[Assembly]:
    """Say yes to a proposed team, as a person: its members are made and started.

    cost_usd: what they may use together, if not what was proposed. A team that has used it up goes on after another yes
    with a higher one.
    """
    if context.actor.kind != "human":
        raise Forbidden("A team is made when a person says yes. Ask one to call accept_assembly, or use the page.")
    row = await context.read(assemblies.find, assembly_id, "proposed", "accepted")
    making = [await homes.make(context, each) for each in await assemblies.newcomers(context, row)]
    limit = row["cost_usd"] if cost_usd is None else cost_usd

    def work(tx: Transaction) -> Assembly:
        before = assemblies.find(tx, assembly_id, row["status"])
        for make in making:
            make(tx)
        queries.decide(tx, assembly_id, "accepted", limit, context.actor.name, context.now())
        homes.let_go(context, tx, assembly_id)
        _tell(context, tx, AssemblyAccepted, before)
        return _assembly(tx, assembly_id)

    return work


@operation("POST /api/assemblies/{assembly_id}/decline", access="manager", profile="launcher", idempotent=True)
async def decline_assembly(context: Context, assembly_id: AssemblyId) -> Work[Assembly]:
    """Say no to a proposed team."""

    def work(tx: Transaction) -> Assembly:
        row = assemblies.find(tx, assembly_id, "proposed")
        queries.decide(tx, assembly_id, "declined", row["cost_usd"], context.actor.name, context.now())
        _tell(context, tx, AssemblyDeclined, row)
        return _assembly(tx, assembly_id)

    return work


@operation("POST /api/assemblies/{assembly_id}/retire", access="manager", profile="launcher", destructive=True)
async def retire_assembly(
    context: Context, assembly_id: AssemblyId, handover: HandOver, channel: ChannelRef = "general"
) -> Work[Assembly]:
    """Let a team go whose work is done: its members are stopped and retired for good, and the hand-over is posted.

    handover: what was done, what is left, and where everything is.
    """
    await context.read(assemblies.find, assembly_id, "accepted")
    there = await context.read(homes.members, assembly_id)
    retiring = [await context.prepare("retire_agent", name=home["agent"]) for home in there]
    send = await context.prepare("send_message", channel=channel, content=handover)

    def work(tx: Transaction) -> Assembly:
        row = assemblies.find(tx, assembly_id, "accepted")
        send(tx)
        for retire in retiring:
            retire(tx)
        queries.retire(tx, assembly_id, handover, context.now())
        _tell(context, tx, AssemblyRetired, row)
        return _assembly(tx, assembly_id)

    return work


@operation("GET /api/assemblies/{assembly_id}", access="member", profile="launcher", read_only=True)
async def get_assembly(context: Context, assembly_id: AssemblyId) -> Assembly:
    """See a team that was assembled or proposed: who, why, at which cost, and what came of it."""
    row = await context.read(assemblies.find, assembly_id, "proposed", "accepted", "declined", "retired")
    return await assemblies.shown(context, row)


@operation("GET /api/assemblies", access="member", profile="launcher", read_only=True)
async def list_assemblies(
    context: Context,
    status: Status | None = None,
    before: Annotated[int, Field(ge=1, le=LARGEST_ID)] = LARGEST_ID,
    limit: Limit = 20,
) -> AssemblyList:
    """List the teams that were proposed or assembled, newest first. Next page: before = the last one's assembly_id."""

    def query(reader: Reader) -> list[Row]:
        if status is None:
            return queries.all_assemblies(reader, before, limit)
        return queries.assemblies(reader, status, before, limit)

    return AssemblyList([await assemblies.shown(context, row) for row in await context.read(query)])


def _assembly(tx: Transaction, assembly_id: int) -> Assembly:
    """A team as it is in a transaction, what it has used left out."""
    row = present(queries.assembly(tx, assembly_id))
    there = {home["agent"] for home in homes.members(tx, assembly_id)}
    return assemblies.assembly_of(row, there)


def _tell(context: Context, tx: Transaction, event: type[AssemblyEvent], row: Row) -> None:
    said = event(assembly_id=row["id"], need=row["need"], proposed_by=row["proposed_by"])
    context.emit(tx, said, row["id"])
