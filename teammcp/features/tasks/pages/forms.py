"""Making and editing tasks: forms, each a page of its own and with live.js a dialog."""

from __future__ import annotations

from typing import Any

from quart import Request, Response

from ....arguments.fields import PRIORITIES
from ....errors import InvalidInput
from ....markdown import plain
from ....members.directory import Access
from ....operations import Context
from ....web import Notice, Outcome, Page, form_call, render, see
from ...messages import Message
from ..field_types import OPEN
from ..tasks.models import TaskDetail
from ..tasks.operations.creation import MESSAGE_TITLE
from ..tasks.operations.retrieval import get_task
from ..visibility import may_see
from . import form_values, queries
from .template_context import Rights, channels, goal_choices, members, shared


def task_path(task_id: int) -> str:
    """The address of a task's page."""
    return f"/tasks/{task_id}"


# -- new tasks -------------------------------------------------------------------------------------------------------


async def new_task(context: Context, request: Request) -> Response:
    """A form for a task, and the task. ``?message=``, ``?parent=`` and ``?goal=`` say what it comes from."""
    message_id = request.args.get("message", type=int)
    message = None if message_id is None else await context.call("get_message", message_id=message_id)
    if message is not None and (made := await _task_of(context, message.id)) is not None:
        return see(task_path(made))
    before = form_values.EMPTY
    values, outcome = {**before, **_asked(request), **_from_message(message)}, Outcome()
    if request.method == "POST":
        values = form_values.typed((await request.form).to_dict(), before)
        outcome = await _call(context, "create_task", values, before, source_msg=message_id)
        if outcome.ok:
            return see(task_path(outcome.result.task.id))
    here = request.full_path.rstrip("?")
    return await _form(context, outcome, values, action=here, task=None, message=message)


async def _task_of(context: Context, message_id: int) -> int | None:
    rows = await context.read(queries.tasks_of_messages, [message_id])
    return next((row["id"] for row in rows if may_see(context, row)), None)


def _asked(request: Request) -> dict[str, str]:
    """What the link to the form has chosen already."""
    names = {"parent": "parent_id", "goal": "goal_id", "status": "status", "assignee": "assignee"}
    return {field: request.args[name] for name, field in names.items() if request.args.get(name)}


def _from_message(message: Message | None) -> dict[str, str]:
    if message is None:
        return {}
    title = plain(message.content, MESSAGE_TITLE)
    return {"title": title, "description": "" if title == message.content.strip() else message.content}


# -- editing ---------------------------------------------------------------------------------------------------------


async def edit_task(context: Context, request: Request, task_id: int) -> Response:
    """A form with everything about a task, or with what its assignee may change."""
    task: TaskDetail = (await context.call(get_task, task_id=task_id)).task
    before = form_values.values_of(task)
    if not Rights(context.actor).manages(task):
        before = {name: before[name] for name in form_values.OF_ASSIGNEES}
    values, outcome = before, Outcome()
    if request.method == "POST":
        values = form_values.typed((await request.form).to_dict(), before)
        if values != before:
            outcome = await _call(context, "update_task", values, before, task_id=task_id)
        if outcome.ok:
            return see(task_path(task_id))
    return await _form(context, outcome, values, action=f"{task_path(task_id)}/edit", task=task, message=None)


async def _call(
    context: Context, operation: str, values: dict[str, str], before: dict[str, str], **more: Any
) -> Outcome:
    try:
        arguments = form_values.changes_of(values, before)
    except InvalidInput as error:
        return Outcome(notice=Notice.of(error), status=error.status)
    return await form_call(context, operation, **arguments, **more)


async def _form(
    context: Context,
    outcome: Outcome,
    values: dict[str, str],
    *,
    action: str,
    task: TaskDetail | None,
    message: Message | None,
) -> Response:
    return await render(
        context,
        "tasks/form.html",
        outcome.status,
        notice=outcome.notice,
        values=values,
        action=action,
        task=task,
        message=message,
        members=members(context),
        channels=channels(context),
        goals=await goal_choices(context, None if task is None else task.goal_id),
        choices={"priority": PRIORITIES, "status": OPEN},
        **shared(context),
    )


PAGES = [
    Page("/tasks/new", new_task, ("GET", "POST"), Access.member),
    Page("/tasks/<int:task_id>/edit", edit_task, ("GET", "POST"), Access.member),
]
