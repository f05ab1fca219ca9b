"""The SQL of tasks. Lists, claims, goals and reminders have modules of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ....storage import NumberSeries, Reader, Row, Transaction, marks, present
from ....text.folding import fold_text

NUMBERS = NumberSeries("task_numbers")

COLUMNS = (
    "id, title, description, status, priority, task_type, creator, assignee, channel, scope, parent_id, goal_id,"
    " source_msg, weight, due_at, labels, requires, lane_id, progress, own_progress, result, metadata,"
    " checkin_interval, related_state_project, related_state, target_value, state_linked_by, state_pending,"
    " state_asked_by, unmet, attempts, max_attempts, lease_seconds, progress_seconds, fencing_token, lease_agent,"
    " lease_expires_at, progress_due_at, previous_assignee, created_at, updated_at, started_at, worked_at, closed_at,"
    " deleted"
)


# -- tasks -----------------------------------------------------------------------------------------------------------


def task(reader: Reader, task_id: int) -> Row | None:
    """One task that was not deleted."""
    return reader.one(f"SELECT {COLUMNS} FROM tasks WHERE id = ? AND deleted = 0", (task_id,))  # noqa: S608


def any_task(reader: Reader, task_id: int) -> Row:
    """One task that exists, also a deleted one."""
    return present(reader.one(f"SELECT {COLUMNS} FROM tasks WHERE id = ?", (task_id,)))  # noqa: S608


def tasks(reader: Reader, ids: Sequence[int]) -> list[Row]:
    """Some tasks by id; not those that were deleted."""
    if not ids:
        return []
    return reader.all(
        f"SELECT {COLUMNS} FROM tasks WHERE id IN ({marks(ids)}) AND deleted = 0 ORDER BY id",  # noqa: S608
        tuple(ids),
    )


def insert(tx: Transaction, new: Mapping[str, Any]) -> None:
    """Add a task; ``new``: its columns."""
    new = _with_folded(new)
    tx.execute(f"INSERT INTO tasks ({', '.join(new)}) VALUES ({marks(list(new))})", tuple(new.values()))  # noqa: S608


def update(tx: Transaction, task_id: int, new: Mapping[str, Any]) -> None:
    """Give columns of a task new values."""
    new = _with_folded(new)
    columns = ", ".join(f"{column} = ?" for column in new)
    tx.execute(f"UPDATE tasks SET {columns} WHERE id = ?", (*new.values(), task_id))  # noqa: S608


def _with_folded(new: Mapping[str, Any]) -> Mapping[str, Any]:
    """The columns with the title as it is looked for and sorted by, if there is a new one."""
    return {**new, "title_folded": fold_text(new["title"])} if "title" in new else new


def task_of_message(reader: Reader, source_msg: int) -> Row | None:
    """The task that a message became."""
    return reader.one(
        f"SELECT {COLUMNS} FROM tasks WHERE source_msg = ? AND deleted = 0",  # noqa: S608
        (source_msg,),
    )


def awaiting_state(reader: Reader, project_id: str, field: str) -> list[Row]:
    """The tasks that are done but for a field of the shared state, which waits for an approval."""
    return reader.all(
        "SELECT id, target_value, state_asked_by FROM tasks WHERE related_state_project = ? AND related_state = ?"
        " AND state_pending = 1 AND deleted = 0",
        (project_id, field),
    )


def lane(tx: Transaction, scope: str, requires: str, assignee: str) -> int:
    """The lane of all tasks that the same members may claim; made if it is the first."""
    tx.execute(
        "INSERT INTO task_lanes (scope, requires, assignee) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        (scope, requires, assignee),
    )
    return int(
        tx.value(
            "SELECT id FROM task_lanes WHERE scope = ? AND requires = ? AND assignee = ?", (scope, requires, assignee)
        )
    )


def set_labels(tx: Transaction, task_id: int, old: Sequence[str], labels: Sequence[str]) -> None:
    """Make a task findable by its labels, and no longer by its old ones."""
    removed = sorted(set(old) - set(labels))
    if removed:
        tx.execute(
            f"DELETE FROM task_labels WHERE label IN ({marks(removed)}) AND task_id = ?",  # noqa: S608
            (*removed, task_id),
        )
    added = sorted(set(labels) - set(old))
    if added:
        tx.execute_many("INSERT INTO task_labels (label, task_id) VALUES (?, ?)", [(label, task_id) for label in added])


# -- parents and children --------------------------------------------------------------------------------------------


def parent(reader: Reader, task_id: int) -> int | None:
    """The task above a task."""
    parent_id: int | None = reader.value("SELECT parent_id FROM tasks WHERE id = ?", (task_id,))
    return parent_id


def children(reader: Reader, task_id: int) -> list[Row]:
    """The subtasks of a task, by id."""
    return reader.all(
        f"SELECT {COLUMNS} FROM tasks WHERE parent_id = ? AND deleted = 0 ORDER BY id",  # noqa: S608
        (task_id,),
    )


def first_children(reader: Reader, task_id: int, limit: int) -> list[Row]:
    """The first subtasks of a task, by id."""
    return reader.all(
        f"SELECT {COLUMNS} FROM tasks WHERE parent_id = ? AND deleted = 0 ORDER BY id LIMIT ?",  # noqa: S608
        (task_id, limit),
    )


def child_counts(reader: Reader, ids: Sequence[int]) -> list[Row]:
    """How many subtasks some tasks have: parent_id, children, done."""
    if not ids:
        return []
    return reader.all(
        "SELECT parent_id, count(*) AS children,"  # noqa: S608
        " sum(CASE WHEN status = 'done' THEN 1 ELSE 0 END) AS done"
        f" FROM tasks WHERE parent_id IN ({marks(ids)}) AND deleted = 0 GROUP BY parent_id",
        tuple(ids),
    )


def child_progress(reader: Reader, parent_id: int) -> Row:
    """The subtasks of a task that count: the sum of their weights, and of their weighted progress."""
    return present(
        reader.one(
            "SELECT coalesce(sum(weight), 0) AS weights, coalesce(sum(weight * progress), 0) AS progress FROM tasks"
            " WHERE parent_id = ? AND status <> 'cancelled' AND deleted = 0",
            (parent_id,),
        )
    )


# -- dependencies ----------------------------------------------------------------------------------------------------


def dependencies(reader: Reader, ids: Sequence[int]) -> list[Row]:
    """What some tasks depend on: task_id, depends_on and the status of that, by both ids."""
    if not ids:
        return []
    return reader.all(
        "SELECT d.task_id, d.depends_on, t.status"  # noqa: S608
        " FROM task_dependencies d JOIN tasks t ON t.id = d.depends_on"
        f" WHERE d.task_id IN ({marks(ids)}) ORDER BY d.task_id, d.depends_on",
        tuple(ids),
    )


def dependents(reader: Reader, task_id: int) -> list[Row]:
    """The tasks that depend on a task, by id: id, scope, status and unmet."""
    return reader.all(
        "SELECT t.id, t.scope, t.status, t.unmet FROM task_dependencies d JOIN tasks t ON t.id = d.task_id"
        " WHERE d.depends_on = ? AND t.deleted = 0 ORDER BY d.task_id",
        (task_id,),
    )


def depend(tx: Transaction, task_id: int, on: Sequence[int]) -> None:
    """Make a task depend on others."""
    tx.execute_many(
        "INSERT INTO task_dependencies (task_id, depends_on) VALUES (?, ?)", [(task_id, other) for other in on]
    )


def undepend(tx: Transaction, task_id: int, on: Sequence[int]) -> None:
    """End that a task depends on others."""
    tx.execute_many(
        "DELETE FROM task_dependencies WHERE task_id = ? AND depends_on = ?", [(task_id, other) for other in on]
    )


def count_unmet(tx: Transaction, dependency: int, by: int) -> None:
    """Note at all tasks that depend on one that it was done (-1) or is open again (1)."""
    tx.execute(
        "UPDATE tasks SET unmet = unmet + ? WHERE id IN (SELECT task_id FROM task_dependencies WHERE depends_on = ?)",
        (by, dependency),
    )


# -- history ---------------------------------------------------------------------------------------------------------


def insert_history(tx: Transaction, task_id: int, actor: str, action: str, changes: str, comment: str, at: int) -> None:
    """Write down what was done to a task; ``changes`` is a JSON array."""
    tx.execute(
        "INSERT INTO task_history (task_id, actor, action, changes, comment, at) VALUES (?, ?, ?, ?, ?, ?)",
        (task_id, actor, action, changes, comment, at),
    )


def history(reader: Reader, task_id: int, after: int, limit: int) -> list[Row]:
    """What was done to a task behind an entry of its history, oldest first."""
    return reader.all(
        "SELECT id, task_id, actor, action, changes, comment, at FROM task_history WHERE task_id = ? AND id > ?"
        " ORDER BY id LIMIT ?",
        (task_id, after, limit),
    )
