"""The words of a question, and of what was said about it, follow the messages in which they were sent.

What somebody has deleted is to be read nowhere any more, and what was edited reads as it is now. So it is with answers,
too: see `note_answer_change`.
"""

from __future__ import annotations

from teammcp import Context, Message, Reader, Row, Transaction, Work, operation

from ...events import QuestionWordsChanged
from .. import queries, showing, thread, thread_queries
from ..models import Question, QuestionId
from ..rows import existing


@operation(internal=True, profile="projects")
async def note_words(context: Context, question_id: QuestionId, message_id: QuestionId, now: str) -> Work[Question]:
    """Note what a message says now in which a question was asked, or something about it; nothing if it is gone."""

    def work(tx: Transaction) -> Question:
        row = existing(tx, question_id)
        if row["message_id"] == message_id:
            queries.change_words(tx, question_id, thread.own_words(tx, row, now), gone=not now)
        elif thread_queries.exchange_of_message(tx, message_id) is not None:
            thread_queries.change_asked(tx, message_id, thread.own_asked(row, now))
        else:
            thread_queries.change_said(tx, message_id, now, gone=not now)
        context.emit(
            tx, QuestionWordsChanged(question=question_id, project=row["project"], message_id=message_id), question_id
        )
        return showing.one(tx, context, question_id)

    return work


async def take_words(context: Context, message: Message) -> None:
    """See whether something was asked or said about a question in a message that was just edited or deleted."""
    number = await context.read(_question_of, message.id)
    if number is not None:
        await Context.inside(context.team).call(
            note_words, question_id=number, message_id=message.id, now="" if message.deleted else message.content
        )


def _question_of(reader: Reader, message_id: int) -> int | None:
    """The question about which something stands in a message: not in one by which somebody had it to answer before."""
    exchange = thread_queries.exchange_of_message(reader, message_id) or thread_queries.said_in(reader, message_id)
    if exchange is not None:
        number: int = exchange["question"]
        return number
    asked: Row | None = queries.asked_in(reader, message_id)
    row = None if asked is None else queries.question(reader, asked["question"])
    return None if row is None or row["message_id"] != message_id else row["id"]
