"""All pages of tasks and goals, and what tasks show at messages."""

from __future__ import annotations

from collections.abc import Sequence

from ....operations import Context
from ....web import MessageAction, MessageLink, Page, mark
from ....web import gettext as _
from ..visibility import may_see
from . import (
    board,
    captions,
    forms,
    goals,
    lists,
    queries,
    task,
)
from .forms import task_path

PAGES: list[Page] = board.PAGES + lists.PAGES + forms.PAGES + task.PAGES + goals.PAGES

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
