"""How much one result may hold: agents' programs take so many characters at once, and cut off or refuse what is more.

Whatever reads lists takes what fits of them and says how to go on. What did not fit was not given: it counts neither
as offered nor as read.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from itertools import takewhile
from typing import Any, Self, TypeVar

from pydantic import BaseModel

from ..text.untrusted import QUOTE

T = TypeVar("T")

LEAST, LITTLE = 40, 4
"""What the smallest row of a list counts, and a number."""
PLAIN = {int, bool, float, type(None)}


class Budget:
    """The characters that are left for a result. Without a number there is no end to them.

    The first thing that is taken always fits, however large it is, so that who goes on gets on.
    """

    def __init__(self, characters: float | None = None) -> None:
        self._left = math.inf if characters is None else characters
        self._began = False
        self._whole: Self | None = None

    def part(self, share: float) -> Self:
        """A budget for a part of the result, of this share of what is left; what it takes is gone from the whole."""
        part = type(self)(self._left * share)
        part._whole, part._began = self, self._began
        return part

    def take(self, item: Any, beside: int = 0) -> bool:
        """Whether an item fits, be it a model or any JSON, with so many characters beside it; if so, it is taken."""
        if self._left == math.inf:
            return True
        size = weight(item) + beside
        if self._began and size > self._left:
            return False
        self._began = True
        self._spend(size)
        return True

    def fit(self, items: Iterable[T]) -> list[T]:
        """The items up to the first one that does not fit."""
        return list(takewhile(self.take, items))

    def _spend(self, size: int) -> None:
        self._left -= size
        if self._whole is not None:
            self._whole._spend(size)


def weight(item: Any) -> int:
    """About how many characters something has in a text: those of its values, with a mark before every line."""
    if type(item) is str:
        return len(item) + len(QUOTE) * item.count("\n")
    if not item or type(item) in PLAIN:  # most fields of most rows, and this is asked for each
        return LITTLE
    if isinstance(item, BaseModel):
        return max(LEAST, sum(map(weight, item.__dict__.values())))
    if isinstance(item, list):
        return sum(map(weight, item))
    return len(json.dumps(item, ensure_ascii=False, default=str))
