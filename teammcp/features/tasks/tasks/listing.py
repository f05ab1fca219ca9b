"""One page of a list of tasks: those that pass a filter, in an order, from where the page before ended."""

from __future__ import annotations

from dataclasses import replace

from ....arguments.paging import from_cursor, to_cursor
from ....errors import InvalidInput
from ....operations.budget import Budget
from ....storage import Reader, Row
from . import list_queries, queries
from .list_queries import Sorting, TaskFilter
from .models import TaskList
from .shapes import tasks_of


def list_page(
    reader: Reader, budget: Budget, wanted: TaskFilter, sorting: Sorting, limit: int, offset: int
) -> TaskList:
    """A page of ``limit`` tasks, or as many as the budget has room for."""
    ids = list_queries.some_ids(reader, wanted, list_queries.FEW + 1)
    if len(ids) <= list_queries.FEW:
        total = len(ids)
        places = list_queries.sorted_ids(reader, ids, sorting)[offset : offset + limit + 1]
    else:
        total = list_queries.count_tasks(reader, wanted)
        places = list_queries.walked_ids(reader, wanted, sorting, limit + 1, offset) if offset < total else []
    rows = {row["id"]: row for row in queries.tasks(reader, [place["id"] for place in places[:limit]])}
    tasks = budget.fit(tasks_of(reader, [rows[place["id"]] for place in places[:limit]]))
    return TaskList(
        tasks=tasks,
        total=total,
        limit=limit,
        offset=offset,
        next=_cursor(sorting, places[len(tasks) - 1]) if len(places) > len(tasks) else None,
    )


def sorting_of(sort: str, cursor: str | None = None) -> Sorting:
    """What is sorted by, whether downwards, and behind which task the page begins.

    The most pressing priority is the smallest number.

    Raises:
        InvalidInput: there is no such order, or the cursor is of another one.
    """
    down, wanted = sort.startswith("-"), sort.removeprefix("-")
    for order in list_queries.START:
        if order == wanted:
            sorting = Sorting(order, down != (order == "priority"))
            return sorting if cursor is None else replace(sorting, after=_place(sorting, cursor))
    raise InvalidInput.at("sort", f"must be one of {', '.join(list_queries.START)}, with a - before it for downwards")


def _place(sorting: Sorting, cursor: str) -> tuple[str | int, int]:
    """The place behind which the page begins. A cursor says of which order it is."""
    column, value, last = from_cursor(cursor, str, str if sorting.order in list_queries.TEXTS else int, int)
    if column != sorting.by:
        raise InvalidInput.at("cursor", "is that of another order; give it with the same sort")
    return value, last


def _cursor(sorting: Sorting, last: Row) -> str:
    return to_cursor(sorting.by, last["value"], last["id"])
