"""Where the words of a drawing stand: beside their own lines, and on no other as far as there is room."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

Point = tuple[float, float]
Line = Sequence[Point]
Box = tuple[float, float, float, float]
"""Left, top, right and bottom."""

HEIGHT = 15
APART = 3
"""Between a word and its line."""
CELL = 24
FROM, TO = 0.15, 0.7
"""Between which parts of its line a word may stand: nearer to where it begins than to where many lines end."""
BEST = 0.34
COVERED = 30
"""How much worse it is to cover another word or a name than a bit of a line."""


def places(wide: Sequence[float], lines: Sequence[Line], thick: Sequence[float], taken: Iterable[Box]) -> list[Point]:
    """The middles of words, one after the other.

    Args:
        wide: how wide the word beside each line is; 0 where there is none.
        lines: points along each line, near each other.
        thick: how thick each line is.
        taken: what words must not cover, as names.

    Returns:
        One place for each line; where there is no word, a point of the line.
    """
    near = _cells(lines, thick)
    boxes, found = list(taken), []
    for number, (width, line) in enumerate(zip(wide, lines, strict=True)):
        if not width:
            found.append(line[round(BEST * (len(line) - 1))])
            continue
        tried = [
            (_covers(number, near, boxes, _box(place, width)) + away, place)
            for place, away in _beside(line, thick[number], width)
        ]
        place = min(tried)[1]
        boxes.append(_box(place, width))
        found.append(place)
    return found


def _beside(line: Line, thick: float, wide: float) -> Iterator[tuple[Point, float]]:
    """Places on both sides of a line, and how far each is from where a word would best stand."""
    last = len(line) - 1
    for step in range(round(FROM * last), round(TO * last) + 1):
        (x, y), (before_x, before_y), (after_x, after_y) = line[step], line[max(step - 1, 0)], line[min(step + 1, last)]
        along_x, along_y = after_x - before_x, after_y - before_y
        length = math.hypot(along_x, along_y) or 1
        across_x, across_y = -along_y / length, along_x / length
        away = wide / 2 * abs(across_x) + HEIGHT / 2 * abs(across_y) + thick / 2 + APART
        for side in (-1, 1):
            yield (x + side * away * across_x, y + side * away * across_y), abs(step / last - BEST)


def _box(middle: Point, wide: float) -> Box:
    x, y = middle
    return x - wide / 2, y - HEIGHT / 2, x + wide / 2, y + HEIGHT / 2


Cells = dict[tuple[int, int], list[tuple[float, float, float, int]]]


def _cells(lines: Sequence[Line], thick: Sequence[float]) -> Cells:
    """The points of all lines, with half their thickness and their numbers, by where they are."""
    found: Cells = defaultdict(list)
    for number, line in enumerate(lines):
        for x, y in line:
            found[int(x // CELL), int(y // CELL)].append((x, y, thick[number] / 2, number))
    return found


def _covers(number: int, near: Cells, taken: Sequence[Box], box: Box) -> float:
    """How much a box would cover: points of lines, its own counting less, and what is taken."""
    left, top, right, bottom = box
    covered = 0.0
    for column in range(int(left // CELL) - 1, int(right // CELL) + 2):
        for row in range(int(top // CELL) - 1, int(bottom // CELL) + 2):
            for x, y, beside, line in near.get((column, row), ()):
                if left - beside <= x <= right + beside and top - beside <= y <= bottom + beside:
                    covered += 0.5 if line == number else 1
    return covered + COVERED * sum(_meet(box, other) for other in taken)


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
