"""From rows to public tasks: a fixed number of queries a page."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from ....arguments.fields import PRIORITIES
from ....storage import Reader, Row
from . import queries
from .models import HistoryEntry, Lease, Task, TaskDetail, TaskRef

REFS = 200
"""How many subtasks, and how many tasks that wait, are shown with a task; list_tasks(parent_id) pages through all."""


def tasks_of(reader: Reader, rows: Sequence[Row]) -> list[Task]:
    """The public shapes of some rows, in their order."""
    ids = [row["id"] for row in rows]
    depends, pending = defaultdict(list), defaultdict(list)
    for edge in queries.dependencies(reader, ids):
        depends[edge["task_id"]].append(edge["depends_on"])
        if edge["status"] != "done":
            pending[edge["task_id"]].append(edge["depends_on"])
    counts = {row["parent_id"]: row for row in queries.child_counts(reader, ids)}
    return [
        _task(
            row,
            depends_on=depends[row["id"]],
            pending_deps=pending[row["id"]],
            children_count=counts[row["id"]]["children"] if row["id"] in counts else 0,
            children_done=counts[row["id"]]["done"] if row["id"] in counts else 0,
        )
        for row in rows
    ]


def task_of(reader: Reader, row: Row) -> Task:
    """The public shape of one row."""
    return tasks_of(reader, [row])[0]


def detail_of(reader: Reader, row: Row, may_see: Callable[[Row], bool]) -> TaskDetail:
    """One task with its subtasks and dependencies, of which only what ``may_see`` allows is more than a number."""
    task = task_of(reader, row)
    waiting = [other["id"] for other in queries.dependents(reader, row["id"])[:REFS]]
    return TaskDetail(
        **dict(task),
        children=[ref_of(child, may_see) for child in queries.first_children(reader, row["id"], REFS)],
        dependencies=[ref_of(other, may_see) for other in queries.tasks(reader, task.depends_on)],
        dependents=[ref_of(other, may_see) for other in queries.tasks(reader, waiting)],
    )


def _reported(row: Row) -> int | None:
    own: int = row["own_progress"]
    return own if own and row["status"] != "done" and own != row["progress"] else None


def ref_of(row: Row, may_see: Callable[[Row], bool]) -> TaskRef:
    """A task as another one names it."""
    seen = may_see(row)
    return TaskRef(
        id=row["id"],
        title=row["title"] if seen else None,
        status=row["status"],
        assignee=row["assignee"] if seen else None,
        progress=row["progress"],
    )


def entry_of(row: Row) -> HistoryEntry:
    """One line of a task's history."""
    return HistoryEntry(
        id=row["id"],
        task_id=row["task_id"],
        actor=row["actor"],
        action=row["action"],
        changes=json.loads(row["changes"]),
        comment=row["comment"],
        created_at=row["at"],
    )


def _task(row: Row, **more: Any) -> Task:
    return Task(
        id=row["id"],
        title=row["title"],
        description=row["description"],
        status=row["status"],
        priority=PRIORITIES[row["priority"]],
        task_type=row["task_type"],
        creator=row["creator"],
        assignee=row["assignee"],
        channel=row["channel"],
        parent_id=row["parent_id"],
        goal_id=row["goal_id"],
        source_msg=row["source_msg"],
        weight=row["weight"],
        due_date=row["due_at"],
        labels=json.loads(row["labels"]),
        requires=json.loads(row["requires"]),
        progress=row["progress"],
        reported_progress=_reported(row),
        result=row["result"],
        metadata=_json(row["metadata"]),
        checkin_interval=row["checkin_interval"],
        related_state_project=row["related_state_project"],
        related_state=row["related_state"],
        target_value=_json(row["target_value"]),
        state_linked_by=row["state_linked_by"],
        state_pending=bool(row["state_pending"]),
        lease=_lease(row),
        attempts=row["attempts"],
        max_attempts=row["max_attempts"],
        lease_seconds=row["lease_seconds"],
        progress_seconds=row["progress_seconds"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        started_at=row["started_at"],
        closed_at=row["closed_at"],
        **more,
    )


def _json(text: str | None) -> Any:
    return None if text is None else json.loads(text)


def _lease(row: Row) -> Lease | None:
    if row["lease_agent"] is None:
        return None
    return Lease(
        agent=row["lease_agent"], lease_expires_at=row["lease_expires_at"], progress_due_at=row["progress_due_at"]
    )
