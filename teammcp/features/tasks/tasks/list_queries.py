"""The SQL of lists of tasks.

All that is filtered by stands in one index, so that to look for tasks and to count them needs no rows. A few that fit
are all sorted; of many a page is found soon by walking along the index of the wanted order. So neither a filter that
nearly nothing passes nor one that nearly everything passes costs more than the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from ....storage import Reader, Row, marks

FEW = 1000
"""Up to how many tasks are sorted, rather than walked along."""

NO_DATE_LAST = {False: "coalesce(due_at, 9223372036854775807)", True: "coalesce(due_at, 0)"}
Order = Literal["priority", "created_at", "updated_at", "due_date", "status", "title"]
START: dict[Order, str] = {
    "priority": "0",
    "created_at": "0",
    "updated_at": "0",
    "due_date": "0",
    "status": "''",
    "title": "''",
}
"""The orders, and the least value of each, where a walk along its index begins."""
COLUMNS: dict[Order, str] = {"created_at": "id", "title": "title_folded"}
"""The columns of the orders that are not called like them."""
TEXTS: set[Order] = {"status", "title"}
"""The orders whose values are texts; all others have numbers."""


@dataclass(frozen=True)
class Sorting:
    """In which order, and behind which place in it: the value and the id of the last task before."""

    order: Order
    descending: bool
    after: tuple[str | int, int] | None = None

    @property
    def column(self) -> str:
        """What is sorted by."""
        if self.order == "due_date":
            return NO_DATE_LAST[self.descending]
        return COLUMNS.get(self.order, self.order)

    @property
    def by(self) -> str:
        """What stands behind ORDER BY."""
        direction = "DESC" if self.descending else "ASC"
        return f"{self.column} {direction}, id {direction}"

    @property
    def behind(self) -> tuple[str, tuple[Any, ...]]:
        """The condition of the place, and its parameters."""
        if self.after is None:
            return f"{self.column} >= {START[self.order]}", ()
        value, last = self.after
        beyond = "<" if self.descending else ">"
        return f"{self.column} {beyond}= ? AND ({self.column} {beyond} ? OR id {beyond} ?)", (value, value, last)


@dataclass(frozen=True)
class TaskFilter:
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
    """Folded; all of them are in the title."""
    due_before: int | None = None


def count_tasks(reader: Reader, wanted: TaskFilter) -> int:
    """How many tasks fit."""
    where, parameters = _where(wanted)
    return int(reader.value(f"SELECT count(*) FROM tasks WHERE {where}", parameters))  # noqa: S608


def some_ids(reader: Reader, wanted: TaskFilter, limit: int) -> list[int]:
    """The ids of tasks that fit, in no order, and not more than so many."""
    where, parameters = _where(wanted)
    rows = reader.all(f"SELECT id FROM tasks WHERE {where} LIMIT ?", (*parameters, limit))  # noqa: S608
    return [row["id"] for row in rows]


def sorted_ids(reader: Reader, ids: Sequence[int], sorting: Sorting) -> list[Row]:
    """A few ids in the wanted order of their tasks, each with the value that it is sorted by."""
    if not ids:
        return []
    behind, place = sorting.behind
    return reader.all(
        f"SELECT id, {sorting.column} AS value FROM tasks WHERE id IN ({marks(ids)}) AND {behind}"  # noqa: S608
        f" ORDER BY {sorting.by}",
        (*ids, *place),
    )


def walked_ids(reader: Reader, wanted: TaskFilter, sorting: Sorting, limit: int, offset: int) -> list[Row]:
    """The ids of one page of the tasks that fit, where these are many, each with the value that it is sorted by."""
    # For each status there is an index in the order of priority; any other order has one index for all tasks.
    kept = "status" if sorting.order == "priority" and len(wanted.status) == 1 else ""
    where, parameters = _where(wanted, walk=True, kept=kept)
    behind, place = sorting.behind
    return reader.all(
        f"SELECT id, {sorting.column} AS value FROM tasks WHERE {where} AND {behind}"  # noqa: S608
        f" ORDER BY {sorting.by} LIMIT ? OFFSET ?",
        (*parameters, *place, limit, offset),
    )


def unindexed(column: str) -> str:
    """SQL for what a column holds, that no index is looked at for."""
    return f"coalesce({column}, {column})"


def _where(wanted: TaskFilter, *, walk: bool = False, kept: str = "") -> tuple[str, tuple[Any, ...]]:
    """The condition and its parameters.

    ``walk``: nothing but ``kept`` is to be looked for in an index, which leaves that of the order. With a label, its
    tasks are gone through.
    """
    parts = ["deleted = 0"]
    parameters: list[Any] = []

    def add(column: str, condition: str, *values: Any) -> None:
        indexed = column == kept or not (walk or wanted.label)
        parts.append(f"{column if indexed else unindexed(column)} {condition}")
        parameters.extend(values)

    for column, values in (("scope", wanted.scopes), ("status", wanted.status), ("priority", wanted.priority)):
        if values:
            add(column, f"IN ({marks(values)})", *values)
    if wanted.assignee is not None:
        add("assignee", "= ?", wanted.assignee) if wanted.assignee else add("assignee", "IS NULL")
    if wanted.parent_id is not None:
        add("parent_id", "= ?", wanted.parent_id) if wanted.parent_id else add("parent_id", "IS NULL")
    if wanted.creator is not None:
        add("creator", "= ?", wanted.creator)
    if wanted.goal_id is not None:
        add("goal_id", "= ?", wanted.goal_id)
    if wanted.due_before is not None:
        add("due_at", "< ?", wanted.due_before)
    for word in wanted.words:
        literal = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        add("title_folded", "LIKE ? ESCAPE '\\'", f"%{literal}%")
    if wanted.label is not None:
        way = "id IN (SELECT task_id FROM task_labels WHERE label = ?)"
        parts.append("EXISTS (SELECT 1 FROM task_labels WHERE label = ? AND task_id = tasks.id)" if walk else way)
        parameters.append(wanted.label)
    return " AND ".join(parts), tuple(parameters)
