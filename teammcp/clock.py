"""Time as an object, so that tests move it instead of waiting for it."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What the server asks for the time."""

    def now(self) -> int:
        """UTC, milliseconds since the epoch."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> int:
        return time.time_ns() // 1_000_000


def rfc3339(milliseconds: int) -> str:
    """``1767225600000`` -> ``2026-01-01T00:00:00.000Z``, the form of every time outside the database."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def milliseconds(text: str) -> int:
    """The reverse of `rfc3339`; also takes a bare date, and an offset instead of ``Z``.

    Raises:
        ValueError: not a date or time.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("must be a date or time, such as 2026-01-31 or 2026-01-31T12:00:00Z") from None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)
