"""What members hear of a task: direct messages from the server, sent with the change that they are about."""

from __future__ import annotations

from collections.abc import Iterable

from ...operations import Context
from ...storage import Row
from ..messages import Note, find_mentions_aside, server_note
from . import notification_texts
from .visibility import sees


async def prepare(
    context: Context, texts: Iterable[tuple[str | None, str]], task: Row, comment: str = "", *, occasion: str = ""
) -> list[Note]:
    """Get messages about a task ready: ``texts`` are pairs of a recipient and one line.

    Members whom ``comment`` calls by name get one, too. None, the actor, and members who may not see the task get none;
    of several lines for one member the first counts. ``task``: its id, title and scope. ``occasion``: what has become
    of it, for those who are notified: ``ended``, ``blocked``, ``stuck`` or ``due``.
    """
    called, _ = await find_mentions_aside(comment, context.team.directory)
    first: dict[str | None, tuple[str, str]] = {}
    for name, text in texts:
        first.setdefault(name, (text, occasion))
    for name, text in notification_texts.of_mentions(context.actor.name, task, comment, called):
        first.setdefault(name, (text, ""))
    notes: list[Note] = []
    for name, (text, became) in first.items():
        if name is None or name == context.actor.name or not sees(context, name, task["scope"]):
            continue
        metadata = {"task_id": task["id"], **({"occasion": became} if became else {})}
        line = " ".join(text.split())
        notes += await server_note(context, name, line, about=f"task {task['id']}", metadata=metadata)
    return notes
