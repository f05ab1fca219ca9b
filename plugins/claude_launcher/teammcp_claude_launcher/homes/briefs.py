"""First tasks of agents that were just made: each is sent as a direct message once its agent is a member.

It is kept with the home until it is sent, in one transaction with that, so that none is lost or comes twice.
"""

from __future__ import annotations

from teammcp import Context, Team

from . import queries


async def hand_over(team: Team) -> None:
    """Send all briefs that are still to be sent."""
    context = Context.inside(team)
    for row in await context.read(queries.with_briefs):
        await context.call("send_brief", agent=row["agent"])
