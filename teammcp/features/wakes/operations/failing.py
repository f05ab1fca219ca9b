"""Telling that an agent was not reached: its senders, and whoever looks at it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ....members.presence import NOT_REACHED, Reason
from ....operations import Context, operation
from ....storage import Reader, Row, Transaction, Work
from ....web import mark
from ... import deliveries
from ...messages import Message, Note, messages_by_id, quoted_line, send_notes, server_note
from .. import queries
from ..events import WakeFailed
from ..models import SendersTold

MANY = 50
"""Messages of which a plugin is told that is asked whether they may wake an agent."""
UNKNOWN = mark(
    "its program shows no sign of having got the line; it may hold or refuse lines from outside, "
    "a dialog may be open, or its hooks may not be trusted"
)


@operation(internal=True, profile="wakes")
async def note_failed_wake(
    context: Context, agent: str, rings: Annotated[int, Field(ge=0)], why: str, newest: int
) -> Work[SendersTold]:
    """Tell the senders of what waits for an agent that its program was rung in vain, each of a message once.

    newest: the newest message for which it was rung.
    """
    why = why or UNKNOWN
    senders = await context.read(_untold, agent, newest)
    notes = await _notes(context, agent, senders, rings, why)
    team = context.team

    def show() -> None:
        team.presence.set_status(agent, "blocked", Reason(NOT_REACHED, why))

    def work(tx: Transaction) -> SendersTold:
        context.emit(tx, WakeFailed(rings=rings, why=why), agent)
        send_notes(tx, notes)
        if senders:
            queries.keep_told(tx, agent, newest)
        tx.on_commit(show)
        return SendersTold(recipients=[note.recipient for note in notes])

    return work


def waiting_messages(reader: Reader, agent: str) -> list[Message]:
    """The oldest messages to an agent that no reader has given a sign of."""
    ids = [row["message_id"] for row in deliveries.unoffered(reader, agent, 0, MANY)]
    return messages_by_id(reader, ids)


def _untold(reader: Reader, agent: str, newest: int) -> list[Row]:
    """The senders of what waits who do not know of it, with their messages."""
    return deliveries.senders_of_unoffered(reader, agent, queries.told(reader, agent), newest)


async def _notes(context: Context, agent: str, senders: list[Row], rings: int, why: str) -> list[Note]:
    tried = f"rung {rings} times" if rings > 1 else "rung once" if rings else "not rung"
    notes: list[Note] = []
    for row in senders:
        last = row["newest_id"]
        what = f"message {last} stays in its inbox, and comes"
        if row["number"] > 1:
            what = f"{row['number']} messages, the last being {last}, stay in its inbox, and come"
        text = (
            f"Not reached: {quoted_line(agent)} ({tried}). Likely reason: {quoted_line(why)}. Your {what} with its "
            "next turn. On its machine `teammcp doctor --ring` shows which step fails."
        )
        notes += await server_note(context, row["sender"], text, about=f"message {last}", metadata={"message_id": last})
    return notes
