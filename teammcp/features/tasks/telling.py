"""Telling members what happened to a task: direct messages from the server, sent with the change they tell of."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ...errors import TeamError
from ...operations import Context
from ...plugins import Deferred
from ...storage import Transaction, Work
from .sight import sees

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Note:
    """A message that is ready to be sent."""

    recipient: str
    send: Work[Any]


async def prepare(context: Context, texts: Iterable[tuple[str | None, str]], task: Mapping[str, Any]) -> list[Note]:
    """Get messages about a task ready: ``texts`` are pairs of a recipient and one line.

    Left out are nobody (None), the actor, who was retired, and who may not see the task. ``task``: its id and scope.
    A plugin that refuses or defers a message keeps it from being sent, never the change that it tells of.
    """
    notes: dict[str, Note] = {}
    for name, text in texts:
        if name is None or name in notes or not _is_told(context, name, task["scope"]):
            continue
        note = await _prepare(context, name, text, task["id"])
        if note is not None:
            notes[name] = note
    return list(notes.values())


def send(tx: Transaction, notes: Iterable[Note]) -> None:
    """Send messages in the transaction of the change they tell of."""
    for note in notes:
        note.send(tx)


def _is_told(context: Context, name: str, scope: str) -> bool:
    found = context.team.directory.agent(name)
    return found is not None and not found.retired and name != context.actor.name and sees(context, name, scope)


async def _prepare(context: Context, name: str, text: str, task_id: int) -> Note | None:
    server = Context.inside(context.team)
    line = " ".join(text.split())
    try:
        work = await server.prepare("send_message", channel=f"dm:{name}", content=line, metadata={"task_id": task_id})
    except TeamError as error:
        log.warning("%s is not told of task %s: %s", name, task_id, error.code)
        return None
    if isinstance(work, Deferred):
        log.warning("%s is not told of task %s: a plugin defers the message", name, task_id)
        return None
    return Note(name, work)
