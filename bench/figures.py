"""What the benchmarks find: figures, each with its floor and its budget, and the table of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from statistics import median
from typing import Any

HEADS = ("what", "figure", "floor", "ratio", "budget", "")


@dataclass
class Figure:
    """One line of the table.

    ``value`` and ``floor`` are in ``unit``; ``low`` and ``high`` are the extremes of the rounds whose median ``value``
    is; ``ratio`` is the median of the rounds' own ratios, so that what disturbs a whole round disturbs it little.
    """

    what: str
    value: float
    unit: str
    low: float | None = None
    high: float | None = None
    floor: float | None = None
    floor_of: str = ""
    ratio: float | None = None
    budget: str = ""
    met: bool | None = None

    def cells(self) -> tuple[str, ...]:
        """The cells of its row."""
        figure = f"{number(self.value)} {self.unit}"
        if self.low is not None and self.high is not None:
            figure += f" ({number(self.low)} to {number(self.high)})"
        floor = "" if self.floor is None else f"{number(self.floor)} {self.unit}"
        if self.floor_of:
            floor = f"{floor} ({self.floor_of})"
        verdict = "" if self.met is None else "met" if self.met else "MISSED"
        return self.what, figure, floor, "" if self.ratio is None else f"{self.ratio:.2f}", self.budget, verdict

    def as_dict(self) -> dict[str, Any]:
        """For ``--json``."""
        return asdict(self)


@dataclass(frozen=True)
class LeftOut:
    """A line of the table for what cannot be measured here."""

    what: str
    why: str
    met: None = None

    def cells(self) -> tuple[str, ...]:
        """The cells of its row."""
        return self.what, f"left out: {self.why}", "", "", "", ""

    def as_dict(self) -> dict[str, Any]:
        """For ``--json``."""
        return asdict(self)


Line = Figure | LeftOut


def number(value: float) -> str:
    """Three digits that matter, no more."""
    if value >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.3g}"


def together(rounds: Iterable[Sequence[float]]) -> list[float]:
    """The values of all rounds."""
    return list(chain.from_iterable(rounds))


def p99(values: Sequence[float]) -> float:
    """The value that one in a hundred exceeds."""
    return sorted(values)[len(values) * 99 // 100]


def paired(values: Sequence[float], floors: Sequence[float]) -> float:
    """The median of the rounds' ratios."""
    return median(value / floor for value, floor in zip(values, floors, strict=True))


def compared(what: str, unit: str, values: Sequence[float], floors: Sequence[float], floor_of: str) -> Figure:
    """A figure of several rounds beside the floor of the same rounds."""
    return Figure(
        what,
        median(values),
        unit,
        min(values),
        max(values),
        floor=median(floors),
        floor_of=floor_of,
        ratio=paired(values, floors),
    )


def plain(figures: Sequence[Line]) -> str:
    """The table for a terminal."""
    rows = [HEADS, *(figure.cells() for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADS))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    lines.insert(1, "-" * max(map(len, lines)))
    return "\n".join(lines)


def markdown(figures: Sequence[Line]) -> str:
    """The table for a page."""
    rows = [HEADS, ("---", "---:", "---:", "---:", "---", "---"), *(figure.cells() for figure in figures)]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)
