"""The kinds of events that tasks appends."""

from __future__ import annotations

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
