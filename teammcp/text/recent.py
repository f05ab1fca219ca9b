"""A memory of what was worked out recently, bounded by how much there is of it."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class Recent(Generic[K]):
    """Texts by what they were made of; the ones not asked for longest are forgotten. Any thread may use it.

    Args:
        characters: how many characters of text it keeps at the most.
    """

    def __init__(self, characters: int) -> None:
        self._limit = characters
        self._kept: OrderedDict[K, str] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def get(self, key: K) -> str | None:
        """The text for a key, None if it is not known or no longer."""
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            return found

    def put(self, key: K, text: str) -> None:
        """Keep a text."""
        with self._lock:
            self._size += _weight(text) - _weight(self._kept.pop(key, None))
            self._kept[key] = text
            while self._size > self._limit:
                _, dropped = self._kept.popitem(last=False)
                self._size -= _weight(dropped)


def _weight(text: str | None) -> int:
    return 0 if text is None else len(text) + 200  # a key and the place for it take room as well
