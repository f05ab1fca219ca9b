"""Getting a message ready that is part of a change, or its deletion."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from teammcp import Conflict, Context, Prepared, Row, Transaction

from .. import queries


async def ready(context: Context, field: str, /, **message: Any) -> Prepared[Any]:
    """A message of the actor, to be sent in the work of the change that it tells of.

    Args:
        context: of the call.
        field: the argument that holds its words, for the error.
        message: arguments of send_message.

    Raises:
        Conflict: a plugin makes it wait. TeamError: it may not be sent.
    """
    prepared = await context.prepare("send_message", **message)
    if prepared.waits:
        raise Conflict(f"{field}: a plugin makes the message wait, so it is not sent yet. Ask a manager.", code="waits")
    return prepared


async def taking_out(context: Context, row: Row, by: str | None = None) -> Callable[[Transaction], None]:
    """What takes a question out of the inbox of its holder, if that has not seen it yet, in the work of a change.

    Args:
        context: of the call.
        row: the question, as it was before the change.
        by: who answers it, if that is the change: the holder itself has seen it.

    Raises:
        TeamError: the message may not be deleted.
    """
    message_id, asker = row["message_id"], context.team.directory.agents.get(row["asker"])
    if row["state"] != "asked" or asker is None or row["holder"] == by:
        return lambda tx: None
    asking = Context.inside(context.team, asker)
    message = await asking.call("get_message", message_id=message_id)
    recipients = (await asking.call("get_receipt", message_id=message_id)).recipients
    seen = any(each.handed_over_at or each.offered_at or each.read_at for each in recipients)
    if message.deleted or seen:
        return lambda tx: None
    prepared = await asking.prepare("delete_message", message_id=message_id)

    def take_out(tx: Transaction) -> None:
        now_row = queries.question(tx, row["id"])
        if now_row is not None and now_row["message_id"] == message_id:
            prepared(tx)

    return take_out
