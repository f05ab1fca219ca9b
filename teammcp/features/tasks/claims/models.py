"""Public shapes of claims."""

from __future__ import annotations

from typing import Literal

from ....arguments.fields import Timestamp
from ....clock import rfc3339
from ....operations import Result
from ....text.untrusted import AnyWords, fence, quote
from ..field_types import Status
from ..tasks.models import Task, task_line

Reason = Literal["taken_by", "deps_unmet", "stale_token", "not_open", "none"]


class Claim(Result):
    """What became of a wish to work on a task. Without ``ok``, ``reason`` and the field that goes with it say why."""

    ok: bool
    task_id: int | None = None
    fencing_token: int | None = None
    """To be given with every later call about this claim; it is dead once the task is closed, released or re-queued."""
    lease_expires_at: Timestamp | None = None
    progress_due_at: Timestamp | None = None
    task: Task | None = None
    reason: Reason | None = None
    taken_by: str | None = None
    status: Status | None = None
    pending_deps: list[int] = []

    def text(self) -> str:
        if self.ok and self.task is not None:
            until = rfc3339(self.lease_expires_at or 0)
            about = [f"Description: {quote(self.task.description)}"] if self.task.description else []
            task = fence([task_line(self.task), *about])
            return f"Yours, fencing_token {self.fencing_token}, lease until {until}.\n{task}"
        if self.reason == "none":
            return "There is nothing for you to claim."
        why = {"taken_by": self.taken_by, "deps_unmet": self.pending_deps, "not_open": self.status}
        return f"Not claimed: {self.reason} {why.get(self.reason or '', '')}".strip()


class Progress(Result):
    """What became of a call about a claim. ``stale_token``: the claim is over; the current holder is named."""

    ok: bool
    task_id: int
    reason: Reason | None = None
    current_fencing_token: int | None = None
    current_assignee: str | None = None
    lease_expires_at: Timestamp | None = None
    progress_due_at: Timestamp | None = None
    status: Status | None = None
    progress: int | None = None
    """Of the task after a report: with subtasks it is theirs, whatever was reported."""
    requeued: bool | None = None
    attempts: int | None = None
    unblocked: list[int] = []
    state_pending: bool | None = None
    approval: AnyWords = None
