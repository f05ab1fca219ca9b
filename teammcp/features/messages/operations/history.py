"""Reading messages: a channel's history, one message, a thread, and an owner's look into a direct message."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ....arguments.fields import Limit
from ....errors import Forbidden, InvalidInput
from ....operations import Context, operation
from ....operations.budget import Budget
from ....storage import LARGEST_ID, Reader, Transaction, Work
from ...channels import ChannelRef, may_oversee, may_read, no_channel, readable_channel, resolve
from .. import queries
from ..events import DmOverseen
from ..models import History, Message, MessageId, Thread
from ..shapes import messages_by_id, messages_of
from ..visibility import visible


@operation("GET /api/history", profile="messages", everyday=True, read_only=True)
async def get_history(
    context: Context,
    channel: ChannelRef = "general",
    limit: Limit = 50,
    before: MessageId | None = None,
    after: MessageId | None = None,
    around: MessageId | None = None,
) -> History:
    """Read a channel: its newest messages, or those before, after or around a message id. Oldest first."""
    found = readable_channel(context, channel)
    return await context.read(_history, context.budget(), found.id, limit, before, after, around)


def _history(
    reader: Reader,
    budget: Budget,
    channel_id: str,
    limit: int,
    before: int | None,
    after: int | None,
    around: int | None,
) -> History:
    if sum(mark is not None for mark in (before, after, around)) > 1:
        raise InvalidInput("before, after, around: give only one of them.", code="bad_page")
    if around is not None:
        return _around(reader, budget, channel_id, around, limit)
    if after is not None:
        rows = queries.following(reader, channel_id, _seq(reader, channel_id, after, "after"), limit + 1)
        messages = budget.fit(messages_of(reader, rows[:limit]))
        return History(messages=messages, hasMore=len(rows) > len(messages))
    seq_before = None if before is None else _seq(reader, channel_id, before, "before")
    rows = queries.newest(reader, channel_id, seq_before, limit + 1)
    messages = budget.fit(messages_of(reader, rows[:limit]))
    return History(messages=messages[::-1], hasMore=len(rows) > len(messages))


def _around(reader: Reader, budget: Budget, channel_id: str, message_id: int, limit: int) -> History:
    """A message first of all, and then as many on either side of it as there is room for."""
    seq = _seq(reader, channel_id, message_id, "around")
    half = (limit + 1) // 2
    older = queries.newest(reader, channel_id, seq + 1, half + 1)
    newer = queries.following(reader, channel_id, seq, limit - len(older[:half]))
    behind, ahead = messages_of(reader, older[:half]), messages_of(reader, newer)
    kept = budget.fit(behind[:1])
    side = budget.part(0.5)
    kept += side.fit(behind[1:])
    return History(messages=[*kept[::-1], *budget.fit(ahead)], hasMore=len(older) > len(kept))


def _seq(reader: Reader, channel_id: str, message_id: int, field: str) -> int:
    row = queries.message(reader, message_id)
    if row is None or row["channel_id"] != channel_id:
        raise InvalidInput.at(
            field,
            f"no message {message_id} in {channel_id}",
            detail=f"{field}: there is no message {message_id} in {channel_id}.",
        )
    seq: int = row["seq"]
    return seq


@operation("GET /api/messages/{message_id}", profile="messages", everyday=True, read_only=True)
async def get_message(context: Context, message_id: MessageId) -> Message:
    """Read one message."""
    row, _ = await visible(context, message_id)
    shown = await context.read(messages_of, [row])
    return shown[0]


@operation("GET /api/messages/{message_id}/thread", profile="messages", everyday=True, read_only=True)
async def get_thread(
    context: Context, message_id: MessageId, after: Annotated[int, Field(ge=0, le=LARGEST_ID)] = 0, limit: Limit = 100
) -> Thread:
    """Read the thread a message began or is in: the first message, then the replies behind the id ``after``."""
    row, _ = await visible(context, message_id)
    return await context.read(_thread, context.budget(), row["thread"] or row["id"], after, limit)


def _thread(reader: Reader, budget: Budget, root: int, after: int, limit: int) -> Thread:
    first = messages_by_id(reader, [root])[0]
    rows = queries.thread(reader, root, after, limit + 1)
    replies = budget.fit(messages_of(reader, rows[:limit]))
    return Thread(root=first, replies=replies, hasMore=len(rows) > len(replies))


@operation("POST /api/oversight", access="owner", profile="oversight")
async def oversee_dm(
    context: Context, channel: ChannelRef, limit: Limit = 50, before: MessageId | None = None
) -> Work[History]:
    """As an owner, read a direct message between two agents. Each look is recorded, for all to see."""
    found = resolve(context, channel)
    if not may_oversee(context, found):
        if not found.is_dm and not may_read(context, found):
            raise no_channel(channel)
        raise Forbidden("channel: an owner may look into direct messages between agents, never into a person's.")

    def work(tx: Transaction) -> History:
        context.emit(tx, DmOverseen(channel=found.id, before=before), found.id)
        return _history(tx, context.budget(), found.id, limit, before, None, None)

    return work
