"""Messages: sending and reading. What happens to them later is in ``changes.py``, finding them in ``searching.py``."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from ....arguments.fields import Limit, Metadata
from ....arguments.references import Reference
from ....errors import Forbidden, Gone, InvalidInput, NotFound
from ....members.directory import Channel
from ....operations import Context, operation
from ....operations.budget import Budget
from ....storage import LARGEST_ID, Reader, Row, Transaction, Work
from ...channels import ChannelRef, MemberRef, may_oversee, may_read, no_channel, readable_channel, resolve
from ...files import FileIds
from .. import equivalents as meanings
from .. import queries
from ..audience import named_in, send
from ..events import DmOverseen
from ..models import Content, Draft, History, Message, MessageId, Priority, ReplyBy, SentMessage, Thread
from ..shapes import messages_by_id, messages_of

Names = Annotated[list[Annotated[str, Reference(named_in)]], Field(max_length=200)]
"""Members who are called beside a text, or ``all``."""


# -- sending ---------------------------------------------------------------------------------------------------------


@operation(
    "POST /api/send",
    profile="messages",
    everyday=True,
    amounts_to={
        "send_message": meanings.sending,
        "send_dm": meanings.sending_as_dm,
        "add_channel_member": meanings.adding,
    },
    also={"reply_to": "replyTo"},
)
async def send_message(
    context: Context,
    channel: ChannelRef,
    content: Content,
    mentions: Names = [],  # noqa: B006 - never changed
    replyTo: MessageId | None = None,  # noqa: N803 - the established field
    metadata: Metadata | None = None,
    priority: Priority | None = None,
    auto_add_mentions: bool = False,
    ack_required: bool = False,
    reply_by: ReplyBy | None = None,
    files: FileIds = [],  # noqa: B006
) -> Work[SentMessage]:
    """Send a message to a channel (its id, or dm:Name). Write @Name to call somebody; replyTo answers in a thread."""
    return await _send(
        context,
        channel,
        content,
        mentions=mentions,
        reply_to=replyTo,
        metadata=metadata,
        priority=priority,
        auto_add_mentions=auto_add_mentions,
        ack_required=ack_required,
        reply_by=reply_by,
        files=files,
    )


@operation(
    "POST /api/send-dm",
    profile="messages",
    everyday=True,
    amounts_to={"send_message": meanings.dm_as_message},
    also={"reply_to": "replyTo", "to": "recipient"},
)
async def send_dm(
    context: Context,
    recipient: MemberRef,
    content: Content,
    replyTo: MessageId | None = None,  # noqa: N803
    priority: Priority | None = None,
    ack_required: bool = False,
    reply_by: ReplyBy | None = None,
    files: FileIds = [],  # noqa: B006
) -> Work[SentMessage]:
    """Send a direct message to one member."""
    return await _send(
        context,
        f"dm:{recipient}",
        content,
        reply_to=replyTo,
        priority=priority,
        ack_required=ack_required,
        reply_by=reply_by,
        files=files,
    )


async def _send(
    context: Context,
    channel: ChannelRef,
    content: str,
    *,
    mentions: list[str] | None = None,
    reply_to: int | None = None,
    metadata: Metadata | None = None,
    priority: Priority | None = None,
    auto_add_mentions: bool = False,
    ack_required: bool = False,
    reply_by: timedelta | int | None = None,
    files: list[int],
) -> Work[SentMessage]:
    draft = Draft(
        channel=channel,
        sender=context.actor.name,
        content=content,
        mentions=mentions or [],
        reply_to=reply_to,
        metadata=metadata,
        priority=priority or "later",
        ack_required=ack_required,
        reply_by=_deadline(context, reply_by),
        files=files,
    )
    return await send(context, draft, priority=priority, auto_add_mentions=auto_add_mentions)


def _deadline(context: Context, reply_by: timedelta | int | None) -> int | None:
    """The moment until which an answer is asked for."""
    if isinstance(reply_by, timedelta):
        return context.now() + reply_by // timedelta(milliseconds=1)
    if reply_by is not None and reply_by <= context.now():
        detail = "reply_by: lies in the past; give a time to come, or a number of minutes from now."
        raise InvalidInput.at("reply_by", "lies in the past", detail=detail)
    return reply_by


# -- reading ---------------------------------------------------------------------------------------------------------


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


async def visible(context: Context, message_id: int) -> tuple[Row, Channel]:
    """A message the actor may read, and its channel.

    Raises:
        NotFound: there is none, or it is not the actor's to know of.
    """
    row = await context.read(queries.message, message_id)
    channel = None if row is None else context.team.directory.channels[row["channel_id"]]
    if row is None or channel is None or not may_read(context, channel):
        raise NotFound(f"There is no message {message_id} that you may read.", code="message_not_found")
    return row, channel


async def living(context: Context, message_id: int) -> tuple[Row, Channel]:
    """A message the actor may read that was not deleted, and its channel.

    Raises:
        NotFound: as `visible`. Gone: it was deleted.
    """
    row, channel = await visible(context, message_id)
    if row["deleted"]:
        raise Gone(f"Message {message_id} was deleted.", code="message_deleted")
    return row, channel


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
