"""Reading tasks: one, its history, lists."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from pydantic import Field

from .....arguments.fields import PRIORITIES, Id, Limit, Line, NoneOrId, Until
from .....arguments.paging import Cursor
from .....errors import InvalidInput
from .....operations import Context, operation
from .....storage import LARGEST_ID
from .....text.folding import fold_text
from ....channels import find_agent
from ...field_types import STATUSES
from ...visibility import may_see, scopes
from .. import leases, queries
from ..list_queries import TaskFilter
from ..listing import list_page, sorting_of
from ..lookup import visible_task
from ..models import TaskDetailAnswer, TaskHistory, TaskList
from ..shapes import detail_of, entry_of

Csv = Annotated[Line, Field(max_length=200)]
Page = Annotated[int, Field(ge=1, le=100)]
Offset = Annotated[int, Field(ge=0, le=LARGEST_ID)]
Query = Annotated[Line, Field(max_length=200)]


@operation("GET /api/tasks/{task_id}", profile="tasks", everyday=True, read_only=True)
async def get_task(context: Context, task_id: Id) -> TaskDetailAnswer:
    """Get a task with its subtasks and what it waits for."""
    row = await visible_task(context, task_id)
    task = await context.read(detail_of, row, partial(may_see, context))
    leases.show_as_of_now(context.team, [task])
    return TaskDetailAnswer(task=task)


@operation("GET /api/tasks/{task_id}/history", profile="tasks", read_only=True)
async def get_task_history(context: Context, task_id: Id, after: NoneOrId = 0, limit: Limit = 100) -> TaskHistory:
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
    parent_id: NoneOrId | None = None,
    goal_id: Id | None = None,
    label: Csv | None = None,
    query: Query | None = None,
    due_before: Until | None = None,
    sort: Csv = "-priority",
    limit: Page = 20,
    offset: Offset = 0,
    cursor: Cursor | None = None,
) -> TaskList:
    """List tasks. status and priority take several, as in "todo,doing"; assignee "me", or "none" for nobody's.

    sort: priority, created_at, updated_at, due_date, status, title; "-priority": the most pressing first.
    """
    if cursor is not None and offset:
        raise InvalidInput.at("offset", "leave it out; the cursor says where to go on")
    wanted = TaskFilter(
        scopes=scopes(context),
        status=_several(status, "status", STATUSES),
        priority=[PRIORITIES.index(name) for name in _several(priority, "priority", PRIORITIES)],
        assignee=None if assignee is None else _member(context, assignee, "assignee"),
        creator=None if creator is None else _member(context, creator, "creator"),
        parent_id=parent_id,
        goal_id=goal_id,
        label=None if label is None else label.casefold(),
        words=[] if query is None else fold_text(query).split(),
        due_before=due_before,
    )
    page = await context.read(list_page, context.budget(), wanted, sorting_of(sort, cursor), limit, offset)
    leases.show_as_of_now(context.team, page.tasks)
    return page


def _several(text: str | None, field: str, known: tuple[str, ...]) -> list[str]:
    """The values of a filter, which stand in its argument with commas between."""
    values = [part.strip() for part in (text or "").split(",") if part.strip()]
    if not set(values) <= set(known):
        raise InvalidInput.at(field, f"must be one or several of {', '.join(known)}")
    return values


def _member(context: Context, name: str, field: str) -> str:
    """The member of a filter: '' for nobody."""
    if name == "none":
        return ""
    return context.actor.name if name == "me" else find_agent(context, name, field, retired=True).name
