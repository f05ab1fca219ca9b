"""Tasks and goals: work that is planned, given to somebody, claimed under a lease, and done."""

from __future__ import annotations

from .tasks.models import FieldChange, Task, TaskChange, TaskList

__all__ = [
    "FieldChange",
    "Task",
    "TaskChange",
    "TaskList",
]
