"""Public shapes of schedules."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ...arguments.fields import Line, Timestamp
from ...clock import rfc3339
from ...operations import Result
from ...text.untrusted import Author, Words, quote
from ..messages import Priority

Status = Literal["active", "paused", "suspended", "ended"]
Outcome = Literal["sent", "deferred", "skipped"]

ScheduleId = Annotated[int, Field(ge=1, lt=2**63)]
Expression = Annotated[Line, Field(min_length=1, max_length=200)]
Moment = Annotated[Line, Field(min_length=1, max_length=64, json_schema_extra={"examples": ["2026-12-24T09:00"]})]
"""A date and time; without an offset it is read in the schedule's time zone."""
Count = Annotated[int, Field(ge=1, le=100_000)]


class Schedule(Result):
    """A message that is sent at times. One of ``cron_expr``, ``every`` and ``at`` says when, ``when`` in words."""

    id: int
    channel: str
    content: Words
    priority: Priority | None
    created_by: Author
    created_at: Timestamp
    cron_expr: str | None
    every: str | None
    at: Timestamp | None
    when: str
    time_zone: str
    starts_at: Timestamp | None
    ends_at: Timestamp | None
    count: int | None = Field(description="How many messages at most")
    runs: int = Field(description="How many there have been")
    status: Status
    enabled: bool = Field(description="Whether it is active")
    reason: Words | None = Field(description="Why it is suspended")
    next_run: Timestamp | None
    next_runs: list[Timestamp]
    last_run: Timestamp | None
    last_outcome: Outcome | None = Field(description="What became of the last run; deferred: it waits for approval")

    def text(self) -> str:
        about = f"schedule {self.id} [{self.status}] {self.when} ({self.time_zone}) in {self.channel}"
        follows = f", next run {rfc3339(self.next_run)}" if self.next_run is not None else ""
        why = f" because {quote(self.reason)}" if self.reason else ""
        return f"{about} by {self.created_by}{follows}{why}: {quote(' '.join(self.content.split())[:80])}"


class ScheduleResult(Result):
    """One schedule."""

    schedule: Schedule

    def text(self) -> str:
        return self.schedule.text()


class ScheduleList(Result):
    """Schedules, newest first. ``next`` is the ``cursor`` of the following page."""

    schedules: list[Schedule]
    next: int | None

    def text(self) -> str:
        lines = [schedule.text() for schedule in self.schedules] or ["no schedules"]
        return "\n".join(lines if self.next is None else [*lines, f"more with cursor={self.next}"])


class CancelledSchedule(Result):
    """A schedule that is no more."""

    id: int
    deleted: bool = True
