"""The job that tells every sender what there is to tell."""

from __future__ import annotations

import logging
from typing import Any

from ...operations import Context
from ...server import Team
from .. import deliveries
from .operations.sender_notices import offline_since

SECONDS = 10


AT_ONCE = 500


log = logging.getLogger(__name__)


async def watch(team: Team) -> None:
    """Tell every sender what there is to tell. What cannot be told does not keep the rest."""
    context = Context.inside(team)
    now = context.now()
    for name in await context.read(deliveries.retired_with_mail):
        await _attempt(context, "close_mailbox", {"name": name})
    for message_id in await context.read(deliveries.newly_late, now, AT_ONCE):
        await _attempt(context, "tell_sender", {"message_id": message_id, "reason": "overdue"})
    since = offline_since(context)
    if team.opened_at > since:  # who was away before the server was may be on the way back
        return
    for message_id in await context.read(deliveries.away, since):
        await _attempt(context, "tell_sender", {"message_id": message_id, "reason": "offline"})


async def _attempt(context: Context, name: str, arguments: dict[str, Any]) -> None:
    try:
        await context.call(name, **arguments)
    except Exception:
        log.exception("%s of %s failed in team %s", name, arguments, context.team.name)
