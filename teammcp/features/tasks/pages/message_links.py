"""What tasks show at messages: a link to the task that one became, and how to make one of it."""

from __future__ import annotations

from collections.abc import Sequence

from ....operations import Context
from ....web import MessageAction, MessageLink, mark
from ....web import gettext as _
from ..visibility import may_see
from . import captions, queries
from .forms import task_path

MESSAGE_ACTIONS = [MessageAction(mark("Make a task of it"), "/tasks/new?message={id}", icon="tasks")]


async def links_at(context: Context, message_ids: Sequence[int]) -> dict[int, list[MessageLink]]:
    """The tasks that some messages became, as far as the actor may see them."""
    rows = await context.read(queries.tasks_of_messages, message_ids)
    names = captions.translated(captions.STATUS_NAMES)
    return {
        row["source_msg"]: [
            MessageLink(
                _("Task %(id)s · %(status)s", id=row["id"], status=names[row["status"]]),
                task_path(row["id"]),
                icon=f"status-{row['status']}",
            )
        ]
        for row in rows
        if may_see(context, row)
    }
