"""Goals: how far each is, what belongs to it, making and changing them."""

from __future__ import annotations

from typing import Any

from quart import Request, Response

from ....members.directory import Access
from ....operations import Context
from ....web import Outcome, Page, form_call, render, see
from ..field_types import OPEN, STATUSES
from ..goals.models import Goal
from ..goals.operations import get_goal, list_goals
from ..tasks.models import TaskList
from ..tasks.operations.retrieval import list_tasks
from .form_values import typed
from .template_context import shared

PLACE = "/tasks/goals"
"""Where the navigation shows the reader to be: goals are under "Tasks"."""
EMPTY = {"title": "", "description": "", "parent_id": "", "status": "open"}
TASKS = 100


async def show_goals(context: Context, request: Request) -> Response:
    """All goals, each under the one it belongs to."""
    goals = (await context.call(list_goals)).goals
    closed = "closed" in request.args
    shown = [goal for goal in goals if closed or goal.status == "open"]
    return await render(
        context,
        "tasks/goals.html",
        here=PLACE,
        tree=indented(shown),
        hidden=len(goals) - len(shown),
        closed=closed,
        **shared(context, "goals"),
    )


def indented(goals: list[Goal]) -> list[tuple[int, Goal]]:
    """Goals with how deep each stands, those below right after the one they belong to."""
    known = {goal.id for goal in goals}
    below: dict[int | None, list[Goal]] = {}
    for goal in goals:
        below.setdefault(goal.parent_id if goal.parent_id in known else None, []).append(goal)
    tree: list[tuple[int, Goal]] = []
    waiting = [(0, goal) for goal in reversed(below.get(None, []))]
    while waiting:
        depth, goal = waiting.pop()
        tree.append((depth, goal))
        waiting += [(depth + 1, child) for child in reversed(below.get(goal.id, []))]
    return tree


async def show_goal(context: Context, request: Request, goal_id: int) -> Response:
    """A goal with its tasks, the open ones first, and the goals below it."""
    goal: Goal = (await context.call(get_goal, goal_id=goal_id)).goal
    goals = (await context.call(list_goals)).goals
    by_id = {other.id: other for other in goals}
    closed = [status for status in STATUSES if status not in OPEN]
    return await render(
        context,
        "tasks/goal.html",
        here=PLACE,
        goal=goal,
        parent=by_id.get(goal.parent_id or 0),
        below=[part for part in goals if part.parent_id == goal_id],
        open_tasks=await _tasks(context, goal_id, OPEN, "-priority"),
        closed_tasks=await _tasks(context, goal_id, closed, "-updated_at"),
        **shared(context, "goals"),
    )


async def _tasks(context: Context, goal_id: int, statuses: Any, sort: str) -> TaskList:
    arguments: dict[str, Any] = {
        "goal_id": goal_id,
        "status": ",".join(statuses),
        "sort": sort,
        "limit": TASKS,
    }
    page: TaskList = await context.call(list_tasks, **arguments)
    return page


async def new_goal(context: Context, request: Request) -> Response:
    """A form for a goal, and the goal."""
    values, outcome = {**EMPTY, "parent_id": request.args.get("parent", "")}, Outcome()
    if request.method == "POST":
        values = typed((await request.form).to_dict(), values)
        arguments = {"title": values["title"], "description": values["description"] or None}
        outcome = await form_call(context, "create_goal", **arguments, parent_id=values["parent_id"] or None)
        if outcome.ok:
            return see(f"/goals/{outcome.result.goal.id}")
    return await _form(context, outcome, values, None)


async def edit_goal(context: Context, request: Request, goal_id: int) -> Response:
    """A form to change a goal: what it says, where it belongs, whether it is achieved."""
    goal: Goal = (await context.call(get_goal, goal_id=goal_id)).goal
    before = {name: str(getattr(goal, name) or "") for name in EMPTY}
    values, outcome = before, Outcome()
    if request.method == "POST":
        values = typed((await request.form).to_dict(), before)
        changed: dict[str, Any] = {name: value for name, value in values.items() if value != before[name]}
        if "parent_id" in changed:
            changed["parent_id"] = changed["parent_id"] or 0
        outcome = await form_call(context, "update_goal", goal_id=goal_id, **changed)
        if outcome.ok:
            return see(f"/goals/{goal_id}")
    return await _form(context, outcome, values, goal)


async def _form(context: Context, outcome: Outcome, values: dict[str, str], goal: Goal | None) -> Response:
    goals = (await context.call(list_goals)).goals
    return await render(
        context,
        "tasks/goal_form.html",
        outcome.status,
        notice=outcome.notice,
        here=PLACE,
        values=values,
        goal=goal,
        others=[other for other in goals if goal is None or other.id != goal.id],
        **shared(context, "goals"),
    )


PAGES = [
    Page("/goals", show_goals),
    Page("/goals/new", new_goal, ("GET", "POST"), Access.member),
    Page("/goals/<int:goal_id>", show_goal),
    Page("/goals/<int:goal_id>/edit", edit_goal, ("GET", "POST"), Access.member),
]
