"""Reading tasks: one, its history, lists."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Annotated, Any

from pydantic import Field

from .....arguments.fields import Limit, Line, Until
from .....arguments.paging import Cursor, from_cursor, to_cursor
from .....errors import InvalidInput
from .....operations import Context, operation
from .....operations.budget import Budget
from .....storage import Reader, Row
from .....text.folding import fold_text
from ....channels import find_agent
from ...visibility import may_see, scopes, visible_task
from .. import leases, list_queries, queries
from ..list_queries import Filters, Sorting
from ..models import OPEN, PRIORITIES, STATUSES, Id, TaskDetailAnswer, TaskHistory, TaskList
from ..shapes import detail_of, entry_of, tasks_of

Csv = Annotated[Line, Field(max_length=200)]
Page = Annotated[int, Field(ge=1, le=100)]
SOON = 24 * 3600 * 1000
IN_THE_INBOX = 5
Query = Annotated[Line, Field(max_length=200)]


@operation("GET /api/tasks/{task_id}", profile="tasks", everyday=True, read_only=True)
async def get_task(context: Context, task_id: Id) -> TaskDetailAnswer:
    """Get a task with its subtasks and what it waits for."""
    row = await visible_task(context, task_id)
    task = await context.read(detail_of, row, partial(may_see, context))
    leases.show_as_of_now(context.team, [task])
    return TaskDetailAnswer(task=task)


@operation("GET /api/tasks/{task_id}/history", profile="tasks", read_only=True)
async def get_task_history(
    context: Context, task_id: Id, after: Annotated[int, Field(ge=0, le=2**53)] = 0, limit: Limit = 100
) -> TaskHistory:
    """Get what was done to a task and said about it, oldest first; more of it behind the entry ``after``."""
    await visible_task(context, task_id)
    rows = await context.read(queries.history, task_id, after, limit + 1)
    history = context.budget().fit(entry_of(row) for row in rows[:limit])
    return TaskHistory(history=history, more=len(rows) > len(history))


@operation("GET /api/tasks", profile="tasks", everyday=True, read_only=True)
async def list_tasks(
    context: Context,
    status: Csv | None = None,
    assignee: Csv | None = None,
    creator: Csv | None = None,
    priority: Csv | None = None,
    parent_id: Annotated[int, Field(ge=0, le=2**53)] | None = None,
    goal_id: Id | None = None,
    label: Csv | None = None,
    query: Query | None = None,
    due_before: Until | None = None,
    sort: Csv = "-priority",
    limit: Page = 20,
    offset: Annotated[int, Field(ge=0, le=2**53)] = 0,
    cursor: Cursor | None = None,
) -> TaskList:
    """List tasks. status and priority take several, as in "todo,doing"; assignee "me", or "none" for nobody's.

    sort: priority, created_at, updated_at, due_date, status, title; "-priority": the most pressing first.
    """
    if cursor is not None and offset:
        raise InvalidInput.at("offset", "leave it out; the cursor says where to go on")
    filters = Filters(
        scopes=scopes(context),
        status=_several(status, "status", STATUSES),
        priority=[PRIORITIES.index(one) for one in _several(priority, "priority", PRIORITIES)],
        assignee=None if assignee is None else _member(context, assignee, "assignee"),
        creator=None if creator is None else _member(context, creator, "creator"),
        parent_id=parent_id,
        goal_id=goal_id,
        label=None if label is None else label.casefold(),
        words=[] if query is None else fold_text(query).split(),
        due_before=due_before,
    )
    found = await context.read(_list, context.budget(), filters, _sorting(sort, cursor), limit, offset)
    leases.show_as_of_now(context.team, found.tasks)
    return found


def _list(reader: Reader, budget: Budget, filters: Filters, sorting: Sorting, limit: int, offset: int) -> TaskList:
    ids = list_queries.some_ids(reader, filters, list_queries.FEW + 1)
    if len(ids) <= list_queries.FEW:
        total = len(ids)
        page = list_queries.sorted_ids(reader, ids, sorting)[offset : offset + limit + 1]
    else:
        total = list_queries.count_tasks(reader, filters)
        page = list_queries.walked_ids(reader, filters, sorting, limit + 1, offset) if offset < total else []
    found = {row["id"]: row for row in queries.tasks(reader, [row["id"] for row in page[:limit]])}
    tasks = budget.fit(tasks_of(reader, [found[row["id"]] for row in page[:limit]]))
    return TaskList(
        tasks=tasks,
        total=total,
        limit=limit,
        offset=offset,
        next=_cursor(sorting, page[len(tasks) - 1]) if len(page) > len(tasks) else None,
    )


async def due_section(context: Context) -> list[dict[str, Any]]:
    """The actor's own open tasks that are overdue or due soon, for its inbox."""
    now = context.now()
    filters = Filters(scopes(context), status=OPEN, assignee=context.actor.name, due_before=now + SOON)
    found = await context.read(_list, Budget(), filters, Sorting("due_date", False), IN_THE_INBOX, 0)
    shown = {"id", "title", "status", "priority", "due_date"}
    return [
        {**task.model_dump(mode="json", include=shown), "overdue": task.due_date is not None and task.due_date < now}
        for task in found.tasks
    ]


def _sorting(sort: str, cursor: str | None) -> Sorting:
    """What is sorted by, and whether downwards. The most pressing priority is the smallest number."""
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


def _several(text: str | None, field: str, known: tuple[str, ...]) -> list[str]:
    found = [one.strip() for one in (text or "").split(",") if one.strip()]
    for one in found:
        if one not in known:
            raise InvalidInput.at(field, f"must be one or several of {', '.join(known)}")
    return found


def _member(context: Context, name: str, field: str) -> str:
    """The member of a filter: '' for nobody."""
    if name == "none":
        return ""
    return context.actor.name if name == "me" else find_agent(context, name, field, retired=True).name
