"""The kinds of events that tasks appends."""

from __future__ import annotations

from .goals.events import GoalCreated, GoalUpdated
from .tasks.events import (
    TaskClaimed,
    TaskCreated,
    TaskDeleted,
    TaskDone,
    TaskFailed,
    TaskProgressed,
    TaskReleased,
    TaskRequeued,
    TaskUpdated,
)

EVENT_KINDS = (
    TaskCreated,
    TaskUpdated,
    TaskClaimed,
    TaskReleased,
    TaskRequeued,
    TaskProgressed,
    TaskDone,
    TaskFailed,
    TaskDeleted,
    GoalCreated,
    GoalUpdated,
)
