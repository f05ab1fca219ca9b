"""What the server does when a question's turn has come."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from teammcp import Conflict, Context, Row, Text, Timestamp, Transaction, Work, operation

from ...events import QuestionAsked
from ...parts import fitting
from ...registry import queries as registry
from .. import fairness, queries, showing, thread
from ..models import Question, QuestionId
from .messages import ready

LEASE = 15 * 60_000
"""Milliseconds that somebody has a question to answer before it is looked whether it gets anywhere."""


@operation(internal=True, profile="projects")
async def begin_question(context: Context, question_id: QuestionId, holder: str) -> Work[Question]:
    """Ask somebody a question that has waited: by a direct message of its asker."""
    row = await context.read(_waiting, question_id)
    asking = Context.inside(context.team, context.team.directory.agents[row["asker"]])
    goes_on_from = await context.read(thread.goes_on_from, row, holder)
    parts = await context.read(thread.parts_of, question_id)
    fit = fitting(parts)
    prepared = await ready(
        asking,
        "question",
        channel=f"dm:{holder}",
        content=await context.read(thread.words, row, len(fit), len(parts) - len(fit)),
        metadata={"question_id": question_id},
        replyTo=goes_on_from,
        parts=fit,
    )

    def work(tx: Transaction) -> Question:
        now_row = _waiting(tx, question_id)
        _require_turn(context, tx, now_row)
        _require_room(tx, now_row, holder)
        sent = prepared(tx)
        at = context.now()
        queries.begin(tx, question_id, row["project"], row["lane"], holder, sent.id, at, at + LEASE)
        context.emit(
            tx,
            QuestionAsked(question=question_id, project=row["project"], holder=holder, message_id=sent.id),
            question_id,
        )
        return showing.one(tx, context, question_id)

    return work


@operation(internal=True, profile="projects")
async def hold_back_question(
    context: Context,
    question_id: QuestionId,
    why: Annotated[Text, Field(max_length=1000)],
    retry_at: Timestamp,
    whole_lane: bool = False,
) -> Work[Question]:
    """Note why a question could not be asked, and try again later.

    whole_lane: so it is with all that waits in its lane, which is tried again at the same time and so keeps its order.
    """

    def work(tx: Transaction) -> Question:
        row = _waiting(tx, question_id)
        if whole_lane:
            queries.hold_back_lane(tx, row["project"], row["lane"], why, retry_at)
        else:
            queries.hold_back(tx, question_id, why, retry_at)
        return showing.one(tx, context, question_id)

    return work


@operation(internal=True, profile="projects")
async def note_trouble(
    context: Context, question_id: QuestionId, why: Annotated[Text, Field(max_length=1000)]
) -> Work[Question]:
    """Note what keeps the holder of a question from answering it; nothing any more if it is empty."""

    def work(tx: Transaction) -> Question:
        queries.set_trouble(tx, question_id, why)
        return showing.one(tx, context, question_id)

    return work


def _waiting(reader: Transaction, number: int) -> Row:
    row = queries.question(reader, number)
    if row is None or row["state"] != "queued":
        raise Conflict(f"question_id: question {number} does not wait any more.", code="not_queued")
    return row


def _require_turn(context: Context, tx: Transaction, row: Row) -> None:
    """Look again whether it comes first in its lane: one that is more urgent may have been asked since."""
    waiting = showing.queue_of(tx, row["project"]).waiting
    lane = [each for each in waiting if each.lane == row["lane"] and each.retry_at <= context.now()]
    if lane and fairness.in_order(lane, {}, ())[0].id != row["id"]:
        raise Conflict(f"question_id: another comes before question {row['id']}.", code="not_its_turn")


def _require_room(tx: Transaction, row: Row, holder: str) -> None:
    """Look again, now that nothing can come between: another may have been begun since."""
    project = registry.project(tx, row["project"])
    open_now = queries.in_state(tx, row["project"], "asked", showing.MOST_WAITING)
    if project is None or len(open_now) >= project["at_once"] or row["lane"] in {each["lane"] for each in open_now}:
        raise Conflict(f"question_id: it is not the turn of question {row['id']}.", code="not_its_turn")
    if queries.held(tx, holder):
        raise Conflict(f"holder: {holder} has a question to answer already.", code="not_free")
