"""Fitting sections into a budget of tokens."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from teammcp import excerpt

from .models import BriefingSection, bullet, heading, rest

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
    return excerpt(" ".join(text.split()), LINE)


def fit(subjects: Sequence[Subject], budget: int) -> list[BriefingSection]:
    """As much of the subjects as fits into ``budget`` tokens, in whole lines.

    First each gets its share of the room, then what is left over goes to the most important ones. The headings and the
    lines that say what is left out are always there; the caller's budget is large enough for those.
    """
    costs = [_costs(subject) for subject in subjects]
    room = budget - sum(each[0] for each in costs)
    shares = sum(subject.share for subject in subjects)
    chosen = [
        _most(each, each[0] + room * subject.share // shares) for subject, each in zip(subjects, costs, strict=True)
    ]
    for number, each in enumerate(costs):
        spent = sum(other[chosen[place]] for place, other in enumerate(costs) if place != number)
        chosen[number] = max(chosen[number], _most(each, budget - spent))
    return [_section(subject, count) for subject, count in zip(subjects, chosen, strict=True)]


def _costs(subject: Subject) -> list[int]:
    """What the section of a subject costs with no line, with one, and so on; a line break is part of each line."""
    lines = [0, *accumulate(tokens(f"{bullet(each)}\n") for each in subject.lines)]
    left_out = [max(subject.total, len(subject.lines)) - count for count in range(len(lines))]
    ends = [sum(tokens(f"{each}\n") for each in rest(number, subject.more)) for number in left_out]
    return [tokens(f"{heading(subject.title)}\n") + line + end for line, end in zip(lines, ends, strict=True)]


def _most(costs: list[int], budget: int) -> int:
    """How many lines of a section fit."""
    return max((count for count, cost in enumerate(costs) if cost <= budget), default=0)


def _section(subject: Subject, count: int) -> BriefingSection:
    return BriefingSection(
        name=subject.name,
        title=subject.title,
        lines=list(subject.lines[:count]),
        left_out=max(subject.total, len(subject.lines)) - count,
        more=subject.more,
    )
