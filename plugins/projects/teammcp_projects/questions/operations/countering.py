"""Asking back: what somebody needs to know before a question can be answered."""

from __future__ import annotations

from contextlib import suppress

from teammcp import (
    Agent,
    Conflict,
    Context,
    Forbidden,
    InvalidInput,
    Message,
    MessageParts,
    Row,
    Transaction,
    Work,
    operation,
    parts_of,
)

from ...events import QuestionCountered, QuestionQueued
from ...parts import Kept, as_kept, fitting, given_again, of_messages
from .. import dispatch, showing, thread, thread_queries
from ..models import Content, Question, QuestionId, State
from ..rows import existing
from .messages import ready

ASKS_BACK = "asks_back"
"""What a message that asks something back has in its metadata: the question's id."""
MOST_ASKED_BACK = 10
"""How often something is asked back about one question."""


@operation("POST /api/questions/{question_id}/ask-back", profile="projects", everyday=True, idempotent=True)
async def ask_back(
    context: Context,
    question_id: QuestionId,
    content: Content,
    parts: MessageParts = [],  # noqa: B006 - never changed
) -> Work[Question]:
    """Ask back what you need to know to answer a question that you have. Once its asker has replied, it comes again.

    Until then you are free for others.
    """
    row = await context.read(existing, question_id)
    _require_hold(context, row)
    prepared = await ready(
        context,
        "content",
        channel=f"dm:{row['asker']}",
        content=thread.asked_back(row, content),
        metadata={ASKS_BACK: question_id},
        replyTo=row["message_id"],
        parts=parts,
    )

    def work(tx: Transaction) -> Question:
        before = existing(tx, question_id)
        _require_hold(context, before)
        number = len(thread_queries.exchanges(tx, [question_id])) + 1
        if number > MOST_ASKED_BACK:
            raise Conflict(
                f"question_id: {MOST_ASKED_BACK} things were asked back about question {question_id}. Answer it, or "
                "say with cannot_say why you cannot.",
                code="too_many",
            )
        me, message_id = context.actor.name, prepared(tx).id
        thread_queries.ask_back(tx, question_id, number, me, content, message_id, context.now())
        context.emit(
            tx, QuestionCountered(question=question_id, project=row["project"], message_id=message_id), question_id
        )
        tx.on_commit(lambda: dispatch.look(context.team, [row["project"]]))
        return showing.one(tx, context, question_id)

    return work


async def saying(context: Context, number: int, said: str, parts: MessageParts) -> Work[Question]:
    """The work in which the asker of a question answers what was asked back about it.

    Raises:
        InvalidInput: a part is not as its kind says, or they do not fit into the message in which it is asked again.
    """
    before = await context.read(thread.parts_of, number)
    kept = as_kept(context, parts, len(before))
    together = [*before, *given_again(kept.given)]
    if parts and len(fitting(together)) < len(together):
        raise InvalidInput.at(
            "parts",
            f"question {number} comes again with the {len(before)} parts that it has and these, and one message has no "
            "room for all of them. Give fewer here",
        )
    return lambda tx: _resume(context, tx, number, said, None, kept, context.actor.name)


@operation(internal=True, profile="projects")
async def note_said(
    context: Context, question_id: QuestionId, said: str, by: str, message_id: QuestionId
) -> Work[Question]:
    """Take a message for what the asker says to what was asked back: a reply to the one in which that was asked."""
    before = await context.read(thread.parts_of, question_id)
    sent = (await context.read(parts_of, [message_id])).get(message_id, [])
    kept = as_kept(context, of_messages(sent), len(before))
    return lambda tx: _resume(context, tx, question_id, said, message_id, kept, by)


async def take_said(context: Context, message: Message) -> None:
    """See whether a message that was just sent answers what was asked back."""
    if message.deleted or message.reply_to is None:
        return
    exchange = await context.read(thread_queries.exchange_of_message, message.reply_to)
    if exchange is None or exchange["said"] is not None:
        return
    row = await context.read(existing, exchange["question"])
    if row["asker"] == message.from_agent:
        with suppress(Conflict):  # it was answered or taken back a moment ago
            await Context.inside(context.team).call(
                note_said,
                question_id=row["id"],
                said=message.content,
                by=message.from_agent,
                message_id=message.id,
            )


def _resume(
    context: Context, tx: Transaction, number: int, said: str, said_id: int | None, parts: Kept, by: str
) -> Question:
    row = existing(tx, number)
    if row["state"] != "countered":
        raise Conflict(
            f"question_id: nothing is asked back about question {number} that is not answered.", code="not_countered"
        )
    last = thread_queries.exchanges(tx, [number])[-1]
    thread_queries.resume(tx, number, last["number"], by, said, said_id, *parts, context.now())
    context.emit(tx, QuestionQueued(question=number, project=row["project"]), number)
    tx.on_commit(lambda: dispatch.look(context.team, [row["project"]]))
    return showing.one(tx, context, number)


def may_ask_back(actor: Agent, state: State, holder: str | None) -> bool:
    """Whether a member may ask something back about a question that stands so: it has it to answer."""
    return state == "asked" and holder == actor.name


def _require_hold(context: Context, row: Row) -> None:
    if may_ask_back(context.actor, row["state"], row["holder"]):
        return
    if row["holder"] == context.actor.name:
        raise Conflict(
            f"question_id: question {row['id']} is {row['state']}; nothing is to be asked.", code="not_asked"
        )
    raise Forbidden(
        f"question_id: you do not have question {row['id']} to answer. Write to {row['asker']} instead.",
        code="not_holder",
    )
