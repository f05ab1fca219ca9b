"""Tasks that are done but for a field of the shared state, once that is set or refused."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .....arguments.fields import Id
from .....operations import Context, operation
from .....storage import Transaction, Work
from ....messages import send_notes
from ... import notification_texts, notifications
from ...field_types import Comment
from .. import changes, queries
from ..linked_state import link_of
from ..lookup import still_visible, visible_task
from ..models import TaskAnswer
from ..shapes import task_of

EXCERPT = 2000
"""Characters of a reason that the history keeps."""


@operation(internal=True, profile="tasks", idempotent=True)
async def settle_task_state(
    context: Context, task_id: Id, refused: Comment = "", refused_by: str = ""
) -> Work[TaskAnswer]:
    """Note that the field that a task waited for has its value at last, or will not get it: refused says why."""
    before = await visible_task(context, task_id)
    field = f"{before['related_state_project']}.{before['related_state']}"
    action, comment = ("state not set", f"{field} is not set: {refused}") if refused else ("state set", "")
    texts = notification_texts.of_refused_state(before, comment, refused_by) if refused else []
    notes = await notifications.prepare(context, texts, before)

    def work(tx: Transaction) -> TaskAnswer:
        row = still_visible(context, tx, task_id)
        if not row["state_pending"] or link_of(row) != link_of(before):
            return TaskAnswer(task=task_of(tx, row))
        change = changes.apply(context, tx, row, {"state_pending": 0}, action=action, comment=comment)
        send_notes(tx, notes)
        return TaskAnswer(task=change.task)

    return work


async def settle(context: Context, project_id: str, field: str, value: Any) -> None:
    """Settle the tasks that waited for a field to get this value."""
    for row in await context.read(queries.awaiting_state, project_id, field):
        if json.loads(row["target_value"]) == value:
            await Context.inside(context.team).call(settle_task_state, task_id=row["id"])


async def drop(context: Context, arguments: Mapping[str, Any], asked_by: str, reason: str) -> None:
    """Settle the tasks whose field waited for a member's proposal that came to nothing; ``arguments``: of set_state."""
    for row in await context.read(queries.awaiting_state, arguments["project_id"], arguments["field"]):
        if row["state_asked_by"] == asked_by and json.loads(row["target_value"]) == arguments["value"]:
            refusal = {"task_id": row["id"], "refused": reason[:EXCERPT], "refused_by": context.actor.name}
            await Context.inside(context.team).call(settle_task_state, **refusal)
