"""Telling that an agent was not reached: its senders, and whoever looks at it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ....members.presence import NOT_REACHED, Reason
from ....operations import Context, operation
from ....storage import Reader, Transaction, Work
from ....web import mark
from ... import deliveries
from ...messages import Message, Note, messages_by_id, quoted_line, send_notes, server_note
from ..events import WakeFailed
from ..models import SendersTold

MANY = 50
UNKNOWN = mark(
    "its program shows no sign of having got the line; it may hold or refuse lines from outside, "
    "a dialog may be open, or its hooks may not be trusted"
)


@operation(internal=True, profile="wakes")
async def note_failed_wake(
    context: Context, agent: str, rings: Annotated[int, Field(ge=0)], why: str
) -> Work[SendersTold]:
    """Tell the senders of what waits for an agent that its program was rung in vain."""
    why = why or UNKNOWN
    messages = await context.read(waiting_messages, agent)
    notes = await _notes(context, agent, messages, rings, why)
    team = context.team

    def show() -> None:
        team.presence.set_status(agent, "blocked", Reason(NOT_REACHED, why))

    def work(tx: Transaction) -> SendersTold:
        context.emit(tx, WakeFailed(message_ids=[each.id for each in messages], rings=rings, why=why), agent)
        send_notes(tx, notes)
        tx.on_commit(show)
        return SendersTold(recipients=[note.recipient for note in notes])

    return work


def waiting_messages(reader: Reader, agent: str) -> list[Message]:
    """The oldest messages to an agent that no reader has given a sign of."""
    ids = [row["message_id"] for row in deliveries.unoffered(reader, agent, 0, MANY)]
    return messages_by_id(reader, ids)


async def _notes(context: Context, agent: str, messages: list[Message], rings: int, why: str) -> list[Note]:
    own: dict[str, list[int]] = {}
    for message in messages:
        own.setdefault(message.from_agent, []).append(message.id)
    notes: list[Note] = []
    for sender, ids in own.items():
        what = f"message {ids[0]}" if len(ids) == 1 else f"{len(ids)} messages, the last being {ids[-1]},"
        tried = f"rung {rings} times" if rings > 1 else "rung once" if rings else "not rung"
        text = (
            f"Not reached: {quoted_line(agent)} ({tried}). Likely reason: {quoted_line(why)}. Your {what} "
            "stays in its inbox, and comes with its next turn. On its machine `teammcp doctor` with the option `ring` "
            "shows which step fails."
        )
        notes += await server_note(context, sender, text, about=f"message {ids[-1]}", metadata={"message_id": ids[-1]})
    return notes
