"""The steps of a chart over time: hours, days, weeks or months as the calendar of a time zone has them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Literal

Step = Literal["hour", "day", "week", "month"]
HOUR = 3_600_000
DAY = 24 * HOUR
LONGEST_YEARS = 50
"""How long the period of a report may be, so that a chart has a bounded number of steps."""


def step_of(since: int, until: int) -> Step:
    """What a period is divided into."""
    days = (until - since) / DAY
    return "hour" if days <= 2 else "day" if days <= 62 else "week" if days <= 800 else "month"


def starts_of(since: int, until: int, zone: tzinfo) -> list[int]:
    """When the steps of a period begin, in UTC milliseconds. The first one is cut off where the period begins."""
    later = (moment for moment in _whole(since, until, zone) if since < moment < until)
    return [since, *later]


def _whole(since: int, until: int, zone: tzinfo) -> Iterator[int]:
    step = step_of(since, until)
    if step == "hour":  # not by the clock on the wall, which leaves hours out and shows others twice
        offset = datetime.fromtimestamp(since / 1000, zone).utcoffset() or timedelta()
        past = (since + offset // timedelta(milliseconds=1)) % HOUR
        yield from range(since - past, until, HOUR)
        return
    day = datetime.fromtimestamp(since / 1000, zone).date()
    last = datetime.fromtimestamp(until / 1000, zone).date()
    while day <= last:
        yield round(datetime.combine(day, time(), zone).timestamp() * 1000)
        day = _next(day, step)


def _next(day: date, step: Step) -> date:
    """The beginning of the step behind the one of a day."""
    if step == "month":
        return (day.replace(day=1) + timedelta(days=31)).replace(day=1)
    return day + timedelta(days=7 - day.weekday() if step == "week" else 1)
