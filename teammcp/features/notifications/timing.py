"""When somebody is told of something: at once, in a batch or a digest, not in quiet hours, by one way after another."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from ...arguments import quiet

MINUTE = 60_000

Urgency = Literal["now", "batch", "hourly", "daily", "never"]
URGENCIES: tuple[Urgency, ...] = get_args(Urgency)


@dataclass(frozen=True)
class Habits:
    """How a member wants to be told.

    Attributes:
        time_zone: the member's own, such as ``Asia/Shanghai``.
        quiet_from, quiet_until: minutes of the member's day between which nothing comes; None for no quiet hours.
        batch_minutes: how long a batch is gathered, from the first that is in it.
        digest_at: the minute of the day at which the daily digest comes.
    """

    time_zone: str
    quiet_from: int | None = None
    quiet_until: int | None = None
    batch_minutes: int = 10
    digest_at: int = 9 * 60


def due_at(habits: Habits, urgency: Urgency, since: int, open_batch: int | None = None) -> int:
    """When something is to be told. Times are UTC milliseconds.

    Args:
        habits: the member's.
        urgency: not ``never``.
        since: from when on it may be told.
        open_batch: when the batch is told that is being gathered; None if there is none.
    """
    if urgency == "batch":
        due = since + habits.batch_minutes * MINUTE
        return after_quiet(habits, due if open_batch is None else max(since, min(due, open_batch)))
    if urgency == "hourly":
        return after_quiet(habits, _next_on_the_wall(habits, since, None))
    if urgency == "daily":
        return after_quiet(habits, _next_on_the_wall(habits, since, habits.digest_at))
    return after_quiet(habits, since)


def after_quiet(habits: Habits, moment: int) -> int:
    """The moment itself, or the end of the quiet hours that it lies in."""
    if habits.quiet_from is None or habits.quiet_until is None:
        return moment
    end = quiet.ends_at(habits.quiet_from, habits.quiet_until, moment, habits.time_zone)
    return moment if end is None else end


def _next_on_the_wall(habits: Habits, since: int, minute_of_day: int | None) -> int:
    """When the member's clock next shows a full hour, or a minute of the day.

    A time that the clock leaves out when it is set comes as much later as it was set; one that it shows twice, once.
    """
    zone = ZoneInfo(habits.time_zone)
    local = datetime.fromtimestamp(since / 1000, zone)
    if minute_of_day is None:
        shown = since // MINUTE * MINUTE + (60 - local.minute) * MINUTE
        return shown
    for days in (0, 1, 2):
        day = local.date() + timedelta(days=days)
        shown = round(datetime.combine(day, time(minute_of_day // 60, minute_of_day % 60), zone).timestamp() * 1000)
        if shown > since:
            return shown
    raise AssertionError("one of three days shows every minute after any moment of the first")
