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
    """The reverse of `rfc3339`. What others write for a time is read by `teammcp.times`.

    Raises:
        ValueError: it is nothing that `rfc3339` wrote.
    """
    return round(datetime.fromisoformat(text).timestamp() * 1000)
