"""Tasks in rows: the list with its filters, and what a member has to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from quart import Request, Response

from ....operations import Context
from ....web import Page, render
from ....web import gettext as _
from ..field_types import OPEN, STATUSES
from ..tasks.models import Task, TaskList
from ..tasks.operations.retrieval import list_tasks
from .filters import PageFilters
from .template_context import due_state, goal_choices, members, shared

ROWS = 50
SORTS = ("priority", "title", "status", "due_date", "created_at", "updated_at")
MANY = 100
"""Tasks that "my work" looks at, the most pressing first."""


# -- the list --------------------------------------------------------------------------------------------------------


async def show_list(context: Context, request: Request) -> Response:
    """All tasks that fit, a page at a time."""
    filters = PageFilters.of(request)
    statuses = [status for status in STATUSES if status in ",".join(request.args.getlist("status")).split(",")]
    sort = request.args.get("sort", "")
    sort = sort if sort.removeprefix("-") in SORTS else "-priority"
    offset = max(0, request.args.get("offset", 0, type=int))
    arguments = {**filters.arguments(), "sort": sort, "limit": ROWS, "offset": offset}
    if statuses:
        arguments["status"] = ",".join(statuses)
    page: TaskList = await context.call(list_tasks, **arguments)
    return await render(
        context,
        "tasks/list.html",
        filters=filters,
        chosen=statuses,
        sort=sort,
        found=page,
        members=members(context),
        goals=await goal_choices(context, filters.goal),
        **shared(context, "list"),
    )


# -- my work ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Part:
    """Some tasks of "my work" under a heading; ``link``: the list where all of them are."""

    name: str
    title: str
    tasks: list[Task]
    link: str = ""


async def show_mine(context: Context, request: Request) -> Response:
    """What the reader has to do, waits for, and could take."""
    return await render(context, "tasks/mine.html", parts=await _parts(context), **shared(context, "mine"))


async def _parts(context: Context) -> list[Part]:
    me, still_open = context.actor.name, ",".join(OPEN)
    mine = await _find(context, assignee=me, status=still_open)
    asked = await _find(context, creator=me, status=still_open)
    free = await _find(context, assignee="none", status="todo")
    able = set((await context.call("get_agent_profile", name=me)).capabilities)
    pressing = [task for task in mine if due_state(task)]
    rest = [task for task in mine if not due_state(task)]
    parts = [
        Part("over", _("Overdue"), _due(pressing, "over")),
        Part("soon", _("Due soon"), _due(pressing, "soon")),
        Part("doing", _("In progress"), [task for task in rest if task.status == "doing"]),
        Part("blocked", _("Blocked"), [task for task in rest if task.status == "blocked"]),
        Part("todo", _("To do"), [task for task in rest if task.status == "todo"]),
        Part("others", _("I wait for others"), [task for task in asked if task.assignee not in (None, me)]),
        Part("free", _("Up for taking"), [task for task in free if _claimable(task, able)][:10]),
    ]
    return [part for part in parts if part.tasks]


async def _find(context: Context, **arguments: Any) -> list[Task]:
    page: TaskList = await context.call(list_tasks, **arguments, sort="-priority", limit=MANY)
    return page.tasks


def _due(tasks: list[Task], state: str) -> list[Task]:
    return sorted(
        (task for task in tasks if due_state(task) == state),
        key=lambda task: (task.due_date or 0, task.id),
    )


def _claimable(task: Task, able: set[str]) -> bool:
    return not task.pending_deps and able.issuperset(task.requires)


PAGES = [
    Page("/tasks/list", show_list),
    Page("/tasks/mine", show_mine),
]
