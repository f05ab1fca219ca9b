"""Assembled teams: how they are kept, shown and made."""

from __future__ import annotations

import json
from typing import Any

from teammcp import Conflict, Context, NotFound, Reader, Row

from .. import homes
from ..homes import Newcomer
from . import queries
from .describing import describe
from .models import Assembly, MemberToBe, ProposedMember

DAYS = 31
"""Of so many days usage is known for each day."""


def find(reader: Reader, assembly_id: int, *statuses: str) -> Row:
    """An assembled team, if it is of one of these statuses.

    Raises:
        NotFound: there is none of that number. Conflict: it has another status.
    """
    row = queries.assembly(reader, assembly_id)
    if row is None:
        raise NotFound(
            f"assembly_id: there is no assembly {assembly_id}. list_assemblies lists them.", code="assembly_not_found"
        )
    if row["status"] not in statuses:
        raise Conflict(f"assembly_id: assembly {assembly_id} is {row['status']}.", code="wrong_status")
    return row


def members_of(row: Row) -> list[MemberToBe]:
    """The members that were proposed."""
    return [MemberToBe.model_validate(each) for each in json.loads(row["members"])]


async def newcomers(context: Context, row: Row) -> list[Newcomer]:
    """Its members that are not made yet."""
    there = {home["agent"] for home in await context.read(homes.members, row["id"])}
    return [await _newcomer(context, each, row["id"]) for each in members_of(row) if each.name not in there]


async def _newcomer(context: Context, member: MemberToBe, assembly_id: int) -> Newcomer:
    who = await describe(context, member.role, member.description)
    place = member.model_dump(include={"runtime", "machine", "credential", "model", "workspace", "folder"})
    return Newcomer(
        name=member.name,
        summary=who.summary,
        task=member.task,
        choices={**place, "role": who.role, "guide": who.guide},
        assembly=assembly_id,
    )


async def spent(context: Context, agents: list[str]) -> float:
    """US dollars that agents have used in the last month."""
    server, total = Context.inside(context.team), 0.0
    for agent in agents:
        (usage,) = (await server.call("get_usage", agent=agent, days=DAYS)).agents
        total += sum(day.cost_usd for day in usage.days)
    return total


async def shown(context: Context, row: Row) -> Assembly:
    """An assembled team as it is shown."""
    there = {home["agent"] for home in await context.read(homes.members, row["id"])}
    names = [each.name for each in members_of(row)] if row["status"] == "retired" else sorted(there)
    used = await spent(context, [name for name in names if context.team.directory.agent(name) is not None])
    return assembly_of(row, there, used)


def assembly_of(row: Row, there: set[str], used: float = 0.0) -> Assembly:
    """The same, where it is known who is there and what was used."""
    values: dict[str, Any] = {name: row[name] for name in queries.ASSEMBLY.split(", ") if name != "id"}
    members = [ProposedMember(**each.model_dump(), there=each.name in there) for each in members_of(row)]
    return Assembly(**{**values, "assembly_id": row["id"], "members": members, "spent_usd": used})
