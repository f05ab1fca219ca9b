"""Getting a message ready that is part of a change."""

from __future__ import annotations

from typing import Any

from teammcp import Conflict, Context, Prepared


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
