"""Telling one side of a directive what the other, or the server, has done: messages sent with the change itself."""

from __future__ import annotations

import logging
from typing import Any

from ...errors import TeamError
from ...operations import Context
from ...plugins import Deferred
from ...storage import Row, Transaction, Work

log = logging.getLogger(__name__)
LONGEST = 4000
"""Characters of a result that a message holds; get_directive has all of it."""

Note = Work[Any]


async def answer(context: Context, row: Row, recipient: str, text: str) -> list[Note]:
    """Get an answer of one side to the other ready, in the directive's thread.

    Where a plugin keeps it back, such as the guard after many messages, the server says it instead, by itself.
    """
    found = await _prepare(context, row, recipient, text, replyTo=row["message_id"])
    return found or await from_server(context, row, recipient, text)


async def from_server(context: Context, row: Row, recipient: str, text: str) -> list[Note]:
    """Get a message of the server itself ready."""
    return await _prepare(Context.inside(context.team), row, recipient, text)


def send(tx: Transaction, notes: list[Note]) -> None:
    """Send messages in the transaction of the change that they tell of."""
    for note in notes:
        note(tx)


def shortened(text: str) -> str:
    """As much of a text as a message should hold."""
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


async def _prepare(context: Context, row: Row, recipient: str, text: str, **more: Any) -> list[Note]:
    """A plugin that refuses or defers the message keeps it from being sent, never the change that it tells of."""
    found = context.team.directory.agent(recipient)
    if found is None or found.retired or recipient == context.actor.name:
        return []
    arguments = {"channel": f"dm:{recipient}", "content": text, "metadata": {"directive_id": row["id"]}, **more}
    try:
        work = await context.prepare("send_message", **arguments)
    except TeamError as error:
        log.warning("%s is not told of directive %s: %s", recipient, row["id"], error.code)
        return []
    if isinstance(work, Deferred):
        log.warning("%s is not told of directive %s: a plugin defers the message", recipient, row["id"])
        return []
    return [work]
