"""What the inbox shows of tasks: the reader's own that are due."""

from __future__ import annotations

from typing import Any

from ....operations import Context
from ....operations.budget import Budget
from ..field_types import OPEN
from ..visibility import scopes
from .list_queries import TaskFilter
from .listing import list_page, sorting_of

SOON = 24 * 3600 * 1000
"""Milliseconds ahead of which a task is due soon."""
MOST = 5


async def due_section(context: Context) -> list[dict[str, Any]]:
    """The actor's own open tasks that are overdue or due soon, for its inbox."""
    now = context.now()
    wanted = TaskFilter(scopes(context), status=OPEN, assignee=context.actor.name, due_before=now + SOON)
    page = await context.read(list_page, Budget(), wanted, sorting_of("due_date"), MOST, 0)
    shown = {"id", "title", "status", "priority", "due_date"}
    return [
        {**task.model_dump(mode="json", include=shown), "overdue": task.due_date is not None and task.due_date < now}
        for task in page.tasks
    ]
