"""Quiet hours: a part of an agent's day, in its own time zone, in which nobody wakes it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator

MINUTE = 60_000
_SPAN = re.compile(r"([01]?\d|2[0-3]):([0-5]\d) ?[-–] ?([01]?\d|2[0-3]):([0-5]\d)")


def minutes(text: str) -> tuple[int, int] | None:
    """``22:00-07:00`` as minutes of the day; None for an empty text.

    Raises:
        ValueError: it is no such span, or an empty one.
    """
    if not text.strip():
        return None
    found = _SPAN.fullmatch(text.strip())
    if found is None:
        raise ValueError('must be a part of the day, such as "22:00-07:00", or empty for none')
    hours, rest, last_hours, last_rest = map(int, found.groups())
    first, last = hours * 60 + rest, last_hours * 60 + last_rest
    if first == last:
        raise ValueError("must begin and end at different times; to wake it never, switch waking off")
    return first, last


def written(first: int | None, last: int | None) -> str:
    """The reverse of `minutes`."""
    if first is None or last is None:
        return ""
    return "-".join(f"{at // 60:02}:{at % 60:02}" for at in (first, last))


def _checked(text: str) -> str:
    found = minutes(text)
    return "" if found is None else written(*found)


Quiet = Annotated[str, AfterValidator(_checked)]
"""A part of the day, ``22:00-07:00``; empty for none."""


def ends_at(first: int, last: int, now: int, time_zone: str) -> int | None:
    """When the quiet hours end in which ``now`` lies; None if it lies in none. Times are milliseconds.

    What counts is the clock on the wall: a minute that it shows twice begins or ends them twice, and where it leaves
    out their end they have ended when it goes on.
    """
    zone = ZoneInfo(time_zone)

    def wall(at: int) -> datetime:
        return datetime.fromtimestamp(at / 1000, UTC).astimezone(zone)

    def lies_in(at: int) -> bool:
        minute = wall(at).hour * 60 + wall(at).minute
        return first <= minute < last if first < last else minute >= first or minute < last

    if not lies_in(now):
        return None
    local = wall(now)
    day = local.date() + timedelta(days=1 if first > last and local.hour * 60 + local.minute >= first else 0)
    shown = [datetime.combine(day, time(last // 60, last % 60, fold=fold), zone) for fold in (0, 1)]
    end = max(min(round(each.timestamp() * 1000) for each in shown), now - now % MINUTE + MINUTE)
    while lies_in(end):  # in the hour in which the clock is set, it is not shown, or for the second time
        end += MINUTE
    return end
