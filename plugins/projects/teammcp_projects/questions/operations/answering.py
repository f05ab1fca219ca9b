"""Answering questions, and taking them back."""

from __future__ import annotations

from contextlib import suppress

from teammcp import (
    Access,
    Agent,
    Conflict,
    Context,
    Forbidden,
    Gone,
    Message,
    MessageParts,
    Prepared,
    Reader,
    Row,
    Transaction,
    Work,
    operation,
)

from ...events import QuestionAnswerChanged, QuestionEnded
from ...registry import access
from ...registry import queries as registry
from .. import dispatch, queries, showing, thread_queries
from ..models import OPEN, Content, Question, QuestionId, State
from ..rows import existing
from .countering import ASKS_BACK, saying
from .messages import ready, taking_out

ANSWERS = "answers_question"
"""What a message that answers a question has in its metadata: the question's id."""


CANNOT_SAY = "cannot_say:"
"""How a reply begins that says that nobody knows."""


@operation("POST /api/questions/{question_id}/answer", profile="projects", everyday=True, idempotent=True)
async def answer_question(
    context: Context,
    question_id: QuestionId,
    answer: Content,
    cannot_say: bool = False,
    parts: MessageParts = [],  # noqa: B006 - never changed
) -> Work[Question]:
    """Answer a question that was put to your project; cannot_say: nobody there knows, and the answer says why.

    It reaches its asker in a direct message. A question is answered once. What was asked back about your own question
    you answer so, too.
    """
    row = await context.read(existing, question_id)
    if row["asker"] == context.actor.name and row["state"] == "countered":
        return await saying(context, question_id, answer, parts)
    await _require_say(context, row)
    prepared = await _telling(context, row, answer, parts, cannot_say=cannot_say)
    take_out = await taking_out(context, row, context.actor.name)

    def work(tx: Transaction) -> Question:
        before = _unanswered(tx, question_id)
        take_out(tx)
        return _end(context, tx, before, "cannot_say" if cannot_say else "answered", answer, prepared(tx).id)

    return work


@operation("POST /api/questions/{question_id}/cancel", profile="projects", idempotent=True)
async def cancel_question(context: Context, question_id: QuestionId) -> Work[Question]:
    """Take a question back that you have asked. If somebody has seen it already, an answer still reaches you."""
    row = await context.read(existing, question_id)
    if not may_take_back(context.actor, row["asker"]):
        raise Forbidden(
            f"question_id: question {question_id} is {row['asker']}'s. Only its asker or a manager takes it back.",
            code="not_yours",
        )
    take_out = await taking_out(context, row)

    def work(tx: Transaction) -> Question:
        before = existing(tx, question_id)
        if before["state"] not in OPEN:
            return showing.one(tx, context, question_id)
        take_out(tx)
        return _end(context, tx, before, "cancelled", "", None)

    return work


@operation(internal=True, profile="projects")
async def note_answer(
    context: Context, question_id: QuestionId, answer: str, message_id: QuestionId, by: str
) -> Work[Question]:
    """Take a message for the answer to a question: the reply to one in which it was asked, by whom it was asked."""
    row = await context.read(existing, question_id)
    cannot_say, words = _read(row, answer)
    take_out = await taking_out(context, row, by)

    def work(tx: Transaction) -> Question:
        before = _unanswered(tx, question_id)
        take_out(tx)
        return _end(context, tx, before, "cannot_say" if cannot_say else "answered", words, message_id, by)

    return work


@operation(internal=True, profile="projects")
async def note_answer_change(
    context: Context, question_id: QuestionId, answer: str, message_id: QuestionId
) -> Work[Question]:
    """Note what the message that answers a question says now; nothing if it was deleted."""

    def work(tx: Transaction) -> Question:
        row = existing(tx, question_id)
        if row["answer_id"] != message_id:
            raise Conflict(f"message_id: question {question_id} is not answered in it.", code="not_answer")
        cannot_say, words = _read(row, answer)
        state = row["state"] if not answer else "cannot_say" if cannot_say else "answered"
        queries.change_answer(tx, question_id, state, words)
        changed = QuestionAnswerChanged(question=question_id, project=row["project"], answer_id=message_id)
        context.emit(tx, changed, question_id)
        return showing.one(tx, context, question_id)

    return work


async def take_reply(context: Context, message: Message) -> None:
    """See whether a message that was just sent answers a question.

    Once its author has asked something back about it there it does not: a program may end its turn with words that say
    so, also when the asker has replied already and the question has come again.
    """
    if message.deleted or message.reply_to is None or not {ANSWERS, ASKS_BACK}.isdisjoint(message.metadata or {}):
        return
    asked = await context.read(queries.asked_in, message.reply_to)
    if asked is None or asked["holder"] != message.from_agent:
        return
    row = await context.read(existing, asked["question"])
    if row["answer"] or await context.read(
        thread_queries.has_asked_back, row["id"], message.from_agent, message.reply_to
    ):
        return
    with suppress(Conflict):  # somebody else was quicker
        await Context.inside(context.team).call(
            note_answer, question_id=row["id"], answer=message.content, message_id=message.id, by=message.from_agent
        )


async def take_change(context: Context, message: Message) -> None:
    """See whether a message that was just edited or deleted is the answer to a question, which then follows it."""
    row = await context.read(queries.answered_in, message.id)
    if row is not None:
        await Context.inside(context.team).call(
            note_answer_change,
            question_id=row["id"],
            answer="" if message.deleted else message.content,
            message_id=message.id,
        )


def may_take_back(actor: Agent, asker: str) -> bool:
    """Whether a member may take back what somebody has asked."""
    return actor.name == asker or actor.access >= Access.manager


def _unanswered(reader: Reader, number: int) -> Row:
    row = existing(reader, number)
    if row["answer"]:  # one that was deleted can be given again
        raise Conflict(
            f"question_id: {row['answered_by']} has answered question {number} already. Write to {row['asker']} if "
            "there is more to say.",
            code="answered",
            answer_id=row["answer_id"],
        )
    return row


def may_answer(reader: Reader, context: Context, number: int) -> bool:
    """Whether the actor may answer a question: its holder, who answers for the project, and who may change that."""
    me, row = context.actor.name, existing(reader, number)
    if me == row["asker"]:
        return False
    if me == row["holder"]:
        return True
    project = registry.project(reader, row["project"])
    if project is None:
        return False
    return access.may_change(context.actor, project) or me in registry.answerers(reader, row["project"])


async def _require_say(context: Context, row: Row) -> None:
    asker = context.team.directory.agent(row["asker"])
    if asker is None or asker.retired:
        raise Gone(
            f"question_id: {row['asker']}, who has asked it, was retired. Nobody waits for an answer.",
            code="agent_retired",
        )
    if context.actor.name == row["asker"]:
        raise Forbidden("question_id: it is your own question. cancel_question takes it back.", code="your_own")
    if not await context.read(may_answer, context, row["id"]):
        raise Forbidden(
            f"question_id: you do not answer for {row['project']}. Its owners name you with set_project_agents.",
            code="not_answerer",
        )


def _head(row: Row, *, cannot_say: bool) -> str:
    """How the message begins that answers a question."""
    return f"{row['project']} {'cannot say' if cannot_say else 'answers'} (question {row['id']}):\n\n"


def _read(row: Row, written: str) -> tuple[bool, str]:
    """What a message says that answers a question: whether nobody can say, and its words."""
    for cannot_say in (True, False):
        if written.startswith(head := _head(row, cannot_say=cannot_say)):
            return cannot_say, written[len(head) :]
    said = written.lstrip()
    if not said.casefold().startswith(CANNOT_SAY):
        return False, written
    return True, said[len(CANNOT_SAY) :].lstrip() or written


async def _telling(
    context: Context, row: Row, answer: str, parts: MessageParts, *, cannot_say: bool
) -> Prepared[Message]:
    """The direct message to the asker that answers; it replies to the one in which the question was asked."""
    more = {"replyTo": row["message_id"]} if row["holder"] == context.actor.name and row["message_id"] else {}
    return await ready(
        context,
        "answer",
        channel=f"dm:{row['asker']}",
        content=_head(row, cannot_say=cannot_say) + answer,
        metadata={ANSWERS: row["id"]},
        parts=parts,
        **more,
    )


def _end(
    context: Context,
    tx: Transaction,
    row: Row,
    state: State,
    answer: str,
    answer_id: int | None,
    by: str | None = None,
) -> Question:
    answered_by = None if state == "cancelled" else by or context.actor.name
    queries.end(tx, row["id"], state, answer, answer_id, answered_by, context.now())
    context.emit(
        tx, QuestionEnded(question=row["id"], project=row["project"], state=state, answer_id=answer_id), row["id"]
    )
    tx.on_commit(lambda: dispatch.look(context.team, [row["project"]]))
    return showing.one(tx, context, row["id"])
