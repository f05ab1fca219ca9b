"""What an attempt to deliver came to."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ....arguments.fields import Text
from ....errors import Conflict
from ....operations import Context, operation
from ....storage import Transaction, Work
from .. import outbox, queries
from ..models import NotificationId, NotificationInfo, Outcome

RETRY = 30_000
"""Milliseconds until the second attempt, doubled each time, and until anything else is tried by that notifier."""
LONGEST = 3_600_000
HOUR = 3_600_000


@operation(internal=True, profile="notifications")
async def note_delivery(
    context: Context,
    notification_id: NotificationId,
    outcome: Outcome | None = None,
    error: Annotated[Text, Field(max_length=500)] = "",
    wait_s: Annotated[float, Field(ge=0)] = 0,
) -> Work[NotificationInfo]:
    """Note what an attempt to deliver came to."""

    def work(tx: Transaction) -> NotificationInfo:
        row = queries.notification(tx, notification_id)
        if row is None or row["outcome"] is not None:
            raise Conflict(f"notification_id: {notification_id} is settled already.", code="settled")
        attempts, now = row["attempts"] + 1, context.now()
        give_up = row["created_at"] + HOUR * context.settings("notifications").give_up_hours
        if outcome is not None:
            return outbox.settle(context, tx, row, attempts, outcome, error or None)
        if now >= give_up:
            return outbox.settle(context, tx, row, attempts, "given_up", error)
        wait = max(int(wait_s * 1000), min(RETRY * 2 ** min(row["attempts"], 20), LONGEST))
        queries.postpone(tx, notification_id, attempts, min(now + wait, give_up), error)
        return outbox.info(queries.notification(tx, notification_id))

    return work
