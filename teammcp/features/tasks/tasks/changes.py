"""The one way in which a task changes: its row, history, event, and what follows for the tasks around it.

Everything here runs in the transaction of the operation that asked for it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ....arguments.fields import PRIORITIES
from ....clock import rfc3339
from ....operations import Context
from ....storage import Row, Transaction, present
from ..field_types import OPEN
from ..visibility import may_see
from . import dependencies, hierarchy, leases, queries
from .events import (
    ChangePart,
    TaskCreated,
    TaskDeleted,
    TaskDone,
    TaskEvent,
    TaskFailed,
    TaskPart,
    TaskProgressed,
    TaskUpdated,
)
from .models import FieldChange, Task
from .shapes import task_of, tasks_of

ENDED: dict[str | None, type[TaskEvent]] = {"done": TaskDone, "failed": TaskFailed}
"""What tells that a task has ended so."""
LONG = 500
"""Characters of a value beyond which an event leaves it out; get_task and get_task_history have it."""
ANNOUNCED = 200
"""For how many of the tasks that one waited for an event says that they may be claimed now."""
JSON = {"labels", "requires", "metadata", "target_value"}
"""Columns that hold JSON."""
SHOWN = {
    "title": "title",
    "description": "description",
    "status": "status",
    "priority": "priority",
    "task_type": "task_type",
    "assignee": "assignee",
    "channel": "channel",
    "parent_id": "parent_id",
    "goal_id": "goal_id",
    "weight": "weight",
    "due_at": "due_date",
    "labels": "labels",
    "requires": "requires",
    "own_progress": "progress",
    "result": "result",
    "metadata": "metadata",
    "checkin_interval": "checkin_interval",
    "related_state_project": "related_state_project",
    "related_state": "related_state",
    "target_value": "target_value",
    "attempts": "attempts",
    "max_attempts": "max_attempts",
    "lease_seconds": "lease_seconds",
    "progress_seconds": "progress_seconds",
}
"""The columns whose changes are shown, and the names of the fields that they stand for."""


@dataclass(frozen=True)
class Change:
    """What a change brought about."""

    task: Task
    changes: list[FieldChange]
    unblocked: list[int]
    """The tasks that can be claimed now that this one is done, as far as the actor may see them."""


def create(context: Context, tx: Transaction, new: Mapping[str, Any], depends_on: Sequence[int]) -> Task:
    """Store a new task. ``new``: its columns, but for those that follow from others."""
    now, task_id = context.now(), new["id"]
    columns = {**new, "creator": context.actor.name, "created_at": now, "updated_at": now, "progress": 0}
    columns |= _status_columns(None, new["status"], now)
    columns["lane_id"] = queries.lane(tx, new["scope"], new["requires"], new["assignee"] or "")
    queries.insert(tx, columns)
    queries.set_labels(tx, task_id, [], json.loads(new["labels"]))
    dependencies.replace(context, tx, task_id, depends_on)
    queries.update(tx, task_id, {"unmet": dependencies.count_unmet(tx, task_id)})
    hierarchy.climb(tx, task_id)
    _emit_around(context, tx, TaskProgressed, hierarchy.climb(tx, new["parent_id"]))
    queries.insert_history(tx, task_id, context.actor.name, "created", "[]", "", now)
    row = present(queries.task(tx, task_id))
    task = task_of(tx, row)
    _emit(context, tx, TaskCreated, row, task, [])
    tx.on_commit(lambda: context.notify("task_created", task=task))
    return task


def apply(
    context: Context,
    tx: Transaction,
    row: Row,
    new: Mapping[str, Any],
    *,
    action: str,
    kind: type[TaskEvent] = TaskUpdated,
    comment: str = "",
) -> Change:
    """Change a task and everything that follows from it.

    Args:
        row: the task as it is in this transaction.
        new: columns and their new values, ``scope`` with ``channel``; ``depends_on``, a list of ids, is for the edges.
        action: for the history.
        kind: of the event; a task that becomes done or failed has a kind of its own.
        comment: for the history.
    """
    task_id, now = row["id"], context.now()
    columns = {column: value for column, value in new.items() if column != "depends_on" and value != row[column]}
    changes = [_field_change(row, column, value) for column, value in columns.items() if column in SHOWN]
    columns |= {
        column: value
        for column, value in _consequences(context, tx, row, columns).items()
        if column not in new and value != row[column]
    }
    changes += [
        _field_change(row, column, columns[column])
        for column in ("assignee", "attempts")
        if column in columns and column not in new
    ]
    if "depends_on" in new:
        old_edges, edges = dependencies.replace(context, tx, task_id, new["depends_on"])
        if edges != old_edges:
            changes.append(FieldChange(field="depends_on", old=old_edges, new=edges))
            columns["unmet"] = dependencies.count_unmet(tx, task_id)
    if not columns and not changes and not comment:
        return Change(task_of(tx, row), [], [])
    queries.update(tx, task_id, {**columns, "updated_at": now})
    if "labels" in columns:
        queries.set_labels(tx, task_id, json.loads(row["labels"]), json.loads(columns["labels"]))
    freed = _settle_dependents(tx, row, columns)
    climbed = _update_progress(tx, row, columns)
    if changes or comment or action != "updated":
        stored = json.dumps([change.model_dump() for change in changes], ensure_ascii=False)
        queries.insert_history(tx, task_id, context.actor.name, action, stored, comment, now)
    changed = queries.any_task(tx, task_id)
    task = task_of(tx, changed)
    _emit_change(context, tx, row, changed, task, changes, kind)
    _emit_around(context, tx, TaskProgressed, climbed)
    _emit_around(context, tx, TaskUpdated, [free["id"] for free in freed[:ANNOUNCED]])
    unblocked = [free["id"] for free in freed if task.status == "done" and free["status"] == "todo"]
    seen = {free["id"] for free in freed if may_see(context, free)}
    return Change(task, changes, [number for number in unblocked if number in seen])


def delete(context: Context, tx: Transaction, row: Row) -> None:
    """Delete a task without subtasks. The tasks that waited for it wait no longer."""
    for dependent in queries.dependents(tx, row["id"]):
        waiting = queries.any_task(tx, dependent["id"])
        edges = queries.dependencies(tx, [waiting["id"]])
        others = [edge["depends_on"] for edge in edges if edge["depends_on"] != row["id"]]
        apply(context, tx, waiting, {"depends_on": others}, action="updated", comment=f"task {row['id']} was deleted")
    new = {"deleted": 1, "labels": "[]", "depends_on": []}
    apply(context, tx, row, new, action="deleted", kind=TaskDeleted)


# -- what follows from a change --------------------------------------------------------------------------------------


def _consequences(context: Context, tx: Transaction, row: Row, columns: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that change because others do."""
    now = context.now()
    status = columns.get("status", row["status"])
    follow: dict[str, Any] = {}
    if "status" in columns:
        follow |= _status_columns(row, status, now)
    elif status in ("doing", "blocked") and context.actor.name == row["assignee"]:
        follow["worked_at"] = now
    ends = status not in ("doing", "blocked") or columns.keys() & {"assignee", "deleted"}
    if row["lease_agent"] is not None and ends:
        follow |= leases.ENDED
        if status == "todo":
            follow["assignee"] = leases.given_back(context.team, row)["assignee"]
    if status == "todo":
        after = {**dict(row), **follow, **columns}
        follow["lane_id"] = queries.lane(tx, after["scope"], after["requires"], after["assignee"] or "")
    return follow


def _status_columns(row: Row | None, status: str, now: int) -> dict[str, Any]:
    """The columns that follow from a new status; ``row`` is None for a new task."""
    follow: dict[str, Any] = {"closed_at": None if status in OPEN else now}
    if status == "doing":
        follow["worked_at"] = now
        if row is None or row["started_at"] is None:
            follow["started_at"] = now
    if row is not None and row["status"] not in OPEN and status in OPEN:
        follow |= {"state_pending": 0, "attempts": 0}
    return follow


def _settle_dependents(tx: Transaction, row: Row, columns: Mapping[str, Any]) -> list[Row]:
    was, done = row["status"] == "done", columns.get("status", row["status"]) == "done"
    return [] if was == done else dependencies.settle(tx, row["id"], done=done)


def _update_progress(tx: Transaction, row: Row, columns: Mapping[str, Any]) -> list[int]:
    """Bring progress up to date from a task upwards; the ids of the tasks above with another progress now."""
    if not columns.keys() & {"status", "own_progress", "weight", "parent_id", "deleted"}:
        return []
    hierarchy.climb(tx, row["id"])
    parents = dict.fromkeys([row["parent_id"], columns.get("parent_id")])
    return [number for parent in parents for number in hierarchy.climb(tx, parent)]


# -- events and hooks ------------------------------------------------------------------------------------------------


def _emit_change(
    context: Context, tx: Transaction, old: Row, row: Row, task: Task, changes: list[FieldChange], kind: type[TaskEvent]
) -> None:
    """Append the event of a change, and once it is durable call the hooks that tell plugins of it."""
    became = task.status if task.status != old["status"] else None
    if kind is TaskUpdated and became in ENDED:
        kind = ENDED[became]
    _emit(context, tx, kind, row, task, changes)
    if old["scope"] != row["scope"]:  # for those who saw it before: look again
        gone = kind(task=TaskPart.of({"id": task.id}), changes=[])
        context.emit(tx, gone, task.id, channel=old["scope"] or None)
    if row["deleted"]:
        return
    tx.on_commit(lambda: context.notify("task_changed", task=task, changes=changes))
    if became == "done":
        tx.on_commit(lambda: context.notify("task_done", task=task))


def _emit_around(context: Context, tx: Transaction, kind: type[TaskEvent], ids: Iterable[int]) -> None:
    """Append events of the tasks around a changed one, for those who look at them."""
    rows = queries.tasks(tx, list(dict.fromkeys(ids)))
    for row, task in zip(rows, tasks_of(tx, rows), strict=True):
        _emit(context, tx, kind, row, task, [])


def _emit(
    context: Context, tx: Transaction, kind: type[TaskEvent], row: Row, task: Task, changes: Iterable[FieldChange]
) -> None:
    shown = {} if task.source_msg is None else {"message_id": task.source_msg}
    parts = [ChangePart.of(_short(change)) for change in changes]
    event = kind(task=TaskPart.of(_short(task)), changes=parts, **shown)
    context.emit(tx, event, task.id, channel=row["scope"] or None)


def _short(shape: Task | FieldChange) -> dict[str, Any]:
    """The fields of a shape that are not long."""
    written = shape.model_dump(mode="json")
    return {key: value for key, value in shape if len(json.dumps(written[key], ensure_ascii=False)) <= LONG}


def _field_change(row: Row, column: str, value: Any) -> FieldChange:
    return FieldChange(field=SHOWN[column], old=_public(column, row[column]), new=_public(column, value))


def _public(column: str, value: Any) -> Any:
    if value is None:
        return None
    if column in JSON:
        return json.loads(value)
    if column == "due_at":
        return rfc3339(value)
    return PRIORITIES[value] if column == "priority" else value
