"""Pinning a message to its channel."""

from __future__ import annotations

from ....errors import Conflict
from ....operations import Context, operation
from ....storage import Row, Transaction, Work
from ...channels import ChannelRef, readable_channel
from .. import queries
from ..events import MessagePinned, MessageUnpinned
from ..models import (
    MessageId,
    Pin,
    PinChange,
    Pins,
)
from ..visibility import living, still_there


@operation("POST /api/messages/{message_id}/pin", profile="messages", idempotent=True)
async def pin_message(context: Context, message_id: MessageId) -> Work[PinChange]:
    """Pin a message to its channel, for all to find."""
    _, channel = await living(context, message_id)

    def work(tx: Transaction) -> PinChange:
        row = still_there(tx, message_id)
        if queries.pin(tx, message_id, channel.id, context.actor.name, context.now()):
            pinned = MessagePinned(message_id=message_id, channel_id=channel.id, from_agent=row["sender"])
            context.emit(tx, pinned, message_id, channel=channel.id)
        return PinChange(message_id=message_id, pinned=True)

    return work


@operation("DELETE /api/messages/{message_id}/pin", profile="messages", idempotent=True)
async def unpin_message(context: Context, message_id: MessageId) -> Work[PinChange]:
    """Take a message's pin away."""
    _, channel = await living(context, message_id)

    def work(tx: Transaction) -> PinChange:
        if not queries.unpin(tx, message_id):
            raise Conflict(f"Message {message_id} is not pinned.", code="not_pinned")
        unpinned = MessageUnpinned(message_id=message_id, channel_id=channel.id)
        context.emit(tx, unpinned, message_id, channel=channel.id)
        return PinChange(message_id=message_id, pinned=False)

    return work


@operation("GET /api/channels/{channel_id}/pins", profile="messages", read_only=True, also={"channel": "channel_id"})
async def get_pinned_messages(context: Context, channel_id: ChannelRef, before: MessageId | None = None) -> Pins:
    """List what is pinned in a channel, newest pin first. Next page: before = next."""
    found = readable_channel(context, channel_id)
    rows = await context.read(queries.pins, found.id)
    places = [row["message_id"] for row in rows]
    if before is not None:
        rows = rows[places.index(before) + 1 :] if before in places else []
    pins = context.budget().fit(map(_pin, rows))
    return Pins(pins=pins, next=pins[-1].message_id if len(rows) > len(pins) else None)


def _pin(row: Row) -> Pin:
    return Pin(
        message_id=row["message_id"],
        channel_id=row["channel_id"],
        pinned_by=row["pinned_by"],
        pinned_at=row["pinned_at"],
        from_agent=row["sender"],
        from_kind=row["sender_kind"],
        content=row["content"],
        created_at=row["created_at"],
    )
