"""Whether the program of a run has come for the team's tools: programs say nothing when they do not find them."""

from __future__ import annotations

from teammcp import Context, Row

from . import queries


async def tools_used(context: Context, machine: str, run_id: int) -> bool | None:
    """Whether a run's program has asked for the team's tools by MCP, or used one; None if that cannot be known."""
    row = await context.read(queries.run, run_id)
    if row is None or row["machine"] != machine:
        return None
    if has_used(context, row):
        return True
    return False if row["asked_at"] >= context.team.opened_at else None


def has_used(context: Context, row: Row) -> bool:
    """Whether it is known of a run that its program has."""
    used_at = context.team.presence.tools_used_at(row["agent"])
    return used_at is not None and used_at >= row["asked_at"]
