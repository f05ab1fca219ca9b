"""Between a task's fields and the texts of its form. What is not changed in a form is not sent to the operation."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

from ....errors import InvalidInput
from ....web import gettext as _
from ....web.formatting import local
from ....web.visit import visit
from ..tasks.models import Task

EMPTY = {
    "title": "",
    "description": "",
    "status": "todo",
    "priority": "medium",
    "task_type": "task",
    "assignee": "",
    "channel": "",
    "parent_id": "",
    "goal_id": "",
    "due_day": "",
    "due_time": "",
    "labels": "",
    "requires": "",
    "depends_on": "",
    "weight": "1",
    "progress": "0",
    "checkin_interval": "",
    "related_state_project": "",
    "related_state": "",
    "target_value": "",
}
"""The form of a new task. Lists are words with spaces between."""
NUMBERS = {"parent_id", "goal_id", "weight", "progress"}
LISTS = {"labels", "requires", "depends_on"}
OF_ASSIGNEES = ("progress", "labels", "checkin_interval")
"""What an assignee may change who is not in charge of a task; its status and result have buttons of their own."""


def values_of(task: Task) -> dict[str, str]:
    """A task as its form shows it."""
    due = None if task.due_date is None else local(task.due_date)
    values = {name: getattr(task, name, "") for name in EMPTY}
    return {
        **{name: "" if value is None else str(value) for name, value in values.items()},
        "labels": " ".join(task.labels),
        "requires": " ".join(task.requires),
        "depends_on": " ".join(str(number) for number in task.depends_on),
        "due_day": "" if due is None else due.date().isoformat(),
        "due_time": "" if due is None else f"{due:%H:%M}",
        "target_value": "" if task.related_state is None else json.dumps(task.target_value, ensure_ascii=False),
    }


def typed(form: Mapping[str, str], before: Mapping[str, str]) -> dict[str, str]:
    """What a form holds: ``before`` with what was typed in its place."""
    return {name: form.get(name, value).strip() for name, value in before.items()}


def changes_of(values: Mapping[str, str], before: Mapping[str, str]) -> dict[str, Any]:
    """The arguments for the fields in which ``values`` differ from ``before``.

    Raises:
        InvalidInput: names the field that cannot be read.
    """
    changed = {name: value for name, value in values.items() if value != before[name]}
    arguments = {name: _read(name, value) for name, value in changed.items() if not name.startswith("due_")}
    if changed.get("due_time") and not values["due_day"]:
        raise InvalidInput(_("due_date: choose a day, and a time such as 14:30."))
    if changed.keys() & {"due_day", "due_time"}:
        arguments["due_date"] = _due(values["due_day"], values["due_time"])
    if arguments.get("target_value") == "" and not values["related_state"]:  # all of the link was cleared
        del arguments["target_value"]
    return arguments


def _read(name: str, value: str) -> Any:
    if name in NUMBERS:
        return _number(name, value.removeprefix("#") or "0")
    if name == "depends_on":
        return [_number(name, word.removeprefix("#")) for word in _words(value)]
    if name in LISTS:
        return _words(value)
    if name == "target_value":
        return _json(value)
    return value


def _words(value: str) -> list[str]:
    return [word for word in re.split(r"[\s,，、]+", value) if word]


def _number(name: str, value: str) -> int:
    if not value.isdecimal() or len(value) > 15:
        raise InvalidInput(_("%(field)s: “%(value)s” is no number.", field=name, value=value[:40]))
    return int(value)


def _json(value: str) -> Any:
    """A value of the shared state: JSON, or else the text as it was typed."""
    try:
        return json.loads(value)
    except ValueError:
        return value


def _due(day: str, at: str) -> str:
    """With a time, the moment in the reader's time zone; the operation knows what a day without one means."""
    if not day or not at:
        return day
    try:
        moment = datetime.combine(date.fromisoformat(day), time.fromisoformat(at))
    except ValueError:
        raise InvalidInput(_("due_date: choose a day, and a time such as 14:30.")) from None
    return moment.replace(tzinfo=visit().timezone).isoformat()
