"""What waits for an answer: mine to give, others' to give, and what is late."""

from __future__ import annotations

from collections import defaultdict
from typing import Annotated

from pydantic import Field

from ....errors import Forbidden
from ....operations import Context, operation
from ....storage import Reader, Transaction, Work
from ... import deliveries
from ...messages import MessageId, messages_by_id, visible
from ..events import MessageSettled
from ..models import Settled, Unanswered, UnansweredList, View


@operation("GET /api/unanswered", profile="inbox", everyday=True, read_only=True)
async def list_unanswered(
    context: Context,
    view: View = "waiting_for_me",
    limit: Annotated[int, Field(ge=1, le=50)] = 20,
    before: MessageId | None = None,
) -> UnansweredList:
    """List messages without an answer: waiting_for_me, waiting_for_others (yours), or overdue (either). Newest first.

    Direct messages, mentions and what asks for an answer or acknowledgement. Next page: before = next.
    """
    return await context.read(_list, context, view, limit, before)


def _list(reader: Reader, context: Context, view: View, limit: int, before: int | None) -> UnansweredList:
    me, now = context.actor.name, context.now()
    ids = _ids(reader, me, view, now, limit + 1, before)
    shown = ids[:limit]
    waiting: dict[int, list[str]] = defaultdict(list)
    late: set[int] = set()
    for row in deliveries.waited_for(reader, shown):
        waiting[row["message_id"]].append(row["agent"])
        if row["reply_by"] is not None and row["reply_by"] <= now:
            late.add(row["message_id"])
    found = [
        Unanswered(message=message, waiting_for=waiting[message.id], overdue=message.id in late)
        for message in reversed(messages_by_id(reader, shown))
    ]
    messages = context.budget().fit(found)
    return UnansweredList(
        view=view, messages=messages, next=messages[-1].message.id if len(ids) > len(messages) else None
    )


def _ids(reader: Reader, me: str, view: View, now: int, limit: int, before: int | None) -> list[int]:
    if view == "waiting_for_me":
        return deliveries.waiting_for(reader, me, before, limit)
    if view == "waiting_for_others":
        return deliveries.awaited_by(reader, me, before, limit)
    mine = deliveries.overdue_of(reader, me, now, before, limit)
    others = deliveries.overdue_to(reader, me, now, before, limit)
    return sorted({*mine, *others}, reverse=True)[:limit]


@operation("POST /api/messages/{message_id}/settle", access="observer", profile="inbox", everyday=True, idempotent=True)
async def settle_message(context: Context, message_id: MessageId) -> Work[Settled]:
    """Say that a message needs no answer: none of yours if it was sent to you, nobody's if it is your own."""
    row, channel = await visible(context, message_id)
    me, sender = context.actor.name, row["sender"]
    if me != sender and not await context.read(deliveries.is_addressed, message_id, me):
        raise Forbidden(
            f"message_id: message {message_id} is neither yours nor addressed to you.", code="not_addressed"
        )

    def work(tx: Transaction) -> Settled:
        names = deliveries.settle(tx, message_id, None if me == sender else me, context.now())
        if names:
            settled = MessageSettled(message_id=message_id, channel_id=channel.id, agents=names)
            context.emit(tx, settled, message_id, agents=list(dict.fromkeys([sender, *names])))
        return Settled(message_id=message_id, settled_for=names)

    return work
