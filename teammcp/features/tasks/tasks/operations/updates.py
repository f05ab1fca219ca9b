"""Tasks: making, changing and finishing them. Reading and deleting them and claims have modules of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, WithJsonSchema

from .....arguments.fields import Line, Metadata
from .....errors import Conflict, Gone, InvalidInput
from .....markdown import plain
from .....operations import Context, operation
from .....storage import Row, Transaction, Work
from ....channels import CHANNEL, ensure_dm
from ....messages import Note, send_notes, visible
from ....state import ProjectId, Value, key
from ... import notification_texts, notifications, permissions
from ...visibility import may_see, scope_of
from .. import changes, columns, equivalents, linked_state, queries
from ..models import (
    Attempts,
    Comment,
    Dependencies,
    Description,
    Id,
    Labels,
    LeaseSeconds,
    Percent,
    Priority,
    ProgressSeconds,
    Requires,
    Status,
    TaskAnswer,
    TaskType,
    Title,
    Weight,
)
from ..shapes import task_of

NoneOrId = Annotated[int, Field(ge=0, le=2**53)]
"""An id, or 0 for none."""
NoneOrInterval = Literal["daily", "weekly", "biweekly", ""]
NoneOrFieldName = Annotated[
    str,
    AfterValidator(lambda name: name and key(name)),
    WithJsonSchema({"type": "string", "maxLength": 256, "description": "a field of the shared state, or empty"}),
]
When = Annotated[str, Field(max_length=40)]
Channel = Annotated[Line, Field(max_length=300), CHANNEL]
TITLE = 100
"""Characters of a message that become the title of its task."""


# -- making ----------------------------------------------------------------------------------------------------------


@operation(
    "POST /api/tasks",
    profile="tasks",
    everyday=True,
    status=201,
    amounts_to={"create_task": equivalents.creating, "pin_task": equivalents.pinning},
)
async def create_task(
    context: Context,
    title: Title | None = None,
    description: Description | None = None,
    status: Status | None = None,
    priority: Priority | None = None,
    assignee: columns.Assignee | None = None,
    channel: Channel | None = None,
    parent_id: NoneOrId | None = None,
    goal_id: NoneOrId | None = None,
    depends_on: Dependencies | None = None,
    due_date: When | None = None,
    labels: Labels | None = None,
    requires: Requires | None = None,
    weight: Weight | None = None,
    task_type: TaskType | None = None,
    progress: Percent | None = None,
    result: Description | None = None,
    metadata: Metadata | None = None,
    checkin_interval: NoneOrInterval | None = None,
    related_state_project: ProjectId | None = None,
    related_state: NoneOrFieldName | None = None,
    target_value: Value = None,
    max_attempts: Attempts | None = None,
    lease_seconds: LeaseSeconds | None = None,
    progress_seconds: ProgressSeconds | None = None,
    source_msg: Id | None = None,
) -> Work[TaskAnswer]:
    """Create a task, from source_msg (a message) if you like. Without an assignee whoever can do it may claim it.

    requires: capabilities it takes. due_date: a date or RFC 3339. With a topic or dm as channel only its members see
    it. related_state, target_value: a field of the shared state, set to that when the task is done.
    """
    given = _given(locals())
    if source_msg is not None:
        return await _create_from_message(context, source_msg, given)
    if title is None:
        raise InvalidInput.at("title", "is required, unless you give source_msg")
    return await _create(context, given)


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
    assignee: columns.Assignee | None = None,
    priority: Priority | None = None,
    due_date: When | None = None,
) -> Work[TaskAnswer]:
    """Make a task of a message, in its channel. If it is one already, the error task_exists holds that task."""
    given = _given(locals())
    return await _create_from_message(context, message_id, given)


async def _create_from_message(context: Context, message_id: int, given: dict[str, Any]) -> Work[TaskAnswer]:
    row, channel = await visible(context, message_id)
    if row["deleted"]:
        raise Gone(f"Message {message_id} was deleted.", code="message_deleted")
    title = "".join(character for character in plain(row["content"], TITLE) if character.isprintable()).strip()
    place = {"channel": channel.id, "scope": scope_of(channel)}
    given = {"title": title or f"Message {message_id}", **given, "source_msg": message_id}
    return await _create(context, given, {**columns.NEW, **place})


async def _create(
    context: Context, given: Mapping[str, Any], blank: Mapping[str, Any] = columns.NEW
) -> Work[TaskAnswer]:
    given = await _vetted(context, None, "created", given, "create_task")
    if "channel" not in given and given.get("parent_id"):
        blank = {**blank, **await _place_of(context, given["parent_id"])}
    new = {**blank, **await columns.columns_of(context, blank, given)}
    depends_on = new.pop("depends_on", [])
    if new["status"] == "done" and new["related_state"] is not None:
        raise InvalidInput.at("status", "a task with related_state begins open; create it, then call done_task")
    notes: list[Note] = []
    if new["assignee"] not in (None, context.actor.name):
        new["id"] = await context.team.database.write(queries.next_number)  # the message to the assignee names it
        notes = await notifications.prepare(context, notification_texts.of_creation(context.actor.name, new), new)

    def work(tx: Transaction) -> TaskAnswer:
        _refuse_second(context, tx, new["source_msg"])
        columns.check_place(context, tx, None, new)
        if new["channel"] is not None and new["channel"] not in context.team.directory.channels:
            ensure_dm(context, tx, new["channel"])
        number = new["id"] if notes else queries.next_number(tx)
        task = changes.create(context, tx, {**new, "id": number}, depends_on)
        send_notes(tx, notes)
        return TaskAnswer(task=task)

    return work


async def _place_of(context: Context, task_id: int) -> dict[str, Any]:
    """Where a task stands, for a subtask to stand there too; whether it may be one is checked elsewhere."""
    row = await context.read(queries.task, task_id)
    return {} if row is None or not may_see(context, row) else {"channel": row["channel"], "scope": row["scope"]}


def _refuse_second(context: Context, tx: Transaction, source_msg: int | None) -> None:
    """One message becomes one task."""
    row = None if source_msg is None else queries.task_of_message(tx, source_msg)
    if row is None:
        return
    seen = {"task": task_of(tx, row).model_dump(mode="json")} if may_see(context, row) else {}
    raise Conflict(f"Message {source_msg} is task {row['id']} already.", code="task_exists", **seen)


# -- changing --------------------------------------------------------------------------------------------------------


@operation(
    "PATCH /api/tasks/{task_id}", profile="tasks", everyday=True, idempotent=True, amounts_to=equivalents.UPDATING
)
async def update_task(
    context: Context,
    task_id: Id,
    title: Title | None = None,
    description: Description | None = None,
    status: Status | None = None,
    priority: Priority | None = None,
    assignee: columns.Assignee | None = None,
    channel: Channel | None = None,
    parent_id: NoneOrId | None = None,
    goal_id: NoneOrId | None = None,
    depends_on: Dependencies | None = None,
    due_date: When | None = None,
    labels: Labels | None = None,
    requires: Requires | None = None,
    weight: Weight | None = None,
    task_type: TaskType | None = None,
    progress: Percent | None = None,
    result: Description | None = None,
    metadata: Metadata | None = None,
    checkin_interval: NoneOrInterval | None = None,
    related_state_project: ProjectId | None = None,
    related_state: NoneOrFieldName | None = None,
    target_value: Value = None,
    max_attempts: Attempts | None = None,
    lease_seconds: LeaseSeconds | None = None,
    progress_seconds: ProgressSeconds | None = None,
    comment: Comment = "",
) -> Work[TaskAnswer]:
    """Change a task, or comment on it (comment alone). What is left out stays.

    To clear: "" (assignee, channel, due_date, checkin_interval, related_state), 0 (parent_id, goal_id), [], {}.
    """
    given = _given(locals())
    return await _change(context, task_id, given, "updated")


@operation(
    "POST /api/tasks/{task_id}/done",
    profile="tasks",
    idempotent=True,
    amounts_to=equivalents.finishing_but("done_task"),
)
async def done_task(
    context: Context, task_id: Id, result: Description | None = None, comment: Comment = ""
) -> Work[TaskAnswer]:
    """Mark a task as done; result: what came of it. Says which tasks this unblocked. With a claim: complete_task."""
    given = _given({"status": "done", "result": result, "comment": comment})
    return await _change(context, task_id, given, "done")


async def _change(context: Context, task_id: int, given: dict[str, Any], action: str) -> Work[TaskAnswer]:
    row = dict(await changes.visible_task(context, task_id))
    permissions.refuse_foreign(context, row, given)
    given = await _vetted(context, row, action, given, "update_task")
    comment = given.pop("comment", "")
    new = await columns.columns_of(context, row, given)
    permissions.refuse_other_link(context, row, new)
    finish = None
    if new.get("status") == "done" != row["status"]:
        finish = await linked_state.prepare(context, {**row, **new})
        new |= finish.columns()
    texts = notification_texts.of_change(context.actor.name, row, new, comment)
    notes = await notifications.prepare(context, texts, {**row, **new}, comment)

    def work(tx: Transaction) -> TaskAnswer:
        now = changes.still_visible(context, tx, task_id)
        permissions.refuse_foreign(context, now, given)
        permissions.refuse_other_link(context, now, new)
        _refuse_stale(row, now, new)
        columns.check_sight(context, {**dict(now), **new}, given)
        columns.check_place(context, tx, task_id, new)
        if new.get("channel") is not None and new["channel"] not in context.team.directory.channels:
            ensure_dm(context, tx, new["channel"])
        change = changes.apply(context, tx, now, new, action=action, comment=comment)
        approval = None if finish is None else linked_state.run(tx, finish)
        send_notes(tx, notes)
        return TaskAnswer(task=change.task, unblocked=change.unblocked, approval=approval)

    return work


def _refuse_stale(before: Mapping[str, Any], now: Row, new: Mapping[str, Any]) -> None:
    """What was decided of a task's status and assignee, and who is told of it, holds only while they are the same."""
    for column in ("status", "assignee"):
        if column in new and before[column] != now[column]:
            raise Conflict(
                f"{column}: task {now['id']} was changed at the same moment; look at it and try again.",
                code="task_changed",
                status=now["status"],
                assignee=now["assignee"],
            )


# -- arguments -------------------------------------------------------------------------------------------------------


def _given(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments that are not left out."""
    return {
        name: value
        for name, value in arguments.items()
        if name not in ("context", "task_id", "message_id") and value is not None and (name != "comment" or value)
    }


async def _vetted(
    context: Context, row: Mapping[str, Any] | None, action: str, given: Mapping[str, Any], operation: str
) -> dict[str, Any]:
    """What is given, as the plugins changed it: checked again if they did, as if the caller had given it."""
    passed = await changes.before(context, row, action, given)
    if passed == given:
        return dict(given)
    needed = {} if row is None else {"task_id": row["id"]}
    checked = context.server.registry.get(operation).check({**needed, **passed}, time_zone=context.actor.time_zone)
    return {name: getattr(checked, name) for name in passed}
