"""The board: open tasks by status, moved from column to column."""

from __future__ import annotations

from dataclasses import dataclass

from quart import Request, Response

from ....members.directory import Access
from ....operations import Context
from ....web import Notice, Outcome, Page, form_call, fragment, mark, render, see, wants_fragment
from ....web.visit import local_path
from ..field_types import OPEN, STATUSES, Status
from ..tasks.models import Task, TaskList
from ..tasks.operations.retrieval import list_tasks
from .filters import PageFilters
from .template_context import goal_choices, members, shared

SHOWN: tuple[Status, ...] = (*OPEN, "done")
CARDS = 50
"""Cards of a column; the list has the others."""


@dataclass(frozen=True)
class Column:
    """The tasks of one status: the first of them, and how many there are."""

    status: Status
    tasks: list[Task]
    total: int


async def show_board(context: Context, request: Request, notice: Notice | None = None, status: int = 200) -> Response:
    """The board. live.js asks for the columns that have changed: ``?columns=todo,doing``."""
    filters = PageFilters.of(request)
    closed = "closed" in request.args
    shown = STATUSES if closed else SHOWN
    wanted = request.args.get("columns", "").split(",") if wants_fragment(request) else shown
    return await render(
        context,
        "tasks/board.html",
        status,
        notice=notice,
        filters=filters,
        closed=closed,
        columns=[await _column(context, filters, name) for name in shown if name in wanted],
        members=members(context),
        goals=await goal_choices(context, filters.goal),
        **shared(context, "board"),
    )


async def _column(context: Context, filters: PageFilters, status: Status) -> Column:
    # What is open is shown by its urgency, what is closed by how long ago.
    sort = "-priority" if status in OPEN else "-updated_at"
    arguments = {**filters.arguments(), "status": status, "sort": sort, "limit": CARDS}
    page: TaskList = await context.call(list_tasks, **arguments)
    return Column(status, page.tasks, page.total)


async def move(context: Context, request: Request) -> Response:
    """Put a task into another column; ``to`` is its id and the status, as in ``12:doing``."""
    form = await request.form
    number, _, status = form.get("to", "").partition(":")
    outcome = await set_status(context, number, status)
    if wants_fragment(request) and not outcome.ok:
        return await fragment(context, "web/notice.html", [], status=outcome.status, notice=outcome.notice)
    if wants_fragment(request):
        return Response(status=204)
    if outcome.ok:
        return see(local_path(form.get("next"), "/tasks"))
    return await show_board(context, request, outcome.notice, outcome.status)


async def set_status(context: Context, task_id: int | str, status: str, **more: str) -> Outcome:
    """Give a task another status. What is done goes the way of what is done: with its result and linked field."""
    if status == "done":
        return await form_call(context, "done_task", task_id=task_id, **more)
    return await form_call(context, "update_task", task_id=task_id, status=status, **more)


PAGES = [
    Page("/tasks", show_board, label=mark("Tasks"), icon="tasks", order=20),
    Page("/tasks/move", move, ("POST",), Access.member),
]
