"""From the arguments of an operation to the columns of a task, checked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ....arguments.fields import PRIORITIES
from ....arguments.times import read_time, zone_of
from ....errors import InvalidInput
from ....operations import Context
from ....storage import Transaction
from ...channels import writable_channel
from ..goals import queries as goal_queries
from ..visibility import may_see, scope_of, sees
from . import hierarchy, queries
from .arguments import find_assignee

NEW: dict[str, Any] = {
    "description": "",
    "status": "todo",
    "priority": PRIORITIES.index("medium"),
    "task_type": "task",
    "assignee": None,
    "channel": None,
    "scope": "",
    "parent_id": None,
    "goal_id": None,
    "source_msg": None,
    "weight": 1,
    "labels": "[]",
    "requires": "[]",
    "own_progress": 0,
    "result": "",
    "related_state_project": None,
    "related_state": None,
    "target_value": None,
    "state_linked_by": None,
    "max_attempts": 3,
    "lease_seconds": 90,
    "progress_seconds": 1800,
}
"""The columns of a new task of which nothing is said."""

RENAMED = {"progress": "own_progress", "due_date": "due_at"}
AS_THEY_ARE = {
    "title",
    "description",
    "status",
    "task_type",
    "source_msg",
    "weight",
    "progress",
    "result",
    "depends_on",
    "max_attempts",
    "lease_seconds",
    "progress_seconds",
}
EARLIEST, LATEST = read_time("1971-01-01"), read_time("9000-01-01")
"""Within these, every database, language and time zone can count."""
CLEARED_BY_EMPTY = {"parent_id", "goal_id", "checkin_interval", "related_state", "related_state_project"}
LINK = ("related_state_project", "related_state", "target_value")
"""The columns that say which field of the shared state is set, and to what, when a task is done."""


def columns_of(context: Context, row: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that get new values by the arguments ``values``; ``row``: the task as it is, or as a new one begins.

    Raises:
        TeamError: names the argument that is wrong.
    """
    new: dict[str, Any] = {}
    for field, value in values.items():
        column = RENAMED.get(field, field)
        if field in AS_THEY_ARE:
            new[column] = value
        elif field in CLEARED_BY_EMPTY:
            new[column] = value or None
        elif field == "priority":
            new[column] = PRIORITIES.index(value)
        elif field == "assignee":
            new[column] = find_assignee(context, value) if value else None
        elif field == "channel":
            channel = writable_channel(context, value) if value else None
            new["channel"], new["scope"] = channel and channel.id, scope_of(channel)
        elif field in ("labels", "requires"):
            new[column] = json.dumps(sorted(set(value)), ensure_ascii=False)
        elif field == "metadata":
            new[column] = json.dumps(value, ensure_ascii=False) if value else None
        elif field == "target_value":
            new[column] = json.dumps(value, ensure_ascii=False)
    if "due_date" in values:
        text, whose = values["due_date"], {**row, **new}["assignee"]
        new["due_at"] = _due_at(context, text, whose) if text else None
    _check_link({**row, **new}, new)
    if any(column in new and new[column] != row[column] for column in LINK):
        new["state_linked_by"] = None if {**row, **new}["related_state"] is None else context.actor.name
    check_sight(context, {**row, **new}, values)
    return new


def check_place(context: Context, tx: Transaction, task_id: int | None, new: Mapping[str, Any]) -> None:
    """Check in the transaction that the parent and goal among the new columns are there, and fit.

    Raises:
        InvalidInput: they are not, or do not.
    """
    if (parent_id := new.get("parent_id")) is not None:
        parent = queries.task(tx, parent_id)
        if parent is None or not may_see(context, parent):
            raise InvalidInput.at("parent_id", f"there is no task {parent_id} that you may see")
        hierarchy.refuse_bad_parent(tx, task_id, parent_id)
    if (goal_id := new.get("goal_id")) is not None and goal_queries.goal(tx, goal_id) is None:
        raise InvalidInput.at("goal_id", f"there is no goal {goal_id}; list_goals lists them")


def _due_at(context: Context, text: str, whose: str | None) -> int:
    """The moment that a due date means, in the time zone of ``whose`` or else of the actor; a date means its end.

    Raises:
        InvalidInput: it means none.
    """
    agent = context.team.directory.agent(whose or "") or context.actor
    try:
        moment = read_time(text, zone_of(agent.time_zone), "end")
    except ValueError as error:
        raise InvalidInput.at("due_date", str(error)) from None
    if not EARLIEST <= moment < LATEST:
        raise InvalidInput.at("due_date", "must be in a year from 1971 to 8999")
    return moment


def _check_link(after: Mapping[str, Any], new: dict[str, Any]) -> None:
    """Check that a field of the shared state comes with its value, and no value without a field.

    Raises:
        InvalidInput: one of them is missing.
    """
    if new.keys().isdisjoint(LINK):
        return
    if after["related_state"] is None:
        if new.get("target_value") is not None or new.get("related_state_project") is not None:
            raise InvalidInput.at("related_state", "say which field target_value and related_state_project are for")
        new |= {"related_state": None, "related_state_project": None, "target_value": None}
        return
    if after["target_value"] is None:
        raise InvalidInput.at("target_value", "say what related_state is to be set to when the task is done")
    new["related_state_project"] = after["related_state_project"] or "default"


def check_sight(context: Context, after: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    """Check that whoever has a task sees it, if either is changed; ``after``: the task as it will be.

    Raises:
        InvalidInput: it would not.
    """
    assignee, scope = after["assignee"], after["scope"]
    if not values.keys() & {"assignee", "channel"} or assignee is None or sees(context, assignee, scope):
        return
    field = "assignee" if "assignee" in values else "channel"
    raise InvalidInput.at(
        field, f"{assignee} cannot see the tasks of {scope}; add {assignee} to that channel, or choose another"
    )
