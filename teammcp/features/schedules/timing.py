"""When a schedule runs: by a cron expression, at intervals, or once. All times in UTC milliseconds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Literal
from zoneinfo import ZoneInfo

from ...arguments.times import read_time
from ...clock import rfc3339
from ...server.cron import Cron, parse_cron

Kind = Literal["cron_expr", "every", "at"]
MINUTE = 60_000
UNITS = {"minute": MINUTE, "hour": 60 * MINUTE, "day": 1440 * MINUTE, "week": 7 * 1440 * MINUTE}
LONGEST = 366 * UNITS["day"]
INTERVAL = re.compile(
    r"(?:every\s+)?(?:(\d{1,6})\s*)?(m|min|mins|minutes?|h|hours?|d|days?|w|weeks?)", re.IGNORECASE | re.ASCII
)
HORIZON = 3660 * UNITS["day"]
"""How far from now the moments of a schedule may lie."""


@dataclass(frozen=True)
class Every:
    """An interval, counted from ``first``. Days and weeks keep the time of day when the clocks change."""

    number: int
    unit: str
    first: int

    @property
    def text(self) -> str:
        """``15 minutes``."""
        return f"{self.number} {self.unit}" + ("s" if self.number > 1 else "")

    @property
    def length(self) -> int:
        """Milliseconds, on a day like any other."""
        return self.number * UNITS[self.unit]

    def next_after(self, after: int, zone: ZoneInfo) -> int:
        """The first run after ``after``."""
        if after < self.first:
            return self.first
        passed = (after - self.first) // self.length
        if self.unit in ("minute", "hour"):
            return self.first + (passed + 1) * self.length
        return next(moment for moment in self._days(passed, zone) if moment > after)

    def _days(self, start: int, zone: ZoneInfo) -> Iterator[int]:
        first = datetime.fromtimestamp(self.first / 1000, zone).replace(fold=0)
        for number in count(max(start, 1)):
            yield _milliseconds(first + number * timedelta(milliseconds=self.length))


@dataclass(frozen=True)
class Once:
    """A single moment."""

    at: int

    @property
    def text(self) -> str:
        """In RFC 3339."""
        return rfc3339(self.at)

    def next_after(self, after: int, zone: ZoneInfo) -> int | None:
        """The moment, unless it is over."""
        return self.at if self.at > after else None


@dataclass(frozen=True)
class Timing:
    """A rule with its time zone and its limits, which are inclusive."""

    rule: Cron | Every | Once
    zone: ZoneInfo
    starts_at: int | None = None
    ends_at: int | None = None

    def next_after(self, after: int) -> int | None:
        """The first run after ``after``; None if there is none."""
        if self.starts_at is not None:
            after = max(after, self.starts_at - 1)
        found = self.rule.next_after(after, self.zone)
        return None if found is None or (self.ends_at is not None and found > self.ends_at) else found

    def runs_after(self, after: int, limit: int) -> list[int]:
        """The first runs after ``after``, ``limit`` of them at most."""
        runs: list[int] = []
        while len(runs) < limit and (found := self.next_after(after)) is not None:
            runs.append(found)
            after = found
        return runs


def kind_of(text: str) -> Kind:
    """Which of the three a text is; whether it is a good one is for the parsers to say."""
    if INTERVAL.fullmatch(text.strip()):
        return "every"
    return "at" if re.match(r"\d{4}-", text.strip()) else "cron_expr"


def parse_rule(kind: Kind, text: str, zone: ZoneInfo, first: int | None, now: int) -> Cron | Every | Once:
    """Read a rule. ``first`` is when an interval begins: one interval from ``now`` without it.

    Raises:
        ValueError: what is wrong with it, in words for whoever wrote it.
    """
    if kind == "cron_expr":
        return parse_cron(text)
    if kind == "at":
        return Once(read_time(text, zone))
    number, unit = _parse_interval(text)
    if first is None:
        first = Every(number, unit, now - now % MINUTE).next_after(now, zone)
    return Every(number, unit, first)


def _parse_interval(text: str) -> tuple[int, str]:
    match = INTERVAL.fullmatch(text.strip())
    if match is None:
        raise ValueError("write an interval such as '15 minutes', '2 hours', '1 day' or 'every week'")
    number = int(match[1] or 1)
    unit = next(unit for unit in UNITS if unit[0] == match[2][0].lower())
    if not MINUTE <= number * UNITS[unit] <= LONGEST:
        raise ValueError("must be at least 1 minute and at most 366 days")
    return number, unit


def _milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
