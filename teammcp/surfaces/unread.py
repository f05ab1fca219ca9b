"""What waits for a member, in the words of all plugins, at the price of a quick read."""

from __future__ import annotations

from ..operations import Context
from ..storage import Reader


async def waiting(context: Context) -> dict[str, int]:
    """What waits for the actor, for instance ``{"mentions": 1, "dms": 2}``; nothing that is none."""
    return await context.team.database.quick_read(_ask, context)


def _ask(reader: Reader, context: Context) -> dict[str, int]:
    answers = context.server.plugins.answers("notices", context=context, reader=reader)
    return {what: number for answer in answers for what, number in answer.items() if number}
