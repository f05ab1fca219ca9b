"""Making tasks, from nothing or from a message."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

from .....arguments.fields import Id, Priority
from .....errors import Conflict, Gone, InvalidInput
from .....markdown import plain
from .....operations import Context, operation
from .....storage import Transaction, Work
from ....channels import ensure_dm
from ....messages import Note, send_notes, visible
from ... import notification_texts, notifications
from ...field_types import Title
from ...visibility import may_see, scope_of
from .. import changes, columns, equivalents, queries, vetting
from ..arguments import Assignee, DueDate, TaskFields, without_none
from ..models import TaskAnswer
from ..shapes import task_of

MESSAGE_TITLE = 100
"""Characters of a message that become the title of its task."""


@operation(
    "POST /api/tasks",
    profile="tasks",
    everyday=True,
    status=201,
    amounts_to={"create_task": equivalents.creating, "pin_task": equivalents.pinning},
)
async def create_task(
    context: Context, *, source_msg: Id | None = None, **fields: Unpack[TaskFields]
) -> Work[TaskAnswer]:
    """Create a task, from source_msg (a message) if you like. Without an assignee whoever can do it may claim it.

    requires: capabilities it takes. due_date: a date or RFC 3339. With a topic or dm as channel only its members see
    it. related_state, target_value: a field of the shared state, set to that when the task is done.
    """
    values = without_none(fields)
    if source_msg is not None:
        return await _create_from_message(context, source_msg, values)
    if "title" not in values:
        raise InvalidInput.at("title", "is required, unless you give source_msg")
    return await _create(context, values)


@operation(
    "POST /api/messages/{message_id}/task",
    profile="tasks",
    everyday=True,
    status=201,
    amounts_to={"create_task": equivalents.pin_as_creating},
)
async def pin_task(
    context: Context,
    message_id: Id,
    title: Title | None = None,
    assignee: Assignee | None = None,
    priority: Priority | None = None,
    due_date: DueDate | None = None,
) -> Work[TaskAnswer]:
    """Make a task of a message, in its channel. If it is one already, the error task_exists holds that task."""
    fields = {"title": title, "assignee": assignee, "priority": priority, "due_date": due_date}
    return await _create_from_message(context, message_id, without_none(fields))


async def _create_from_message(context: Context, message_id: int, values: Mapping[str, Any]) -> Work[TaskAnswer]:
    row, channel = await visible(context, message_id)
    if row["deleted"]:
        raise Gone(f"Message {message_id} was deleted.", code="message_deleted")
    title = "".join(character for character in plain(row["content"], MESSAGE_TITLE) if character.isprintable()).strip()
    place = {"channel": channel.id, "scope": scope_of(channel)}
    values = {"title": title or f"Message {message_id}", **values, "source_msg": message_id}
    return await _create(context, values, {**columns.NEW, **place})


async def _create(
    context: Context, values: Mapping[str, Any], blank: Mapping[str, Any] = columns.NEW
) -> Work[TaskAnswer]:
    """Make a task of the fields that were given; ``blank``: the columns of a task of which nothing is said."""
    values = await vetting.vetted(context, None, "created", values, "create_task")
    if "channel" not in values and values.get("parent_id"):
        blank = {**blank, **await _place_of(context, values["parent_id"])}
    new = {**blank, **columns.columns_of(context, blank, values)}
    depends_on = new.pop("depends_on", [])
    if new["status"] == "done" and new["related_state"] is not None:
        raise InvalidInput.at("status", "a task with related_state begins open; create it, then call done_task")
    notes: list[Note] = []
    if new["assignee"] not in (None, context.actor.name):
        new["id"] = await queries.NUMBERS.reserve(context.team.database)  # the message to the assignee names it
        notes = await notifications.prepare(context, notification_texts.of_creation(context.actor.name, new), new)

    def work(tx: Transaction) -> TaskAnswer:
        _refuse_second(context, tx, new["source_msg"])
        columns.check_place(context, tx, None, new)
        if new["channel"] is not None and new["channel"] not in context.team.directory.channels:
            ensure_dm(context, tx, new["channel"])
        number = new["id"] if notes else queries.NUMBERS.next(tx)
        task = changes.create(context, tx, {**new, "id": number}, depends_on)
        send_notes(tx, notes)
        return TaskAnswer(task=task)

    return work


async def _place_of(context: Context, task_id: int) -> dict[str, Any]:
    """Where a task stands, for a subtask to stand there too; whether it may be one is checked elsewhere."""
    row = await context.read(queries.task, task_id)
    return {} if row is None or not may_see(context, row) else {"channel": row["channel"], "scope": row["scope"]}


def _refuse_second(context: Context, tx: Transaction, source_msg: int | None) -> None:
    """Check that a message has not become a task yet.

    Raises:
        Conflict: it has; with that task, if the actor may see it.
    """
    row = None if source_msg is None else queries.task_of_message(tx, source_msg)
    if row is None:
        return
    task = {"task": task_of(tx, row).model_dump(mode="json")} if may_see(context, row) else {}
    raise Conflict(f"Message {source_msg} is task {row['id']} already.", code="task_exists", **task)
