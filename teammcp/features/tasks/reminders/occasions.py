"""When there is reason to remind somebody of a task. Every occasion has a mark, which no other one has."""

from __future__ import annotations

from datetime import datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from ....storage import Row
from ..field_types import OPEN
from ..settings import TaskSettings
from ..tasks.models import Interval
from .models import Kind

MINUTE = 60_000
HOUR = 60 * MINUTE


def occasion(kind: Kind, level: int, row: Row, now: int, zone: str, settings: TaskSettings) -> int | None:
    """The mark of the occasion of this kind that there is at ``now``; None if there is none.

    Args:
        level: how far up the chain somebody stuck is told of, from 0.
        zone: the time zone of who is asked, for check-ins.
    """
    if kind == "due_soon":
        return _due_soon(row, now, settings.due_soon_hours * HOUR)
    if kind == "overdue":
        late = row["status"] in OPEN and row["due_at"] is not None and row["due_at"] <= now
        return row["due_at"] if late else None
    if kind == "check_in":
        return _check_in(row, now, ZoneInfo(zone), settings.checkin_hour)
    return _stuck(row, now - settings.stuck_minutes[level] * MINUTE)


def _due_soon(row: Row, now: int, ahead: int) -> int | None:
    """A task that was made with less notice than that has no such occasion: its assignee has just been told."""
    due: int | None = row["due_at"]
    if row["status"] not in OPEN or due is None or due - row["created_at"] <= ahead:
        return None
    return due if now < due <= now + ahead else None


def _check_in(row: Row, now: int, zone: tzinfo, hour: int) -> int | None:
    """There is none before the work began."""
    if row["checkin_interval"] is None or row["status"] not in ("doing", "blocked"):
        return None
    mark = latest_check_in(row["checkin_interval"], row["created_at"], now, zone, hour)
    return mark if mark > (row["started_at"] or row["created_at"]) else None


def _stuck(row: Row, since: int) -> int | None:
    """A task under a lease has none: its progress has a deadline of its own."""
    if row["status"] != "doing" or row["lease_agent"] is not None or row["worked_at"] is None:
        return None
    return row["worked_at"] if row["worked_at"] <= since else None


def latest_check_in(interval: Interval, created_at: int, now: int, zone: tzinfo, hour: int) -> int:
    """The last time for a check-in up to ``now``, in milliseconds.

    Weekly ones are on Mondays, those of every two weeks on every other Monday, counted from the week of creation.
    """
    local = datetime.fromtimestamp(now / 1000, zone)
    day = local.date() if local.time() >= time(hour) else local.date() - timedelta(days=1)
    if interval != "daily":
        day -= timedelta(days=day.weekday())
    if interval == "biweekly":
        first = datetime.fromtimestamp(created_at / 1000, zone).date()
        first -= timedelta(days=first.weekday())
        day -= timedelta(days=(day - first).days % 14)
    return round(datetime.combine(day, time(hour), zone).timestamp() * 1000)
