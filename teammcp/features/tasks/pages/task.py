"""One task: everything about it, what happened to it, and what can be done with it."""

from __future__ import annotations

from quart import Request, Response

from ....errors import NotFound
from ....members.directory import Access
from ....operations import Context
from ....storage import Row
from ....web import Notice, Outcome, Page, draw_panels, form_call, fragment, go_back, render, see, wants_fragment
from ....web import gettext as _
from ..claims.models import Claim
from ..tasks.models import Task, TaskDetail, TaskHistory
from ..tasks.operations.retrieval import get_task, get_task_history
from . import captions, queries
from .board import set_status
from .forms import task_path
from .template_context import kind_of, members, shared

LINES = 200


# -- the page --------------------------------------------------------------------------------------------------------


async def show_task(context: Context, request: Request, task_id: int) -> Response:
    """A task with its subtasks, dependencies and history."""
    return await _show(context, request, task_id, Outcome(notice=_unblocked(request)))


def _unblocked(request: Request) -> Notice | None:
    """After a task was finished: which others may be begun now, as the address says."""
    numbers = [part for part in request.args.get("unblocked", "").split(",") if part.isdecimal()]
    if not numbers:
        return None
    tasks = ", ".join(f"#{number}" for number in numbers)
    return Notice("done", _("Done. Nothing stands in the way of %(tasks)s any more.", tasks=tasks))


async def _show(context: Context, request: Request, task_id: int, outcome: Outcome, draft: str = "") -> Response:
    task = await _find(context, task_id)
    after = request.args.get("after", type=int)
    if after is None:  # the latest lines
        after = await context.read(queries.last_lines, task_id, LINES)
    arguments = {"task_id": task_id, "after": max(0, after), "limit": LINES}
    history: TaskHistory = await context.call(get_task_history, **arguments)
    return await render(
        context,
        "tasks/task.html",
        outcome.status,
        notice=outcome.notice,
        draft=draft,
        task=task,
        panels=await draw_panels(context, "task", task),
        parent=await _parent(context, task),
        goal=await _goal(context, task),
        lines=[captions.line_of(entry, kind_of(context, entry.actor)) for entry in history.history],
        earlier=after > 0,
        more=history.more,
        members=members(context),
        **shared(context),
    )


async def _find(context: Context, task_id: int) -> TaskDetail:
    task: TaskDetail = (await context.call(get_task, task_id=task_id)).task
    return task


async def _parent(context: Context, task: Task) -> Task | None:
    """The task above, if the reader may see it."""
    if task.parent_id is None:
        return None
    try:
        return await _find(context, task.parent_id)
    except NotFound:
        return None


async def _goal(context: Context, task: Task) -> Row | None:
    if task.goal_id is None:
        return None
    return next(goal for goal in await context.read(queries.goal_titles) if goal["id"] == task.goal_id)


# -- what can be done ------------------------------------------------------------------------------------------------


async def change(context: Context, request: Request, task_id: int) -> Response:
    """Change the status, assignee or priority, each by a form of its own."""
    form = await request.form
    values = {name: form[name] for name in ("assignee", "priority") if name in form}
    if "status" in form:
        outcome = await set_status(context, task_id, form["status"])
    else:
        outcome = await form_call(context, "update_task", task_id=task_id, **values)
    return await _after(context, request, task_id, outcome)


async def comment(context: Context, request: Request, task_id: int) -> Response:
    """Say something about a task."""
    text = (await request.form).get("comment", "").strip()
    if not text:
        return await go_back(request, task_path(task_id))
    outcome = await form_call(context, "update_task", task_id=task_id, comment=text)
    return await _after(context, request, task_id, outcome, text)


async def add_subtask(context: Context, request: Request, task_id: int) -> Response:
    """Add a part to a task, by its title alone."""
    title = (await request.form).get("title", "")
    outcome = await form_call(context, "create_task", title=title, parent_id=task_id)
    return await _after(context, request, task_id, outcome)


async def claim(context: Context, request: Request, task_id: int) -> Response:
    """Take a task to work on it."""
    outcome = await form_call(context, "claim_task", task_id=task_id)
    return await _after(context, request, task_id, _refusal(outcome))


async def release(context: Context, request: Request, task_id: int) -> Response:
    """Give a task back. Claiming it again, as its holder, gives the token that this needs."""
    outcome = _refusal(await form_call(context, "claim_task", task_id=task_id))
    if outcome.ok:
        token = outcome.result.fencing_token
        outcome = await form_call(context, "release_task", task_id=task_id, fencing_token=token)
    return await _after(context, request, task_id, outcome)


def _refusal(outcome: Outcome) -> Outcome:
    """A claim that fails is an answer of the operation; for the person who clicked it is a notice."""
    claim: Claim = outcome.result
    if not outcome.ok or claim.ok:
        return outcome
    pending = ", ".join(f"#{number}" for number in claim.pending_deps)
    texts = {
        "taken_by": _("%(name)s has taken this task.", name=claim.taken_by),
        "deps_unmet": _("This task waits for %(tasks)s.", tasks=pending),
    }
    text = texts.get(claim.reason or "", _("This task is not open any more."))
    return Outcome(notice=Notice("error", text), status=409)


async def _after(context: Context, request: Request, task_id: int, outcome: Outcome, draft: str = "") -> Response:
    if outcome.ok:
        return await go_back(request, task_path(task_id))
    if wants_fragment(request):
        return await fragment(context, "web/notice.html", [], status=outcome.status, notice=outcome.notice)
    return await _show(context, request, task_id, outcome, draft)


async def finish(context: Context, request: Request, task_id: int) -> Response:
    """Finish a task and say what came of it."""
    outcome, result = Outcome(), ""
    if request.method == "POST":
        result = (await request.form).get("result", "").strip()
        more = {"result": result} if result else {}
        outcome = await set_status(context, task_id, "done", **more)
        if outcome.ok:
            freed = ",".join(str(number) for number in outcome.result.unblocked)
            return see(task_path(task_id) + (f"?unblocked={freed}" if freed else ""))
    task = await _find(context, task_id)
    return await render(
        context,
        "tasks/done.html",
        outcome.status,
        notice=outcome.notice,
        task=task,
        result=result or task.result,
        **shared(context),
    )


async def delete(context: Context, request: Request, task_id: int) -> Response:
    """Delete a task, once somebody is sure."""
    task, outcome = await _find(context, task_id), Outcome()
    if request.method == "POST":
        with_subtasks = "with_subtasks" in await request.form
        outcome = await form_call(context, "delete_task", task_id=task_id, with_subtasks=with_subtasks)
        if outcome.ok:
            return see("/tasks" if task.parent_id is None else task_path(task.parent_id))
    return await render(
        context,
        "tasks/delete.html",
        outcome.status,
        notice=outcome.notice,
        task=task,
        **shared(context),
    )


FORM, CHANGE = ("GET", "POST"), ("POST",)

PAGES = [
    Page("/tasks/<int:task_id>", show_task),
    Page("/tasks/<int:task_id>/change", change, CHANGE, Access.member),
    Page("/tasks/<int:task_id>/comment", comment, CHANGE, Access.member),
    Page("/tasks/<int:task_id>/subtasks", add_subtask, CHANGE, Access.member),
    Page("/tasks/<int:task_id>/claim", claim, CHANGE, Access.member),
    Page("/tasks/<int:task_id>/release", release, CHANGE, Access.member),
    Page("/tasks/<int:task_id>/done", finish, FORM, Access.member),
    Page("/tasks/<int:task_id>/delete", delete, FORM, Access.member),
]
