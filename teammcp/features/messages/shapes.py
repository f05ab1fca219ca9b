"""From rows to public messages, with their reactions, pins, files and replies: a fixed number of queries a page."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence

from ...operations import Context
from ...storage import Reader, Row, Transaction
from ...text.excerpts import excerpt
from ..files import FileRef, files_of
from ..parts import PartShown, shown_again
from . import queries
from .models import (
    Message,
    Reaction,
)

LINE = 100


def message_of(
    row: Row,
    *,
    reactions: list[Reaction] | None = None,
    files: list[FileRef] | None = None,
    pinned: bool = False,
    replies: int = 0,
) -> Message:
    """The public shape of one row."""
    return Message(
        id=row["id"],
        channel_id=row["channel_id"],
        from_agent=row["sender"],
        from_kind=row["sender_kind"],
        content=row["content"],
        mentions=json.loads(row["mentions"]),
        reply_to=row["reply_to"],
        thread=row["thread"],
        replies=replies,
        metadata=None if row["metadata"] is None else json.loads(row["metadata"]),
        priority=row["priority"],
        ack_required=bool(row["ack_required"]),
        reply_by=row["reply_by"],
        created_at=row["created_at"],
        edited_at=row["edited_at"],
        deleted=bool(row["deleted"]),
        pinned=pinned,
        reactions=reactions or [],
        files=files or [],
        parts=shown_again(row["parts"]),
    )


def messages_of(reader: Reader, rows: Sequence[Row]) -> list[Message]:
    """The public shapes of a page of rows, in their order."""
    ids = [row["id"] for row in rows]
    if not ids:
        return []
    reactions = reactions_of(reader, ids)
    pinned = set(queries.pinned(reader, ids))
    replies = {row["thread"]: row["replies"] for row in queries.reply_counts(reader, ids)}
    files = files_of(reader, [row["id"] for row in rows if row["has_file"]])
    return [
        message_of(
            row,
            reactions=reactions.get(row["id"]),
            files=files.get(row["id"]),
            pinned=row["id"] in pinned,
            replies=replies.get(row["id"], 0),
        )
        for row in rows
    ]


def reactions_of(reader: Reader, ids: Sequence[int]) -> dict[int, list[Reaction]]:
    """The reactions to some messages, grouped by emoji in the order in which each was used first."""
    grouped: dict[int, dict[str, list[str]]] = defaultdict(dict)
    for row in queries.reactions(reader, ids):
        grouped[row["message_id"]].setdefault(row["emoji"], []).append(row["agent"])
    return {
        message_id: [Reaction(emoji=emoji, agents=agents) for emoji, agents in by_emoji.items()]
        for message_id, by_emoji in grouped.items()
    }


def messages_by_id(reader: Reader, ids: Sequence[int]) -> list[Message]:
    """The public shapes of some messages, in order of id."""
    return messages_of(reader, queries.by_ids(reader, ids)) if ids else []


def told_parts(reader: Reader, ids: Sequence[int]) -> dict[int, list[PartShown]]:
    """What is told of the parts of messages, by message; those without any are left out."""
    return {row["id"]: shown_again(row["parts"]) for row in queries.parts(reader, ids)}


async def answered(context: Context, messages: Sequence[Message]) -> dict[int, Message]:
    """The messages that others answer, by id. An answer is in the channel of what it answers, so all may be read."""
    wanted = sorted({message.reply_to for message in messages if message.reply_to is not None})
    return {message.id: message for message in await context.read(messages_by_id, wanted)} if wanted else {}


def first_lines(reader: Reader, ids: Sequence[int]) -> dict[int, str]:
    """Who began each of some messages with which words. They may stand in one line, with ``|`` between them."""
    lines = {}
    for row in queries.by_ids(reader, ids):
        line = row["content"].strip().split("\n", 1)[0].replace("|", "¦")  # what stands between is not to be forged
        lines[row["id"]] = f"{row['sender']}: {excerpt(line, LINE)}"
    return lines


def message_now(tx: Transaction, message_id: int) -> Message:
    """A message as this transaction has it."""
    return messages_by_id(tx, [message_id])[0]
