"""Changing and finishing tasks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

from .....arguments.fields import Id
from .....errors import Conflict
from .....operations import Context, operation
from .....storage import Row, Transaction, Work
from ....channels import ensure_dm
from ....messages import send_notes
from ... import notification_texts, notifications, permissions
from ...field_types import Comment, Description
from .. import changes, columns, equivalents, linked_state, vetting
from ..arguments import TaskFields, without_none
from ..lookup import still_visible, visible_task
from ..models import TaskAnswer


@operation(
    "PATCH /api/tasks/{task_id}", profile="tasks", everyday=True, idempotent=True, amounts_to=equivalents.UPDATING
)
async def update_task(
    context: Context, task_id: Id, *, comment: Comment = "", **fields: Unpack[TaskFields]
) -> Work[TaskAnswer]:
    """Change a task, or comment on it (comment alone). What is left out stays.

    To clear: "" (assignee, channel, due_date, checkin_interval, related_state), 0 (parent_id, goal_id), [], {}.
    """
    return await _change(context, task_id, without_none({**fields, "comment": comment or None}), "updated")


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
    values = without_none({"status": "done", "result": result, "comment": comment or None})
    return await _change(context, task_id, values, "done")


async def _change(context: Context, task_id: int, values: dict[str, Any], action: str) -> Work[TaskAnswer]:
    row = dict(await visible_task(context, task_id))
    permissions.refuse_foreign(context, row, values)
    values = await vetting.vetted(context, row, action, values, "update_task")
    comment = values.pop("comment", "")
    new = columns.columns_of(context, row, values)
    permissions.refuse_other_link(context, row, new)
    finish = None
    if new.get("status") == "done" != row["status"]:
        finish = await linked_state.prepare(context, {**row, **new})
        new |= finish.columns()
    texts = notification_texts.of_change(context.actor.name, row, new, comment)
    notes = await notifications.prepare(
        context, texts, {**row, **new}, comment, occasion=notification_texts.occasion_of(row, new)
    )

    def work(tx: Transaction) -> TaskAnswer:
        now = still_visible(context, tx, task_id)
        permissions.refuse_foreign(context, now, values)
        permissions.refuse_other_link(context, now, new)
        _refuse_stale(row, now, new)
        columns.check_sight(context, {**dict(now), **new}, values)
        columns.check_place(context, tx, task_id, new)
        if new.get("channel") is not None and new["channel"] not in context.team.directory.channels:
            ensure_dm(context, tx, new["channel"])
        change = changes.apply(context, tx, now, new, action=action, comment=comment)
        approval = None if finish is None else linked_state.run(tx, finish)
        send_notes(tx, notes)
        return TaskAnswer(task=change.task, unblocked=change.unblocked, approval=approval)

    return work


def _refuse_stale(before: Mapping[str, Any], now: Row, new: Mapping[str, Any]) -> None:
    """Check that status and assignee are as they were when their change was decided, and its recipients chosen.

    Raises:
        Conflict: somebody else has changed them meanwhile.
    """
    for column in ("status", "assignee"):
        if column in new and before[column] != now[column]:
            raise Conflict(
                f"{column}: task {now['id']} was changed at the same moment; look at it and try again.",
                code="task_changed",
                status=now["status"],
                assignee=now["assignee"],
            )
