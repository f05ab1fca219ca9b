"""Tasks and goals: work that is planned, given to somebody, claimed under a lease, and done."""

from __future__ import annotations

from typing import Any

from ...hookspecs import hookimpl
from ...storage import Migration, load_migrations
from . import goals, operations, reading
from .models import Task, TaskChange

__all__ = ["Task", "TaskChange"]

EVENT_KINDS = {
    "task.created": "a task was created",
    "task.updated": "a task was changed, or commented on",
    "task.claimed": "somebody took a task under a lease",
    "task.released": "a task was given back",
    "task.requeued": "a lease ran out, or an attempt failed: the task can be claimed again",
    "task.progress": "a task got on",
    "task.done": "a task was done",
    "task.failed": "a task failed for good",
    "task.deleted": "a task was deleted",
    "goal.created": "a goal was created",
    "goal.updated": "a goal was changed",
}


@hookimpl
def register_operations() -> list[Any]:
    return [
        operations.create_task,
        operations.update_task,
        operations.done_task,
        operations.pin_task,
        operations.delete_task,
        reading.list_tasks,
        reading.get_task,
        reading.get_task_history,
        goals.create_goal,
        goals.list_goals,
        goals.get_goal,
        goals.update_goal,
    ]


@hookimpl
def register_migrations() -> list[Migration]:
    return load_migrations("tasks", __name__)


@hookimpl
def register_event_kinds() -> dict[str, str]:
    return EVENT_KINDS
