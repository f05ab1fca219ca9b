"""Tasks and goals: work that is planned, given to somebody, claimed under a lease, and done."""

from __future__ import annotations

from .tasks.leases import PATIENCE, expires_at
from .tasks.models import PRIORITIES, Attempts, FieldChange, LeaseSeconds, Priority, Task, TaskChange, TaskList

__all__ = [
    "PATIENCE",
    "PRIORITIES",
    "Attempts",
    "FieldChange",
    "LeaseSeconds",
    "Priority",
    "Task",
    "TaskChange",
    "TaskList",
    "expires_at",
]
