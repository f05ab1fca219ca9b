"""Tasks in words, for the pages: names of statuses, priorities and fields, and what a line of the history says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ....clock import milliseconds
from ....web import gettext as _
from ....web import mark, ngettext
from ....web.formatting import full_time
from ..tasks.models import FieldChange, HistoryEntry

STATUS_NAMES = {
    "todo": mark("To do"),
    "doing": mark("Doing"),
    "blocked": mark("Blocked"),
    "done": mark("Done"),
    "failed": mark("Failed"),
    "cancelled": mark("Cancelled"),
}
PRIORITY_NAMES = {
    "urgent": mark("Urgent"),
    "high": mark("High"),
    "medium": mark("Medium"),
    "low": mark("Low"),
}
GOAL_STATUS_NAMES = {
    "open": mark("Under way"),
    "achieved": mark("Achieved"),
    "dropped": mark("Dropped"),
}
INTERVAL_NAMES = {
    "daily": mark("Every day"),
    "weekly": mark("Every week"),
    "biweekly": mark("Every two weeks"),
}
FIELD_NAMES = {
    "title": mark("Title"),
    "description": mark("Description"),
    "status": mark("Status"),
    "priority": mark("Priority"),
    "task_type": mark("Kind"),
    "assignee": mark("Assignee"),
    "channel": mark("Channel"),
    "parent_id": mark("Part of"),
    "goal_id": mark("Goal"),
    "weight": mark("Weight"),
    "due_date": mark("Due"),
    "labels": mark("Labels"),
    "requires": mark("Needs somebody who can"),
    "depends_on": mark("Waits for"),
    "progress": mark("Progress"),
    "result": mark("Result"),
    "checkin_interval": mark("Check-in"),
    "attempts": mark("Failed attempts"),
    "related_state": mark("Field of the shared state"),
    "related_state_project": mark("Project of the field"),
    "target_value": mark("Value to set"),
}
ACTIONS = {
    "created": mark("created the task"),
    "done": mark("finished the task"),
    "completed": mark("finished the task"),
    "reopened": mark("opened the task again"),
    "deleted": mark("deleted the task"),
    "claimed": mark("took the task"),
    "released": mark("gave the task back"),
    "requeued": mark("put the task back into the queue"),
    "failed": mark("gave the task up as failed"),
    "progress": mark("reported progress"),
    "state set": mark("noted that the field is set"),
    "state not set": mark("noted that the field is not set"),
}
"""What the history says of an action; of any other it shows the changes alone."""

SHORT = 80
"""Characters of a value up to which the history shows it."""


@dataclass(frozen=True)
class Step:
    """One field before and after a change, in words. Too long values are None: that they changed is all there is."""

    field: str
    old: str | None
    new: str | None


@dataclass(frozen=True)
class Line:
    """One line of a task's history in words: ``action`` is empty where the steps or the comment say it all."""

    entry: HistoryEntry
    kind: str
    action: str
    steps: list[Step]


def translated(names: Mapping[str, str]) -> dict[str, str]:
    """Names in the language of the request."""
    return {key: _(name) for key, name in names.items()}


def line_of(entry: HistoryEntry, kind: str) -> Line:
    """A line of the history in words; ``kind`` is what sort of member its actor is."""
    action = ACTIONS.get(entry.action)
    return Line(entry, kind, "" if action is None else _(action), [_step(change) for change in entry.changes])


def _step(change: FieldChange) -> Step:
    name = FIELD_NAMES.get(change.field)
    old, new = (value_words(change.field, value) for value in (change.old, change.new))
    short = len(old) <= SHORT and len(new) <= SHORT and change.field != "description"
    label = change.field if name is None else _(name)
    return Step(label, old, new) if short else Step(label, None, None)


def value_words(field: str, value: Any) -> str:
    """The value of a field as people say it."""
    if value is None or value == "" or value == []:
        return _("none")
    names = {"status": STATUS_NAMES, "priority": PRIORITY_NAMES, "checkin_interval": INTERVAL_NAMES}.get(field, {})
    if isinstance(value, str) and value in names:
        return _(names[value])
    if field == "due_date":
        return full_time(milliseconds(value) if isinstance(value, str) else value)
    if field == "progress":
        return f"{value} %"
    if field in ("depends_on", "parent_id"):
        return ", ".join(f"#{number}" for number in (value if isinstance(value, list) else [value]))
    if isinstance(value, list):
        return ", ".join(str(part) for part in value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def count_words(status: str, count: int) -> str:
    """How many tasks are in a status: ``3 blocked``."""
    words = {
        "todo": ngettext("%(num)s to do", "%(num)s to do", count),
        "doing": ngettext("%(num)s in progress", "%(num)s in progress", count),
        "blocked": ngettext("%(num)s blocked", "%(num)s blocked", count),
        "done": ngettext("%(num)s done", "%(num)s done", count),
        "failed": ngettext("%(num)s failed", "%(num)s failed", count),
        "cancelled": ngettext("%(num)s cancelled", "%(num)s cancelled", count),
    }
    return words[status]
