"""Telling one side of a directive what the other, or the server, has done: messages sent with the change itself."""

from __future__ import annotations

from typing import Any

from ...operations import Context
from ...storage import Row
from ..messages import Note, note

LONGEST = 4000
"""Characters of a result that a message holds; get_directive has all of it."""


async def answer(context: Context, row: Row, recipient: str, text: str) -> list[Note]:
    """Get an answer of one side to the other ready, in the directive's thread.

    Where a plugin keeps it back, such as the guard after many messages, the server says it instead, by itself.
    """
    found = await _prepare(context, row, recipient, text, replyTo=row["message_id"])
    return found or await from_server(context, row, recipient, text)


async def from_server(context: Context, row: Row, recipient: str, text: str) -> list[Note]:
    """Get a message of the server itself ready."""
    return await _prepare(Context.inside(context.team), row, recipient, text)


def shortened(text: str) -> str:
    """As much of a text as a message should hold."""
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


async def _prepare(context: Context, row: Row, recipient: str, text: str, **more: Any) -> list[Note]:
    if recipient == context.actor.name:
        return []
    about, metadata = f"directive {row['id']}", {"directive_id": row["id"]}
    return await note(context, recipient, text, about=about, metadata=metadata, **more)
