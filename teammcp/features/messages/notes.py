"""Notes: direct messages that tell somebody of a change, got ready before it and sent in its transaction."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ...errors import TeamError
from ...operations import Context
from ...plugins import Deferred
from ...storage import Transaction, Work

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Note:
    """A direct message that is ready to be sent."""

    recipient: str
    work: Work[Any]


async def server_note(context: Context, recipient: str, text: str, *, about: str, **more: Any) -> list[Note]:
    """Get a direct message of the server itself ready; see `note`."""
    return await note(Context.inside(context.team), recipient, text, about=about, **more)


async def note(context: Context, recipient: str, text: str, *, about: str, **more: Any) -> list[Note]:
    """Get a direct message of the actor ready, to be sent together with the change that it tells of.

    None is left if the recipient was retired, or a plugin refuses or defers the message: that keeps it from being sent,
    never the change. The log says so.

    Args:
        about: what it is about, for the log, such as ``task 7``.
        more: further arguments of send_message.
    """
    found = context.team.directory.agent(recipient)
    if found is None or found.retired:
        return []
    try:
        work = await context.prepare("send_message", channel=f"dm:{found.name}", content=text, **more)
    except TeamError as error:
        log.warning("%s is not told of %s: %s", found.name, about, error.code)
        return []
    if isinstance(work, Deferred):
        log.warning("%s is not told of %s: a plugin defers the message", found.name, about)
        return []
    return [Note(found.name, work)]


def send_notes(tx: Transaction, notes: Iterable[Note]) -> None:
    """Send notes in the transaction of the change that they tell of."""
    for each in notes:
        each.work(tx)
