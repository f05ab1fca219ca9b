"""What members are told of a change: in one line, with the actor's name, the task's number and its title.

Each function gives pairs of a recipient and the line for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ...storage import Row
from ...text.excerpts import excerpt
from ..messages import quoted_line
from .field_types import OPEN

Texts = list[tuple[str | None, str]]
EXCERPT = 200


def of_creation(actor: str, task: Row) -> Texts:
    """The assignee hears of a new task."""
    return [(task["assignee"], f"{actor} assigned {_to_you(task)}")]


def of_change(actor: str, old: Row, new: Mapping[str, Any], comment: str) -> Texts:
    """Assignee and creator hear of a change; ``new``: the columns with new values. A member's first line counts."""
    task = {**old, **new}
    what = f"task {task['id']}: {_title(task)}"
    texts: Texts = []
    if task["assignee"] != old["assignee"]:
        texts.append((task["assignee"], f"{actor} assigned {_to_you(task)}{_because(comment)}"))
        receiver = task["assignee"] or "nobody"
        texts.append((old["assignee"], f"{actor} reassigned task {task['id']} to {receiver}: {_title(task)}"))
    if task["status"] != old["status"]:
        texts += _of_status(actor, old, task, what, comment)
    elif comment:
        line = f"{actor} commented on {what} — {quoted_excerpt(comment)}"
        texts += [(task["assignee"], line), (task["creator"], line)]
    return texts


def occasion_of(old: Row, new: Mapping[str, Any]) -> str:
    """What becomes of a task by a change, for those who are notified: ``ended``, ``blocked``, or nothing of that."""
    status = new.get("status", old["status"])
    if status == old["status"] or status in ("todo", "doing"):
        return ""
    return "blocked" if status == "blocked" else "ended"


def of_mentions(actor: str, task: Row, comment: str, called: Iterable[str]) -> Texts:
    """The members ``called`` by a comment hear of it."""
    text = f"{actor} called you in task {task['id']}: {_title(task)} — {quoted_excerpt(comment)}"
    return [(name, text) for name in called]


def of_deletion(actor: str, task: Row) -> Texts:
    """Assignee and creator hear that a task was deleted."""
    line = f"{actor} deleted task {task['id']}: {_title(task)}"
    return [(task["assignee"], line), (task["creator"], line)]


def of_refused_state(task: Row, reason: str, refused_by: str) -> Texts:
    """Assignee and creator hear that the field of a task is not set. Whoever asked for it has heard that already."""
    line = f"Task {task['id']} ({_title(task)}): {quoted_line(reason)}"
    knowing = (task["state_asked_by"], refused_by)
    return [(name, line) for name in (task["assignee"], task["creator"]) if name not in knowing]


def _of_status(actor: str, old: Row, task: Row, what: str, comment: str) -> Texts:
    creator, assignee = task["creator"], task["assignee"]
    reason = _because(comment)
    if task["status"] == "done":
        result = f" — {quoted_excerpt(task['result'])}" if task["result"] else reason
        line = f"{actor} finished {what}{result}"
    elif task["status"] in ("failed", "cancelled"):
        line = f"{actor} marked {what} as {task['status']}{reason}"
    elif old["status"] not in OPEN:
        line = f"{actor} reopened {what}{reason}"
    elif task["status"] == "doing":
        return [(creator, f"{actor} started {what}{reason}")]
    elif task["status"] == "blocked":
        return [(creator, f"{actor} is blocked in {what}{reason}")]
    else:
        return [(assignee, f"{actor} put back {what}{reason}")]
    return [(assignee, line), (creator, line)]


def _to_you(task: Row) -> str:
    field = f"; done, it sets {task['related_state_project']}.{task['related_state']}" if task["related_state"] else ""
    return f"task {task['id']} to you: {_title(task)}{field}"


def _title(task: Row) -> str:
    return quoted_line(task["title"])


def _because(comment: str) -> str:
    return f" — {quoted_excerpt(comment)}" if comment else ""


def quoted_excerpt(text: str) -> str:
    """The beginning of a longer text by a member, as it stands in a line of the server's."""
    return quoted_line(excerpt(" ".join(text.split()), EXCERPT))
