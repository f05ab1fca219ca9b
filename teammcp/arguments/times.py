"""What somebody writes for a time, read in one way everywhere.

A time without an offset is one in the time zone of whoever wrote it. A date alone is a whole day there: its beginning
where something begins, its end where something ends. A time of day that a change of clocks leaves out is as much
later; one that it brings twice is the first.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

Edge = Literal["start", "end", "next"]
WRITTEN = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)"
    r"(?:[T ](?P<time>\d\d(?::\d\d(?::\d\d(?:\.\d{1,9})?)?)?) ?(?P<offset>Z|[+-]\d\d:?\d\d)?)?",
    re.ASCII | re.IGNORECASE,
)
"""A date as RFC 3339 has it, with or without a time (https://www.rfc-editor.org/rfc/rfc3339#section-5.6)."""
MILLISECOND = timedelta(milliseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def read_time(text: str, zone: tzinfo = UTC, edge: Edge = "start") -> int:
    """The moment that a text means, in UTC milliseconds.

    Args:
        text: ``2026-01-31``, ``2026-01-31T09:00``, with seconds, with ``Z`` or an offset such as ``+01:00``.
        zone: where a time is that says no offset.
        edge: what a date alone means: the beginning of the day, its last millisecond, or the beginning of the next.

    Raises:
        ValueError: it is none, in words for whoever wrote it.
    """
    match = WRITTEN.fullmatch(text.strip())
    try:
        if match is None:
            raise ValueError
        day = date.fromisoformat(match["day"])
        at = time.fromisoformat((match["time"] or "00:00") + (match["offset"] or "").upper())
        later = timedelta(days=1) if match["time"] is None and edge != "start" else timedelta()
        found = datetime.combine(day + later, at, at.tzinfo or zone).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(
            "must be a date and time such as 2026-01-31T09:00 (where you are) or 2026-01-31T09:00:00Z, or only a date"
        ) from None
    moment = (found - EPOCH) // MILLISECOND
    return moment - 1 if later and edge == "end" else moment


def zone_of(name: str) -> ZoneInfo:
    """The time zone of a stored name; the system's list of them may have changed.

    Raises:
        ValueError: there is none any more.
    """
    try:
        return ZoneInfo(name)
    except ZoneInfoNotFoundError:
        raise ValueError(f"there is no time zone '{name}'") from None


def zone_of_writer(context: Mapping[str, str] | None) -> tzinfo:
    """The time zone of whose arguments pydantic is checking, from what `Operation.check` tells it.

    Raises:
        ValueError: as `zone_of`.
    """
    return zone_of((context or {}).get("time_zone", "UTC"))
