"""What happens to a message after it was sent: edits, deletion, reactions, pins."""

from __future__ import annotations

import json
from typing import Any

from ....errors import Conflict, Forbidden, Gone
from ....members.directory import Access
from ....operations import Context, operation
from ....storage import Row, Transaction, Work
from ... import deliveries
from ...channels import ChannelRef, readable_channel
from ...files import FileId, detach, only_with
from .. import queries, search
from ..answers import take_back_answers
from ..audience import bounce
from ..equivalents import as_dm, everybody_called
from ..events import MessageDeleted, MessageEdited, MessagePinned, MessageUnpinned, ReactionAdded, ReactionRemoved
from ..mentions import find_mentions_aside
from ..models import (
    Content,
    DeletedMessage,
    Draft,
    Edit,
    EditedMessage,
    EditHistory,
    Emoji,
    FileLost,
    Message,
    MessageId,
    Pin,
    PinChange,
    Pins,
    ReactionChange,
)
from ..readdressing import readdress
from ..shapes import messages_by_id
from .sending import living

# -- changing --------------------------------------------------------------------------------------------------------


async def _as_sent(context: Context, arguments: Any) -> list[dict[str, Any]]:
    """The message as it will be, as if it were sent now."""
    row, channel = await living(context, arguments.id)
    return [
        {
            "channel": channel.id,
            "content": arguments.content,
            "mentions": everybody_called(context, channel, await _mentions(context, row, arguments.content)),
            "replyTo": row["reply_to"],
            "priority": row["priority"],
            "ack_required": bool(row["ack_required"]),
            "auto_add_mentions": arguments.auto_add_mentions,
        }
    ]


async def _as_dm(context: Context, arguments: Any) -> list[dict[str, Any]]:
    (message,) = await _as_sent(context, arguments)
    return as_dm(context, message)


@operation(
    "PUT /api/messages/{id}",
    profile="messages",
    idempotent=True,
    amounts_to={"send_message": _as_sent, "send_dm": _as_dm},
    also={"message_id": "id"},
)
async def edit_message(
    context: Context, id: MessageId, content: Content, auto_add_mentions: bool = False
) -> Work[EditedMessage]:
    """Change what one of your messages says, and so whom it calls. What it said before is kept."""
    row, channel = await living(context, id)
    if row["sender"] != context.actor.name:
        raise Forbidden("Only its sender may edit a message.", code="not_the_sender")
    draft = Draft(
        channel=channel.id,
        sender=context.actor.name,
        content=content,
        mentions=await _mentions(context, row, content),
        reply_to=row["reply_to"],
        metadata=None,
        priority=row["priority"],
        ack_required=bool(row["ack_required"]),
        reply_by=row["reply_by"],
        files=[],
        edited=id,
    )
    passed = await context.before("before_message", draft)
    text, mentions = passed.content, passed.mentions

    def work(tx: Transaction) -> EditedMessage:
        old = _still_there(tx, id)
        before = json.loads(old["mentions"])
        now = context.now()
        queries.add_edit(tx, id, old["content"], now)
        queries.set_content(tx, id, text, json.dumps(mentions, ensure_ascii=False), now)
        tokens = search.facets(channel.id, channel.kind, old["sender"], bool(old["has_file"]))
        search.unindex(tx, id, old["content"], tokens)
        search.index(tx, id, text, tokens)
        message = _now(tx, id)
        found = readdress(context, tx, channel, message, old, add=auto_add_mentions)
        edited = MessageEdited.of(message, addressed=found.new, no_longer_addressed=found.gone)
        context.emit(tx, edited, id, channel=channel.id)
        tx.on_commit(lambda: context.notify("message_edited", message=message))
        bounce(context, tx, message, [name for name in found.audience.retired if name not in before])
        return EditedMessage(
            id=id,
            content=text,
            edited_at=now,
            not_members=found.audience.strangers,
            added_members=found.added,
            retired=found.audience.retired,
        )

    return work


async def _mentions(context: Context, row: Row, content: str) -> list[str]:
    """Who is mentioned after an edit: whom the new text names, and who was named beside the old one."""
    before = await _written(context, row["content"])
    beside = [name for name in json.loads(row["mentions"]) if name not in before]
    return list(dict.fromkeys([*beside, *await _written(context, content)]))


async def _written(context: Context, content: str) -> list[str]:
    names, everybody = await find_mentions_aside(content, context.team.directory)
    return [*names, "all"] if everybody else names


@operation("GET /api/messages/{message_id}/edits", profile="messages", read_only=True, tool=False)
async def get_edits(context: Context, message_id: MessageId) -> EditHistory:
    """Read what a message said before it was edited."""
    await living(context, message_id)
    rows = await context.read(queries.edits, message_id)
    return EditHistory(
        id=message_id, edits=[Edit(content=row["content"], replaced_at=row["replaced_at"]) for row in rows]
    )


@operation("DELETE /api/messages/{id}", profile="messages", destructive=True, also={"message_id": "id"})
async def delete_message(context: Context, id: MessageId) -> Work[DeletedMessage]:
    """Delete one of your messages; as a manager also others', in channels. Its place in the thread stays."""
    row, channel = await living(context, id)
    if row["sender"] != context.actor.name and (channel.is_dm or context.actor.access < Access.manager):
        raise Forbidden("Only its sender (in channels also a manager) may delete a message.", code="not_the_sender")

    def work(tx: Transaction) -> DeletedMessage:
        old = _still_there(tx, id)
        tokens = search.facets(channel.id, channel.kind, old["sender"], bool(old["has_file"]))
        search.unindex(tx, id, old["content"], tokens)
        detach(context, tx, id, old["sender"])
        deliveries.forget_message(tx, id)
        queries.delete(tx, id)
        take_back_answers(tx, channel, id)
        message = _now(tx, id)
        deleted = MessageDeleted(id=id, channel_id=channel.id, from_agent=old["sender"])
        context.emit(tx, deleted, id, channel=channel.id)
        tx.on_commit(lambda: context.notify("message_deleted", message=message))
        return DeletedMessage(id=id)

    return work


@operation(internal=True, profile="messages")
async def lose_file(context: Context, file_id: FileId) -> Work[FileLost]:
    """Note which messages carry no file any more, as one is about to be deleted."""

    def work(tx: Transaction) -> FileLost:
        lost = only_with(tx, file_id)
        for message_id in lost:
            row = queries.message(tx, message_id)
            channel = None if row is None else context.team.directory.channels.get(row["channel_id"])
            if row is None or channel is None or row["deleted"]:
                continue
            for has_file, change in ((True, search.unindex), (False, search.index)):
                change(tx, message_id, row["content"], search.facets(channel.id, channel.kind, row["sender"], has_file))
            queries.lose_files(tx, message_id)
        return FileLost(file_id=file_id, messages=lost)

    return work


def _still_there(tx: Transaction, message_id: int) -> Row:
    row = queries.message(tx, message_id)
    if row is None or row["deleted"]:
        raise Gone(f"Message {message_id} was deleted.", code="message_deleted")
    return row


def _now(tx: Transaction, message_id: int) -> Message:
    return messages_by_id(tx, [message_id])[0]


# -- reactions -------------------------------------------------------------------------------------------------------


@operation("POST /api/messages/{message_id}/reactions", profile="messages", everyday=True, idempotent=True)
async def add_reaction(context: Context, message_id: MessageId, emoji: Emoji) -> Work[ReactionChange]:
    """React to a message with an emoji."""
    return await _react(context, message_id, emoji, add=True)


@operation("DELETE /api/messages/{message_id}/reactions/{emoji}", profile="messages", idempotent=True)
async def remove_reaction(context: Context, message_id: MessageId, emoji: Emoji) -> Work[ReactionChange]:
    """Take back your reaction."""
    return await _react(context, message_id, emoji, add=False)


async def _react(context: Context, message_id: int, emoji: Emoji, *, add: bool) -> Work[ReactionChange]:
    _, channel = await living(context, message_id)
    agent = context.actor.name

    def work(tx: Transaction) -> ReactionChange:
        _still_there(tx, message_id)
        if add:
            changed = queries.add_reaction(tx, message_id, emoji, agent, context.now())
        else:
            changed = queries.remove_reaction(tx, message_id, emoji, agent)
        if changed:
            kind = ReactionAdded if add else ReactionRemoved
            reaction = kind(message_id=message_id, channel_id=channel.id, emoji=emoji, agent=agent)
            context.emit(tx, reaction, message_id, channel=channel.id)
            message = _now(tx, message_id)
            tx.on_commit(lambda: context.notify("reaction_changed", message=message, emoji=emoji, added=add))
        return ReactionChange(message_id=message_id, emoji=emoji, agent=agent, changed=changed)

    return work


# -- pins ------------------------------------------------------------------------------------------------------------


@operation("POST /api/messages/{message_id}/pin", profile="messages", idempotent=True)
async def pin_message(context: Context, message_id: MessageId) -> Work[PinChange]:
    """Pin a message to its channel, for all to find."""
    _, channel = await living(context, message_id)

    def work(tx: Transaction) -> PinChange:
        row = _still_there(tx, message_id)
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
