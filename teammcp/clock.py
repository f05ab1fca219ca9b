"""Time as an object, so that tests move it instead of waiting for it."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

NANOSECONDS = 1_000_000
"""In a millisecond."""
BOOT = Path("/proc/sys/kernel/random/boot_id")
"""On Linux, another text after each start of the machine."""


@dataclass(frozen=True)
class Moved:
    """How the machine's clock has moved away from the server's time, in milliseconds.

    Attributes:
        by: how far it is ahead.
        slept: how much of that has really passed, while the machine slept.
    """

    by: int
    slept: int


class Clock:
    """What the server asks for the time. It is the server's own: see `teammcp.server.timekeeping`."""

    by_itself = True
    """Whether time passes by itself. Of a clock that waits to be moved, jobs do too: see `Jobs.run_due`."""

    def now(self) -> int:
        """UTC, milliseconds since the epoch. It runs evenly, whatever happens to the machine's clock."""
        raise NotImplementedError

    def steady(self) -> int:
        """Milliseconds of a clock that nobody sets, to measure how long something takes."""
        return self.now()

    def moved(self) -> Moved:
        """How the machine's clock has moved away from `now`."""
        return Moved(0, 0)

    def follow(self, by: int) -> None:
        """From now on `now` is ``by`` milliseconds ahead of what it was."""

    def origin(self) -> tuple[str, int] | None:
        """What tells a later process whether the machine's clock was set in between; None if nothing does.

        The name of this run of the machine, and the milliseconds since the epoch at which it began, by its clock.
        """
        return None


class SystemClock(Clock):
    """The machine's clock."""

    def __init__(self) -> None:
        self._offset = time.time_ns() - time.monotonic_ns()
        self._asleep = _asleep()

    def now(self) -> int:
        return (time.monotonic_ns() + self._offset) // NANOSECONDS

    def steady(self) -> int:
        return time.monotonic_ns() // NANOSECONDS

    def moved(self) -> Moved:
        by = time.time_ns() - time.monotonic_ns() - self._offset
        asleep = _asleep()
        slept, self._asleep = asleep - self._asleep, asleep
        return Moved(by // NANOSECONDS, max(slept, 0) // NANOSECONDS)

    def follow(self, by: int) -> None:
        self._offset += by * NANOSECONDS

    def origin(self) -> tuple[str, int] | None:
        try:
            boot = BOOT.read_text(encoding="ascii").strip()
        except (OSError, ValueError):
            return None
        began = time.time_ns() - time.monotonic_ns() - _asleep()
        return boot, began // NANOSECONDS


def _asleep() -> int:
    """Nanoseconds that the machine has slept since it was started: one clock goes on meanwhile, the other does not."""
    kind: int | None = getattr(time, "CLOCK_BOOTTIME", None)
    if sys.platform == "darwin":
        kind = time.CLOCK_MONOTONIC
    return 0 if kind is None else time.clock_gettime_ns(kind) - time.monotonic_ns()


def rfc3339(milliseconds: int) -> str:
    """``1767225600000`` -> ``2026-01-01T00:00:00.000Z``, the form of every time outside the database."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def milliseconds(text: str) -> int:
    """The reverse of `rfc3339`. What others write for a time is read by `teammcp.arguments.times`.

    Raises:
        ValueError: it is nothing that `rfc3339` wrote.
    """
    return round(datetime.fromisoformat(text).timestamp() * 1000)
