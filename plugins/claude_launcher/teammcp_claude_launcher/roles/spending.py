"""What an assembled team may use together: when it is used up, all its members are held until a person raises it."""

from __future__ import annotations

from typing import Any

from teammcp import AgentStart, Context, Operation, Refused

from .. import homes
from ..sentences import ASSEMBLY_USED_UP
from . import assemblies, queries


async def look(context: Context, operation: Operation, result: Any) -> None:
    """After a report of usage: hold the team that an agent was made for, if it has used up what it may."""
    if operation.name != "report_usage":
        return
    home = await context.read(homes.find, result.agent)
    if home is not None and home["assembly"] is not None:
        await Context.inside(context.team).call("hold_assembly", assembly_id=home["assembly"])


async def check(context: Context, start: AgentStart) -> None:
    """Before a run begins.

    Raises:
        Refused: the team that the agent was made for has used up what it may.
    """
    home = await context.read(homes.find, start.agent)
    if home is not None and home["assembly"] is not None:
        why = await why_not(context, home["assembly"])
        if why:
            raise Refused(why)


async def why_not(context: Context, assembly_id: int) -> str:
    """Why a team may use nothing more; empty if it may."""
    row = await context.read(queries.assembly, assembly_id)
    if row is None or row["status"] != "accepted":
        return ""
    agents = [home["agent"] for home in await context.read(homes.members, assembly_id)]
    used = await assemblies.spent(context, agents)
    if used < row["cost_usd"]:
        return ""
    return ASSEMBLY_USED_UP(number=assembly_id, used=f"{used:.2f}", most=f"{row['cost_usd']:.2f}")
