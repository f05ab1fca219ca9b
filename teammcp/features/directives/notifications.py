"""Telling one side of a directive what the other, or the server, has done: messages sent with the change itself."""

from __future__ import annotations

from typing import Any

from ...operations import Context
from ...storage import Row
from ...text.excerpts import excerpt
from ..messages import Note, note

LONGEST = 4000
"""Characters of a result that a message of its author holds; get_directive has all of it."""


async def answer(context: Context, row: Row, recipient: str, text: str, words: str, *, lead: str = ": ") -> list[Note]:
    """Get an answer of one side to the other ready, in the directive's thread: what happened, and its own words.

    Where a plugin keeps it back, such as the guard after many messages, the server says by itself what happened, and
    never the words: they would have the weight of its own.
    """
    said = excerpt(words, LONGEST)
    whole = f"{text}{lead}{said}" if words else f"{text}."
    found = await _prepare(context, row, recipient, whole, replyTo=row["message_id"])
    kept = f" What {context.actor.name} says of it is kept back; get_directive {row['id']} has it." if words else ""
    return found or await from_server(context, row, recipient, f"{text}.{kept}")


async def from_server(context: Context, row: Row, recipient: str, text: str) -> list[Note]:
    """Get a message of the server itself ready. No word of a member's own is in it."""
    return await _prepare(Context.inside(context.team), row, recipient, text)


async def _prepare(context: Context, row: Row, recipient: str, text: str, **more: Any) -> list[Note]:
    if recipient == context.actor.name:
        return []
    about, metadata = f"directive {row['id']}", {"directive_id": row["id"]}
    return await note(context, recipient, text, about=about, metadata=metadata, **more)
