"""Patterns of paths, as tools name the members of a workspace with them.

A path and a pattern are sequences of names. ``**`` stands for any number of them; within one name ``*``, ``?`` and
``[…]`` mean what they mean in a shell. How long a match takes does not depend on how the pattern is made.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

ANY = "**"
LONGEST = 512
MOST_CHOICES = 64
"""Patterns that the braces of one may stand for; what comes beyond them is left out."""

Pattern = tuple[str, ...]
Places = frozenset[int]
"""How far into a pattern a path has got, in each way in which it can be read."""


def split(text: str) -> Pattern | None:
    """The names of a pattern or a path; None if it leads out of the folder in which it is, or is too long."""
    if text.startswith("/") or len(text) > LONGEST:
        return None
    names = tuple(name.replace("[^", "[!") for name in text.split("/") if name not in ("", "."))
    return None if ".." in names else names


def is_literal(pattern: Pattern) -> bool:
    """Whether it stands for one path alone."""
    return not any(character in name for name in pattern for character in "*?[")


def choices(text: str) -> list[str]:
    """The patterns that braces stand for: ``{apps,libs}/*`` is ``apps/*`` and ``libs/*``."""
    done: list[str] = []
    open_ones = [text[:LONGEST]]
    while open_ones and len(done) + len(open_ones) <= MOST_CHOICES:
        each = open_ones.pop(0)
        inner = re.search(r"\{([^{}]*,[^{}]*)\}", each)
        if inner is None:
            done.append(each)
        else:
            open_ones += [f"{each[: inner.start()]}{part}{each[inner.end() :]}" for part in inner[1].split(",")]
    return done


def begin(pattern: Pattern) -> Places:
    """Where a path begins."""
    return _onward(pattern, {0})


def step(pattern: Pattern, places: Places, name: str) -> Places:
    """Where a path has got with one more name. From nowhere nothing leads on."""
    reached = set()
    for place in places:
        if place == len(pattern):
            continue
        if pattern[place] == ANY:
            reached.add(place)
        elif fnmatchcase(name, pattern[place]):
            reached.add(place + 1)
    return _onward(pattern, reached)


def is_end(pattern: Pattern, places: Places) -> bool:
    """Whether a path that has got so far matches."""
    return len(pattern) in places


def matches(pattern: Pattern, path: Sequence[str]) -> bool:
    """Whether a whole path matches a pattern."""
    places = begin(pattern)
    for name in path:
        places = step(pattern, places, name)
    return is_end(pattern, places)


def _onward(pattern: Pattern, places: Iterable[int]) -> Places:
    """These places, and those after a ``**`` that stands for no name."""
    reached = set()
    for place in places:
        reached.add(place)
        while place < len(pattern) and pattern[place] == ANY:
            place += 1
            reached.add(place)
    return frozenset(reached)
