"""What the server does with an assembled team that has used up what it may: it holds it."""

from __future__ import annotations

from teammcp import Context, Result, Transaction, Work, operation

from ... import homes
from .. import spending


class Stopped(Result):
    """How many agents are held."""

    count: int


@operation(internal=True)
async def hold_assembly(context: Context, assembly_id: int) -> Work[Stopped] | Stopped:
    """Hold all agents of an assembled team if they have used together what they may."""
    why = await spending.why_not(context, assembly_id)
    if not why:
        return Stopped(count=0)

    def work(tx: Transaction) -> Stopped:
        return Stopped(count=homes.hold_team(context, tx, assembly_id, why))

    return work
