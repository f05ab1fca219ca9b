"""Deleting a task, alone or together with its subtasks."""

from __future__ import annotations

from .....arguments.fields import Id
from .....errors import Conflict
from .....operations import Context, operation
from .....storage import Reader, Row, Transaction, Work
from ....messages import send_notes
from ... import notification_texts, notifications, permissions
from ...visibility import may_see
from .. import changes, equivalents, hierarchy, queries, vetting
from ..lookup import still_visible, visible_task
from ..models import DeletedTask


@operation("DELETE /api/tasks/{task_id}", profile="tasks", destructive=True, amounts_to=equivalents.DELETING)
async def delete_task(context: Context, task_id: Id, with_subtasks: bool = False) -> Work[DeletedTask]:
    """Delete a task that you created; as a manager any. Subtasks keep it from being deleted, unless with_subtasks."""
    row = await visible_task(context, task_id)
    permissions.refuse_deletion(context, row)
    await vetting.before(context, row, "deleted", {"with_subtasks": with_subtasks})
    subtasks = await context.read(_subtasks, task_id)
    notes = {
        task["id"]: await notifications.prepare(context, notification_texts.of_deletion(context.actor.name, task), task)
        for task in [dict(row), *subtasks]
    }

    def work(tx: Transaction) -> DeletedTask:
        now = still_visible(context, tx, task_id)
        subtasks = _subtasks(tx, task_id)
        if subtasks and not with_subtasks:
            raise _has_subtasks(context, now, subtasks)
        for task in [*reversed(subtasks), now]:
            permissions.refuse_deletion(context, task)
            changes.delete(context, tx, queries.any_task(tx, task["id"]))
            send_notes(tx, notes.get(task["id"], []))
        return DeletedTask(id=task_id)

    return work


def _subtasks(reader: Reader, task_id: int) -> list[Row]:
    """All tasks below one, those further up first."""
    return [row for level in hierarchy.below(reader, task_id) for row in level]


def _has_subtasks(context: Context, row: Row, subtasks: list[Row]) -> Conflict:
    visible = [task["id"] for task in subtasks if may_see(context, task)]
    return Conflict(
        f"Task {row['id']} has {len(subtasks)} subtasks; delete or move them first, or give with_subtasks=true.",
        code="has_subtasks",
        subtasks=visible,
    )
