"""How much is measured, and where the data live."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass
class Options:
    """Options of a run."""

    scratch: Path
    """An empty folder on a real disk, deleted afterwards."""
    cache: Path
    """Where seeded databases are kept for the next run."""
    seconds: float = 2.0
    """Length of one round of load."""
    rounds: int = 6
    """How often floor and product take turns."""
    samples: int = 300
    """How many single requests or deliveries are timed."""
    messages: int = 1_000_000
    """Size of the large team."""
    few: int = 1000
    """Size of the small one beside it."""
    tasks: int = 100_000
    """Size of the team with many tasks."""
    starts: int = 5
    streams: int = 500
    """Idle clients of the measurement of memory."""
    members: tuple[int, ...] = (12, 200)
    idle_seconds: float = 7.0
    woken: int = 20
    """Idle programs with a helper beside each."""
    wake_seconds: float = 120.0
    """Span in which idle helpers are watched: each asks the server anew within a minute."""
    cold_starts: int = 5
    """How often a program is started for the first time to answer a question."""
    programs: int = 30
    """Messages to each real program that is woken at once."""
    polls: int = 8
    """Messages to one that looks for lines every ten seconds."""

    def folder(self, name: str) -> Path:
        """A new data folder."""
        return self.scratch / name


def quick(scratch: Path, cache: Path) -> Options:
    """Enough for a first impression."""
    return Options(
        scratch,
        cache,
        seconds=1.0,
        rounds=3,
        samples=60,
        messages=20_000,
        tasks=5000,
        starts=3,
        streams=100,
        idle_seconds=6.0,
        wake_seconds=20.0,
        cold_starts=2,
        programs=4,
        polls=1,
    )
