"""The SQL of lists of tasks.

How many tasks fit is counted first, in an index that holds all that is filtered by. A few are all sorted; of many a
page is found soon by walking along the index of the wanted order. So neither a filter that nearly nothing passes nor
one that nearly everything passes costs more than the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ...storage import Reader, Row
from . import queries

FEW = 1000
"""Up to how many tasks are sorted, rather than walked along."""

NO_DATE_LAST = {False: "coalesce(due_at, 9223372036854775807)", True: "coalesce(due_at, 0)"}
ORDERS: dict[str, tuple[str, str]] = {
    "priority": ("priority", "0"),
    "created_at": ("id", "0"),
    "updated_at": ("updated_at", "0"),
    "due_date": ("due_at", "0"),
    "status": ("status", "''"),
    "title": ("title", "''"),
}
"""The orders: the column that is sorted by, and its least value, where a walk along its index begins."""


@dataclass(frozen=True)
class Filters:
    """Which tasks are wanted; what is empty or None narrows nothing."""

    scopes: Sequence[str]
    """What the reader may see."""
    status: Sequence[str] = ()
    priority: Sequence[int] = ()
    assignee: str | None = None
    """'' stands for nobody."""
    creator: str | None = None
    parent_id: int | None = None
    """0 stands for none."""
    goal_id: int | None = None
    label: str | None = None
    words: Sequence[str] = field(default=())
    """All of them are in the title."""
    due_before: int | None = None


def count_tasks(reader: Reader, filters: Filters) -> int:
    """How many tasks fit."""
    where, parameters = _where(filters)
    return int(reader.value(f"SELECT count(*) FROM tasks WHERE {where}", parameters))  # noqa: S608


def sorted_tasks(reader: Reader, filters: Filters, order: str, descending: bool, limit: int, offset: int) -> list[Row]:
    """One page of the tasks that fit, where these are few."""
    where, parameters = _where(filters)
    column, direction = _column(order, descending), "DESC" if descending else "ASC"
    rows = reader.all(
        f"SELECT id FROM tasks WHERE {where} ORDER BY +{column} {direction}, +id {direction}",  # noqa: S608
        parameters,
    )
    ids = [row["id"] for row in rows[offset : offset + limit]]
    found = {row["id"]: row for row in queries.tasks(reader, ids)}
    return [found[one] for one in ids]


def walked_tasks(reader: Reader, filters: Filters, order: str, descending: bool, limit: int, offset: int) -> list[Row]:
    """One page of the tasks that fit, where these are many."""
    column, direction = _column(order, descending), "DESC" if descending else "ASC"
    by_status = order == "priority" and len(filters.status) == 1  # that index is in this order for each status
    where, parameters = _where(filters, walk=not by_status)
    return reader.all(
        f"SELECT {queries.COLUMNS} FROM tasks WHERE {where} AND {column} >= {ORDERS[order][1]}"  # noqa: S608
        f" ORDER BY {column} {direction}, id {direction} LIMIT ? OFFSET ?",
        (*parameters, limit, offset),
    )


def _column(order: str, descending: bool) -> str:
    return NO_DATE_LAST[descending] if order == "due_date" else ORDERS[order][0]


def _where(filters: Filters, *, walk: bool = False) -> tuple[str, tuple[Any, ...]]:
    """The condition and its parameters. ``walk``: not to be looked for in any index but that of the order."""
    parts = ["deleted = 0"]
    parameters: list[Any] = []
    plus = "+" if walk else ""

    def add(condition: str, *values: Any) -> None:
        parts.append(plus + condition)
        parameters.extend(values)

    for column, wanted in (("scope", filters.scopes), ("status", filters.status), ("priority", filters.priority)):
        if wanted:
            add(f"{column} IN ({queries.marks(wanted)})", *wanted)
    if filters.assignee is not None:
        add("assignee = ?", filters.assignee) if filters.assignee else add("assignee IS NULL")
    if filters.parent_id is not None:
        add("parent_id = ?", filters.parent_id) if filters.parent_id else add("parent_id IS NULL")
    if filters.creator is not None:
        add("creator = ?", filters.creator)
    if filters.goal_id is not None:
        add("goal_id = ?", filters.goal_id)
    if filters.label is not None:
        add("id IN (SELECT task_id FROM task_labels WHERE label = ?)", filters.label)
    if filters.due_before is not None:
        add("due_at < ?", filters.due_before)
    for word in filters.words:
        add("title LIKE ? ESCAPE '\\'", "%" + word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%")
    return " AND ".join(parts), tuple(parameters)
