"""Deleting a task, alone or together with its subtasks."""

from __future__ import annotations

from .....errors import Conflict
from .....operations import Context, operation
from .....storage import Reader, Row, Transaction, Work
from ....messages import send_notes
from ... import notification_texts, notifications, permissions
from ...visibility import may_see
from .. import changes, equivalents, hierarchy, queries
from ..models import DeletedTask, Id


@operation("DELETE /api/tasks/{task_id}", profile="tasks", destructive=True, amounts_to=equivalents.DELETING)
async def delete_task(context: Context, task_id: Id, with_subtasks: bool = False) -> Work[DeletedTask]:
    """Delete a task that you created; as a manager any. Subtasks keep it from being deleted, unless with_subtasks."""
    row = await changes.visible_task(context, task_id)
    permissions.refuse_deletion(context, row)
    await changes.before(context, row, "deleted", {"with_subtasks": with_subtasks})
    below = await context.read(_below, task_id)
    notes = {
        one["id"]: await notifications.prepare(context, notification_texts.of_deletion(context.actor.name, one), one)
        for one in [dict(row), *below]
    }

    def work(tx: Transaction) -> DeletedTask:
        now = changes.still_visible(context, tx, task_id)
        subtasks = _below(tx, task_id)
        if subtasks and not with_subtasks:
            raise _has_subtasks(context, now, subtasks)
        for one in [*reversed(subtasks), now]:
            permissions.refuse_deletion(context, one)
            changes.delete(context, tx, queries.any_task(tx, one["id"]))
            send_notes(tx, notes.get(one["id"], []))
        return DeletedTask(id=task_id)

    return work


def _below(reader: Reader, task_id: int) -> list[Row]:
    """All tasks below one, those further up first."""
    return [row for level in hierarchy.below(reader, task_id) for row in level]


def _has_subtasks(context: Context, row: Row, subtasks: list[Row]) -> Conflict:
    ids = [one["id"] for one in subtasks if may_see(context, one)]
    return Conflict(
        f"Task {row['id']} has {len(subtasks)} subtasks; delete or move them first, or give with_subtasks=true.",
        code="has_subtasks",
        subtasks=ids,
    )
