"""Telling senders what becomes of their messages: late answers, readers that are away for long, readers that are gone.

Each is told once, also across restarts: what is told and the note that it was are committed together.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from ....clock import rfc3339
from ....errors import Forbidden
from ....operations import Context, operation
from ....storage import Reader, Row, Transaction, Work
from ....text.excerpts import excerpt
from ... import deliveries
from ...messages import MessageId, Note, message_row, quoted_line, send_notes, server_note
from ..models import SendersTold
from ..settings import InboxSettings

NAMES = 10
EXCERPT = 80
MINUTE = 60_000

Reason = Literal["overdue", "offline"]


def offline_since(context: Context) -> int:
    """Who was seen last before then is offline for long."""
    settings: InboxSettings = context.settings("inbox")
    return context.now() - settings.offline_minutes * MINUTE


# -- late, or away ---------------------------------------------------------------------------------------------------


@operation(internal=True, profile="inbox")
async def tell_sender(context: Context, message_id: MessageId, reason: Reason) -> Work[SendersTold]:
    """Tell a message's sender who has not answered in time, or is offline for long."""
    message = await context.read(message_row, message_id)
    names = await context.read(_concerned, message_id, reason, context)
    nobody = SendersTold(recipients=[], about=[])
    if message is None or message["deleted"] or not names:
        return lambda tx: nobody
    notes = await _prepare(context, message["sender"], _text(reason, message_id, message, names), message_id)

    def work(tx: Transaction) -> SendersTold:
        if _concerned(tx, message_id, reason, context) != names:  # somebody has answered: next time it is said anew
            return nobody
        remember = deliveries.note_late if reason == "overdue" else deliveries.note_away
        remember(tx, message_id, names, context.now())
        if not notes:
            return nobody
        send_notes(tx, notes)
        return SendersTold(recipients=[message["sender"]], about=names)

    return work


def _concerned(reader: Reader, message_id: int, reason: Reason, context: Context) -> list[str]:
    """Who is late or away as things are now, without the sender knowing of it."""
    if reason == "overdue":
        return deliveries.late_with(reader, message_id, context.now())
    return deliveries.away_with(reader, message_id, offline_since(context))


def _text(reason: Reason, message_id: int, message: Row, names: Sequence[str]) -> str:
    who = _listed(names)
    words = " ".join(message["content"].split())
    beginning = excerpt(words, EXCERPT)
    about = f"message {message_id} in {message['channel_id']} (“{quoted_line(beginning)}”)"
    if reason == "overdue":
        return f"No answer in time from {who} to {about}. It was asked for by {rfc3339(message['reply_by'])[:16]}Z."
    asked = f"an answer by {rfc3339(message['reply_by'])[:16]}Z" if message["reply_by"] else "an acknowledgement"
    return f"Offline for long: {who}. Your {about} asks for {asked}."


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMES} more" if len(names) > NAMES else ""
    return ", ".join(names[:NAMES]) + more


# -- gone ------------------------------------------------------------------------------------------------------------


@operation(internal=True, profile="inbox")
async def close_mailbox(context: Context, name: str) -> Work[SendersTold]:
    """Tell who wrote to a retired member what it will not read; nothing waits for it any more."""
    agent = context.team.directory.agent(name)
    if agent is None or not agent.retired:
        raise Forbidden(f"name: {name} was not retired; its messages still reach it.", code="not_retired")
    left = await context.read(deliveries.left_behind, agent.name)
    notes: list[Note] = []
    for row in left:
        notes += await _prepare(context, row["sender"], _farewell(agent.name, row), row["newest"])

    def work(tx: Transaction) -> SendersTold:
        if deliveries.left_behind(tx, agent.name) != left:  # somebody else was faster
            return SendersTold(recipients=[], about=[])
        send_notes(tx, notes)
        deliveries.close(tx, agent.name, context.now())
        return SendersTold(recipients=[note.recipient for note in notes], about=[agent.name])

    return work


def _farewell(name: str, row: Row) -> str:
    what = "a message" if row["number"] == 1 else f"{row['number']} messages"
    return f"{name} was retired and will not deal with {what} of yours, the last being message {row['newest']}."


# -- the note --------------------------------------------------------------------------------------------------------


async def _prepare(context: Context, name: str, text: str, message_id: int) -> list[Note]:
    about, metadata = f"message {message_id}", {"message_id": message_id}
    return await server_note(context, name, text, about=about, metadata=metadata)
