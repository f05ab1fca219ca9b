"""What can be said of many questions: pure functions."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)

SAID = {"answered", "cannot_say"}
"""States of a question to which something was said."""
Span = tuple[int, int]
"""From a moment to a later one, in milliseconds; the end is not in it."""


@dataclass(frozen=True)
class Asked:
    """A question as figures know it.

    Attributes:
        id: of the question.
        project: which is asked.
        asking: the project on whose behalf; None for a member that works in none.
        asker: who has asked it.
        state: how it stands.
        holder: who has it to answer, or has answered it.
        trouble: why it could not be asked yet.
        reply_by: until when an answer is wanted.
        asked_at, begun_at, ended_at: when it was asked, when somebody got it to answer, when it was over.
    """

    id: int
    project: str
    asking: str | None
    asker: str
    state: str
    holder: str | None
    trouble: str
    reply_by: int | None
    asked_at: int
    begun_at: int | None
    ended_at: int | None

    @property
    def lane(self) -> str:
        """In which it waits, see `fairness`."""
        return self.asking or f"@{self.asker}"

    @property
    def until_begun(self) -> int | None:
        """How long it has waited for somebody to get it; None if nobody has."""
        return None if self.begun_at is None else self.begun_at - self.asked_at

    @property
    def until_answered(self) -> int | None:
        """How long its asker has waited for what was said to it; None if nothing was."""
        return None if self._said_at is None else self._said_at - self.asked_at

    @property
    def at_work(self) -> int | None:
        """How long somebody has had it before saying something to it; None if nobody had, or nothing was said."""
        return None if self._said_at is None or self.begun_at is None else self._said_at - self.begun_at

    @property
    def _said_at(self) -> int | None:
        return self.ended_at if self.state in SAID else None

    def is_overdue(self, now: int) -> bool:
        """Whether its time is over, and it is still open."""
        return self.ended_at is None and self.reply_by is not None and self.reply_by <= now

    def waiting(self, now: int) -> Span:
        """From when to when it has waited for its turn."""
        return self.asked_at, _first(self.begun_at, self.ended_at, now)

    def answering(self, now: int) -> Span | None:
        """From when to when somebody has had it to answer; None if nobody has, or has asked something back."""
        if self.begun_at is None or self.state == "countered":
            return None
        return self.begun_at, _first(self.ended_at, now)


def _first(*moments: int | None) -> int:
    return next(moment for moment in moments if moment is not None)


def percentile(values: Iterable[int | None], percent: int) -> int | None:
    """The least of the values that so many of a hundred do not exceed. None among them is no value."""
    ordered = sorted(value for value in values if value is not None)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)] if ordered else None


def most_at_once(spans: Iterable[Span]) -> int:
    """How many of the spans have a moment in common, at most."""
    return max((count for _, count in _counted(spans)), default=0)


def time_of(spans: Iterable[Span], count: int) -> int:
    """Milliseconds in which at least so many of the spans are."""
    counted = _counted(spans)
    return sum(after - at for (at, here), (after, _) in pairwise(counted) if here >= count)


def _counted(spans: Iterable[Span]) -> Iterator[tuple[int, int]]:
    """The moments at which a span begins or ends, and how many there are from then on."""
    changes: dict[int, int] = {}
    for begin, end in spans:
        if begin < end:
            changes[begin] = changes.get(begin, 0) + 1
            changes[end] = changes.get(end, 0) - 1
    here = 0
    for at in sorted(changes):
        here += changes[at]
        yield at, here


def cut(spans: Iterable[Span | None], since: int, until: int) -> list[Span]:
    """What of the spans lies between two moments."""
    found = [(max(span[0], since), min(span[1], until)) for span in spans if span is not None]
    return [(begin, end) for begin, end in found if begin < end]


def grouped(asked: Iterable[Asked], key: Callable[[Asked], Key]) -> dict[Key, list[Asked]]:
    """The questions by something that is said of each."""
    found: dict[Key, list[Asked]] = {}
    for each in asked:
        found.setdefault(key(each), []).append(each)
    return found


def per_step(asked: Sequence[Asked], starts: Sequence[int], moment: Callable[[Asked], int | None]) -> list[int]:
    """How many fall into each step of time. ``starts``: when these begin; the last one goes on."""
    counts = [0] * len(starts)
    for each in asked:
        at = moment(each)
        if at is not None and starts and at >= starts[0]:
            counts[bisect_right(starts, at) - 1] += 1
    return counts
