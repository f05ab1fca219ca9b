"""Telling askers once that the time is over until which they wanted an answer."""

from __future__ import annotations

from contextlib import suppress

from teammcp import Conflict, Context, Row, Team, Transaction, Work, operation, send_notes, server_note

from ...events import QuestionOverdue
from .. import queries, showing
from ..models import Question, QuestionId
from ..rows import existing

BATCH = 100


@operation(internal=True, profile="projects")
async def note_overdue(context: Context, question_id: QuestionId) -> Work[Question]:
    """The time of a question is over: its asker is told so, once. It stays open, and a late answer still comes."""
    row = await context.read(_late, context.now(), question_id)
    notes = await server_note(
        context, row["asker"], await context.read(_words, context, question_id), about=f"question {question_id}"
    )

    def work(tx: Transaction) -> Question:
        _late(tx, context.now(), question_id)
        queries.note_told(tx, question_id)
        context.emit(tx, QuestionOverdue(question=question_id, project=row["project"]), question_id)
        send_notes(tx, notes)
        return showing.one(tx, context, question_id)

    return work


def _late(reader: Transaction, now: int, number: int) -> Row:
    row = existing(reader, number)
    if row["tell_at"] is None or row["tell_at"] > now:
        raise Conflict(f"question_id: nothing is to be told of question {number}.", code="not_overdue")
    return row


def _words(reader: Transaction, context: Context, number: int) -> str:
    question = showing.one(reader, context, number).model_copy(update={"overdue": False})  # that is said anyway
    return (
        f"No answer in time to question {number} to {question.project}: {question.standing()}. It stays open, and a "
        "late answer still reaches you; cancel_question takes it back."
    )


async def look_at_late(team: Team) -> None:
    """Tell askers of questions whose time is over; the team's job."""
    for row in await team.database.read(queries.late, team.server.clock.now(), BATCH):
        with suppress(Conflict):  # it was answered a moment ago
            await Context.inside(team).call(note_overdue, question_id=row["id"])
