"""Cron expressions of five fields: read here into numbers, which APScheduler's trigger finds in the calendar.

The trigger counts the days of the week from Monday and always wants both day fields to fit. Here, as in cron, 0 and 7
are Sunday, and if both day fields are restricted one of them is enough.

The trigger is asked for times of day without a zone, where no clock ever changes (it loses runs at hour 0 in a zone
whose clocks are put forward). What moment such a time is, is worked out here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from apscheduler.triggers.base import BaseTrigger
    from apscheduler.triggers.cron import CronTrigger

ALIASES = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
LONGEST = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
"""The most days each month can have."""
DAY_LONG = timedelta(days=1)
PART = re.compile(r"(?P<star>\*)|(?P<first>\w+)(?:-(?P<last>\w+))?", re.ASCII)


@dataclass(frozen=True)
class Field:
    """One of the five fields."""

    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()
    """What stands for ``low``, ``low + 1``, …"""
    circular: bool = False
    """Whether a range may run over the end: SAT-SUN, FRI-MON."""


MINUTE = Field("minute", 0, 59)
HOUR = Field("hour", 0, 23)
DAY = Field("day of the month", 1, 31)
MONTH = Field("month", 1, 12, ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"))
WEEKDAY = Field("day of the week", 0, 7, ("sun", "mon", "tue", "wed", "thu", "fri", "sat", "sun"), circular=True)
FIELDS = (MINUTE, HOUR, DAY, MONTH, WEEKDAY)


@dataclass(frozen=True)
class Cron:
    """A cron expression: the numbers that fit each field, in order. Sunday is 0."""

    text: str
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[int, ...]
    months: tuple[int, ...]
    weekdays: tuple[int, ...]
    either_day: bool
    """Both day fields are restricted, so that one of them is enough."""

    def next_after(self, after: int, zone: ZoneInfo) -> int | None:
        """The first moment after ``after`` that fits, both in UTC milliseconds, or None.

        A time of day that a change of clocks leaves out comes as much later; one that it brings twice comes once,
        unless every hour fits anyway.
        """
        now = datetime.fromtimestamp(after / 1000, UTC)
        found: datetime | None = None
        for local in self._times(now + min(_offsets(now, zone))):
            if found is not None and local - max(_offsets(found, zone)) >= found:
                break
            later = [moment for moment in self._moments(local, zone) if moment > now]
            found = min(later if found is None else [found, *later], default=None)
        return None if found is None else round(found.timestamp() * 1000)

    def _times(self, start: datetime) -> Iterator[datetime]:
        """The times of day from ``start`` on that fit, in order; their zone is called UTC and is no zone."""
        trigger = _trigger(self)
        local = trigger.get_next_fire_time(None, start)
        while local is not None:
            yield local
            local = trigger.get_next_fire_time(local, local)

    def _moments(self, local: datetime, zone: ZoneInfo) -> set[datetime]:
        """When a zone's clocks show a time of day, or would have shown it if they had not been put forward."""
        folds = (0, 1) if len(self.hours) == 24 and _is_repeated(local, zone) else (0,)
        return {local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in folds}


def _offsets(moment: datetime, zone: ZoneInfo) -> list[timedelta]:
    """How far a zone's clocks are ahead of UTC around a moment: no change of clocks is longer than a day."""
    around = (moment - DAY_LONG, moment, moment + DAY_LONG)
    return [one.astimezone(zone).utcoffset() or timedelta() for one in around]


def _is_repeated(local: datetime, zone: ZoneInfo) -> bool:
    """Whether a zone's clocks show a time of day twice, as they are put back."""
    first, second = (local.replace(tzinfo=zone, fold=fold).utcoffset() or timedelta() for fold in (0, 1))
    return first > second


@lru_cache(maxsize=1024)
def parse_cron(text: str) -> Cron:
    """Read a cron expression, or a name such as ``@daily``.

    Raises:
        ValueError: what is wrong with it, in words for whoever wrote it.
    """
    text = " ".join(text.split())
    if text.startswith("@"):
        if text.lower() not in ALIASES:
            raise ValueError(f"'{text}' is not known; take one of {', '.join(ALIASES)}")
        text = ALIASES[text.lower()]
    parts = text.split(" ")
    if len(parts) != len(FIELDS):
        raise ValueError("a cron expression has five fields: minute, hour, day of the month, month, day of the week")
    minutes, hours, days, months, weekdays = (_numbers(part, field) for part, field in zip(parts, FIELDS, strict=True))
    weekdays = tuple(sorted({day % 7 for day in weekdays}))
    either = not parts[2].startswith("*") and not parts[4].startswith("*")
    if not either and days[0] > max(LONGEST[month - 1] for month in months):
        raise ValueError(f"no month of those has a day {days[0]}")
    return Cron(text, minutes, hours, days, months, weekdays, either)


def _numbers(text: str, field: Field) -> tuple[int, ...]:
    found: set[int] = set()
    for part in text.split(","):
        found.update(_part(part, field))
    return tuple(sorted(found))


def _part(part: str, field: Field) -> Iterator[int]:
    """The numbers of ``*``, ``3``, ``3-9`` or ``mon-fri``, with a step behind it or not."""
    span, slash, step_text = part.partition("/")
    match = PART.fullmatch(span)
    if match is None:
        raise ValueError(f"the {field.name} '{part}' cannot be read; write *, 3, 3-9, */2 or several with commas")
    step = _step(step_text, field) if slash else 1
    if match["star"]:
        return iter(range(field.low, field.high + 1, step))
    first = _number(match["first"], field)
    open_end = field.high if slash else first
    last = open_end if match["last"] is None else _number(match["last"], field)
    if first > last and field.circular:
        last += len(field.names) - 1
    if first > last:
        raise ValueError(f"the {field.name} '{part}' begins behind its end")
    return iter(range(first, last + 1, step))


def _number(text: str, field: Field) -> int:
    if text.lower() in field.names:
        return field.low + field.names.index(text.lower())
    if not text.isdigit() or not field.low <= int(text) <= field.high:
        names = f" or {field.names[0].upper()} to {field.names[-2].upper()}" if field.circular else ""
        raise ValueError(f"the {field.name} '{text}' must be {field.low} to {field.high}{names}")
    return int(text)


def _step(text: str, field: Field) -> int:
    if not text.isdigit() or not 1 <= int(text) <= field.high:
        raise ValueError(f"the {field.name}'s step '/{text}' must be a number from 1 to {field.high}")
    return int(text)


@lru_cache(maxsize=1024)
def _trigger(cron: Cron) -> BaseTrigger:
    """APScheduler's trigger for it; with ``either_day`` two, of which the earlier counts."""
    from apscheduler.triggers.combining import OrTrigger
    from apscheduler.triggers.cron import CronTrigger

    def trigger(**day: str) -> CronTrigger:
        return CronTrigger(
            minute=_listed(cron.minutes, MINUTE),
            hour=_listed(cron.hours, HOUR),
            month=_listed(cron.months, MONTH),
            timezone=UTC,
            **day,
        )

    day = {"day": _listed(cron.days, DAY)}
    weekday = {"day_of_week": ",".join(str((day - 1) % 7) for day in cron.weekdays)}
    if not cron.either_day:
        return trigger(**day, **weekday)
    if cron.days[0] > max(LONGEST[month - 1] for month in cron.months):  # it would look for that day for ever
        return trigger(**weekday)
    return OrTrigger([trigger(**day), trigger(**weekday)])


def _listed(numbers: tuple[int, ...], field: Field) -> str:
    everything = len(numbers) == field.high - field.low + 1
    return "*" if everything else ",".join(map(str, numbers))
