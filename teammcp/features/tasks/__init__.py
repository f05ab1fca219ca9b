"""Tasks and goals: work that is planned, given to somebody, claimed under a lease, and done."""

from __future__ import annotations

from .models import Task, TaskChange

__all__ = ["Task", "TaskChange"]
