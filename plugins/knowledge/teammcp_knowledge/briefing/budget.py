"""Fitting sections into a budget of tokens."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from .models import BriefingSection

LINE = 240
"""Characters of a line: what it tells of is looked up where more is wanted."""


@dataclass(frozen=True)
class Subject:
    """What there is to tell of one subject, before it is known how much of it fits."""

    name: str
    title: str
    lines: Sequence[str]
    total: int
    """How much there is; more than ``lines`` if not all was fetched."""
    more: str
    share: int
    """Its weight when room is given out."""


def tokens(text: str) -> int:
    """What a text is estimated at: one for each wide character, one for each four others."""
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return wide + -(-(len(text) - wide) // 4)


def line(text: str) -> str:
    """A text in one line, so that nobody's words can look like a line of another; cut if it is very long."""
    text = " ".join(text.split())
    return text if len(text) <= LINE else text[: LINE - 1] + "…"


def fit(subjects: Sequence[Subject], budget: int) -> list[BriefingSection]:
    """As much of the subjects as fits into ``budget`` tokens, in whole lines.

    First each gets its share of the room, then what is left over goes to the most important ones. The headings and the
    lines that say what is left out are always there; the caller's budget is large enough for those.
    """
    chosen = [0] * len(subjects)
    room = budget - sum(_cost(subject, 0) for subject in subjects)
    shares = sum(subject.share for subject in subjects)
    for number, subject in enumerate(subjects):
        part = room * subject.share // max(1, shares)
        chosen[number] = _most(subject, _cost(subject, 0) + part)
    for number, subject in enumerate(subjects):
        others = sum(_cost(each, chosen[place]) for place, each in enumerate(subjects) if place != number)
        chosen[number] = max(chosen[number], _most(subject, budget - others))
    return [_section(subject, count) for subject, count in zip(subjects, chosen, strict=True)]


def _most(subject: Subject, budget: int) -> int:
    """How many lines of a subject fit."""
    fitting = [count for count in range(len(subject.lines) + 1) if _cost(subject, count) <= budget]
    return max(fitting, default=0)


def _cost(subject: Subject, count: int) -> int:
    return sum(tokens(each + "\n") for each in _section(subject, count).text().split("\n"))


def _section(subject: Subject, count: int) -> BriefingSection:
    return BriefingSection(
        name=subject.name,
        title=subject.title,
        lines=list(subject.lines[:count]),
        left_out=max(subject.total, len(subject.lines)) - count,
        more=subject.more,
    )
