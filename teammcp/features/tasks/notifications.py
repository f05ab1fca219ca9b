"""What members hear of a task: direct messages from the server, sent with the change that they are about."""

from __future__ import annotations

from collections.abc import Iterable

from ...operations import Context
from ...storage import Row
from ..messages import Note, find_mentions_aside, server_note
from . import notification_texts
from .visibility import sees


async def prepare(
    context: Context, texts: Iterable[tuple[str | None, str]], task: Row, comment: str = ""
) -> list[Note]:
    """Get messages about a task ready: ``texts`` are pairs of a recipient and one line.

    Members whom ``comment`` calls by name get one, too. None, the actor, and members who may not see the task get none;
    of several lines for one member the first counts. ``task``: its id, title and scope.
    """
    called, _ = await find_mentions_aside(comment, context.team.directory)
    first: dict[str | None, str] = {}
    for name, text in [*texts, *notification_texts.of_mentions(context.actor.name, task, comment, called)]:
        first.setdefault(name, " ".join(text.split()))
    notes: list[Note] = []
    for name, line in first.items():
        if name is None or name == context.actor.name or not sees(context, name, task["scope"]):
            continue
        about = f"task {task['id']}"
        notes += await server_note(context, name, line, about=about, metadata={"task_id": task["id"]})
    return notes
