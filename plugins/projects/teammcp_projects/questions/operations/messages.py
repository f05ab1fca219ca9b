"""Getting a message ready that is part of a change, or its deletion."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from teammcp import Conflict, Context, Prepared, Row, Transaction, Work, operation

from .. import queries, showing
from ..models import Question, QuestionId
from ..rows import existing


async def ready(context: Context, field: str, /, **message: Any) -> Prepared[Any]:
    """A message of the actor, to be sent in the work of the change that it tells of.

    Each change of a question has one, and a question is begun in turn, answered once, and asked back about so often:
    that bounds them, so the loop breaker does not count them.

    Args:
        context: of the call.
        field: the argument that holds its words, for the error.
        message: arguments of send_message.

    Raises:
        Conflict: a plugin makes it wait. TeamError: it may not be sent.
    """
    prepared = await context.as_bounded().prepare("send_message", **message)
    if prepared.waits:
        raise Conflict(f"{field}: a plugin makes the message wait, so it is not sent yet. Ask a manager.", code="waits")
    return prepared


async def taking_out(context: Context, row: Row, by: str | None = None) -> Callable[[Transaction], None]:
    """What takes a question out of the inbox of its holder, if that has not seen it yet, in the work of a change.

    One that is begun between this and the work `take_out_unseen` takes out.

    Args:
        context: of the call.
        row: the question, as it was before the change.
        by: who answers it, if that is the change: the holder itself has seen it.

    Raises:
        TeamError: the message may not be deleted.
    """
    if row["state"] != "asked" or row["holder"] == by:
        return lambda tx: None
    return await _taking_out(context, row)


async def _taking_out(context: Context, row: Row) -> Callable[[Transaction], None]:
    if not await is_unseen(context, row):
        return lambda tx: None
    message_id, asker = row["message_id"], context.team.directory.agents[row["asker"]]
    prepared = await Context.inside(context.team, asker).prepare("delete_message", message_id=message_id)

    def take_out(tx: Transaction) -> None:
        now_row = queries.question(tx, row["id"])
        if now_row is not None and now_row["message_id"] == message_id:
            prepared(tx)
            queries.forget_message(tx, row["id"])

    return take_out


@operation(internal=True, profile="projects")
async def take_out_question(context: Context, question_id: QuestionId) -> Work[Question]:
    """Delete the message that asks a question which is over, as long as nobody has seen it."""
    take_out = await _taking_out(context, await context.read(existing, question_id))

    def work(tx: Transaction) -> Question:
        take_out(tx)
        return showing.one(tx, context, question_id)

    return work


async def take_out_unseen(context: Context, number: int) -> None:
    """See whether a question that has just ended was begun in the moment of that, and waits unseen in an inbox."""
    row = await context.read(queries.question, number)
    if row is not None and row["holder"] != row["answered_by"] and await is_unseen(context, row):
        await Context.inside(context.team).call(take_out_question, question_id=number)


async def is_unseen(context: Context, row: Row) -> bool:
    """Whether the message in which a question was asked is still in its holder's inbox, and nobody was shown it."""
    message_id, asker = row["message_id"], context.team.directory.agents.get(row["asker"])
    if asker is None or message_id is None:
        return False
    asking = Context.inside(context.team, asker)
    message = await asking.call("get_message", message_id=message_id)
    recipients = (await asking.call("get_receipt", message_id=message_id)).recipients
    return not message.deleted and not any(
        each.handed_over_at or each.offered_at or each.read_at for each in recipients
    )
