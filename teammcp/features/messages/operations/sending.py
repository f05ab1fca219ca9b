"""Sending a message: who may, and one transaction for the message, its addressees and its event."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Annotated, Any

from pydantic import Field

from ....arguments.fields import Metadata
from ....arguments.references import Reference
from ....errors import Conflict, InvalidInput
from ....members.directory import SYSTEM, Channel
from ....operations import Context, operation
from ....storage import Transaction, Work
from ... import deliveries
from ...channels import (
    ChannelRef,
    MemberRef,
    add_members,
    ensure_dm,
    no_channel,
    open_place,
    take_place,
    writable_channel,
)
from ...files import FileIds, attach
from ...parts import MessagePart, MessageParts, as_json, check_parts, shown
from ...parts import attach as attach_parts
from .. import equivalents, queries, search
from ..answers import note_answers
from ..audience import (
    Audience,
    absent,
    add_strangers,
    address,
    all_mentions,
    asks_everybody,
    bounce,
    effective_priority,
    named_in,
)
from ..events import MessageSent
from ..models import Content, Draft, Message, MessageId, Priority, ReplyBy, SentMessage

Names = Annotated[list[Annotated[str, Reference(named_in)]], Field(max_length=200)]
"""Members who are called beside a text, or ``all``."""


@operation(
    "POST /api/send",
    profile="messages",
    everyday=True,
    amounts_to={
        "send_message": equivalents.sending,
        "send_dm": equivalents.sending_as_dm,
        "add_channel_member": equivalents.adding,
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
    parts: MessageParts = [],  # noqa: B006
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
        parts=parts,
    )


@operation(
    "POST /api/send-dm",
    profile="messages",
    everyday=True,
    amounts_to={"send_message": equivalents.dm_as_message},
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
    parts: MessageParts = [],  # noqa: B006
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
        parts=parts,
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
    parts: list[dict[str, Any]],
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
        parts=[part.given() for part in check_parts(context, parts)],
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


async def send(
    context: Context,
    draft: Draft,
    *,
    priority: Priority | None,
    auto_add_mentions: bool,
) -> Work[SentMessage]:
    """Check a message and prepare its transaction.

    Raises:
        NotFound, Forbidden, Conflict, Gone: the channel, or somebody mentioned, is not to be written to.
    """
    channel = writable_channel(context, draft.channel)
    draft.channel = channel.id
    draft.mentions = await all_mentions(context, draft.mentions, draft.content)
    asked = asks_everybody(draft.mentions, draft.ack_required, draft.reply_by)
    draft.priority = effective_priority(context, channel, draft.mentions, priority, everybody=asked)
    if context.server.plugins.handles("before_message"):
        draft = await context.before("before_message", draft)
        if draft.channel != channel.id:
            channel = writable_channel(context, draft.channel)
    parts = check_parts(context, draft.parts)
    lowered = priority == "now" and draft.priority != "now"

    def work(tx: Transaction) -> SentMessage:
        seq = _enter(context, tx, channel)
        everybody = asks_everybody(draft.mentions, draft.ack_required, draft.reply_by)
        audience = address(context, channel, draft.mentions, everybody=everybody)
        added = add_strangers(context, tx, channel, audience) if auto_add_mentions else []
        message = _store(context, tx, channel, draft, parts, audience, seq)
        bounce(context, tx, message, audience.retired)
        return SentMessage(
            id=message.id,
            channel=channel.id,
            timestamp=message.created_at,
            priority=draft.priority,
            priority_downgraded=lowered or None,
            original_priority="now" if lowered else None,
            reply_by=draft.reply_by,
            not_members=audience.strangers,
            added_members=added,
            retired=audience.retired,
            not_here=absent(context, channel, draft.mentions, audience),
        )

    return work


def _enter(context: Context, tx: Transaction, channel: Channel) -> int:
    """The sequence number of a new message of the actor, whose own cursors are moved over it."""
    sender, now = context.actor.name, context.now()
    if channel.is_dm:
        ensure_dm(context, tx, channel.id)
    last = open_place(tx, channel.id)
    if last is None:
        raise Conflict(f"channel: #{channel.id} is archived; write somewhere else.", code="channel_archived")
    if not deliveries.pass_own(tx, sender, channel.id, last + 1, now):
        if channel.kind != "group":
            raise no_channel(channel.id)
        add_members(context, tx, channel.id, [sender], seq=last)  # who speaks wants to hear the answer
        deliveries.pass_own(tx, sender, channel.id, last + 1, now)
    return last + 1


def _store(
    context: Context,
    tx: Transaction,
    channel: Channel,
    draft: Draft,
    parts: list[MessagePart],
    audience: Audience,
    seq: int,
) -> Message:
    thread = _thread(tx, channel, draft.reply_to)
    now = context.now()
    told = shown(parts)
    metadata = None if draft.metadata is None else json.dumps(draft.metadata, ensure_ascii=False)
    message_id = queries.insert(
        tx,
        channel.id,
        seq,
        context.actor.name,
        draft.content,
        json.dumps(draft.mentions, ensure_ascii=False),
        draft.reply_to,
        thread,
        metadata,
        draft.priority,
        draft.ack_required,
        draft.reply_by,
        bool(draft.files),
        as_json(told),
        now,
    )
    take_place(tx, channel.id, seq, now)
    note_answers(tx, channel, context.actor.name, thread, message_id, now)
    tokens = search.facets(channel.id, channel.kind, context.actor.name, bool(draft.files))
    search.index(tx, message_id, search.text_of(draft.content, told), tokens)
    attach_parts(tx, message_id, parts)
    files = attach(tx, draft.files, message_id, channel.id, context.actor.name) if draft.files else []
    message = Message(
        id=message_id,
        channel_id=channel.id,
        from_agent=context.actor.name,
        from_kind=context.actor.kind,
        content=draft.content,
        mentions=draft.mentions,
        reply_to=draft.reply_to,
        thread=thread,
        metadata=draft.metadata,
        priority=draft.priority,
        ack_required=draft.ack_required,
        reply_by=draft.reply_by,
        created_at=now,
        edited_at=None,
        deleted=False,
        reactions=[],
        files=files,
        parts=told,
    )
    deliver(tx, message, audience)
    sent = MessageSent.of(message, addressed=[*audience.mentioned, *audience.others])
    context.emit(tx, sent, message_id, channel=channel.id)
    tx.on_commit(lambda: context.notify("message_sent", message=message))
    return message


def deliver(tx: Transaction, message: Message, audience: Audience) -> None:
    """Put a message before those it is addressed to. If some are named, the answer is asked of them alone."""
    thread = message.thread or message.id
    settled_at = message.created_at if message.from_agent == SYSTEM.name else None  # nobody can answer the server
    for names, mention in ((audience.mentioned, True), (audience.others, False)):
        if names:
            reply_by = message.reply_by if mention or not audience.mentioned else None
            deliveries.address(
                tx,
                message.id,
                message.channel_id,
                message.from_agent,
                thread,
                names,
                mention,
                message.ack_required,
                reply_by,
                settled_at,
            )


def _thread(tx: Transaction, channel: Channel, reply_to: int | None) -> int | None:
    """The message that began the thread of the message replied to."""
    if reply_to is None:
        return None
    parent = queries.message(tx, reply_to)
    if parent is None or parent["channel_id"] != channel.id:
        raise InvalidInput.at(
            "replyTo",
            f"no message {reply_to} in {channel.id}",
            detail=f"replyTo: there is no message {reply_to} in {channel.id}.",
        )
    thread: int = parent["thread"] or parent["id"]
    return thread
