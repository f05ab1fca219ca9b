"""Editing and deleting a message after it was sent."""

from __future__ import annotations

import json
from typing import Any

from ....errors import Forbidden
from ....members.directory import Access
from ....operations import Context, operation
from ....storage import Row, Transaction, Work
from ... import deliveries
from ...files import FileId, detach, only_with
from ...parts import detach as detach_parts
from ...parts import shown_again
from .. import queries, search
from ..answers import take_back_answers
from ..audience import bounce
from ..equivalents import as_dm, everybody_called
from ..events import MessageDeleted, MessageEdited
from ..mentions import find_mentions_aside
from ..models import (
    Content,
    DeletedMessage,
    Draft,
    Edit,
    EditedMessage,
    EditHistory,
    FileLost,
    MessageId,
)
from ..readdressing import readdress
from ..shapes import message_now
from ..visibility import living, still_there


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
        old = still_there(tx, id)
        before = json.loads(old["mentions"])
        now = context.now()
        queries.add_edit(tx, id, old["content"], now)
        queries.set_content(tx, id, text, json.dumps(mentions, ensure_ascii=False), now)
        tokens = search.facets(channel.id, channel.kind, old["sender"], bool(old["has_file"]))
        search.unindex(tx, id, search.text_of_row(old), tokens)
        search.index(tx, id, search.text_of(text, shown_again(old["parts"])), tokens)
        message = message_now(tx, id)
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
        old = still_there(tx, id)
        tokens = search.facets(channel.id, channel.kind, old["sender"], bool(old["has_file"]))
        search.unindex(tx, id, search.text_of_row(old), tokens)
        detach(context, tx, id, old["sender"])
        detach_parts(tx, id)
        deliveries.forget_message(tx, id)
        queries.delete(tx, id)
        take_back_answers(tx, channel, id)
        message = message_now(tx, id)
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
                facets = search.facets(channel.id, channel.kind, row["sender"], has_file)
                change(tx, message_id, search.text_of_row(row), facets)
            queries.lose_files(tx, message_id)
        return FileLost(file_id=file_id, messages=lost)

    return work
