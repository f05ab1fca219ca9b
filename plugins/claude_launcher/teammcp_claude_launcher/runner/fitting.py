"""What programs say may be of any length and hold anything: here it is made what a journal takes."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel
from pydantic_core import PydanticSerializationError

from ..entries import LARGEST

SHORT = 64
"""Characters of a text that is never cut: numbers, names, words with a meaning for us."""
EACH = 16
"""Characters for which one item of a list or a mapping counts."""

M = TypeVar("M", bound=BaseModel)


class Grown:
    """A text that grows by paragraphs: of one that becomes too long, the beginning and the end are kept.

    Args:
        most: characters of it that are kept.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._length = self._kept = 0
        self._parts: list[str] = []

    def add(self, text: str) -> None:
        """One more paragraph."""
        more = f"\n\n{text}" if self._length else text
        self._parts.append(more)
        self._length += len(more)
        self._kept += len(more)
        if self._kept > 4 * self._most:
            whole = "".join(self._parts)
            self._parts = [whole[: self._most], whole[-self._most :]]
            self._kept = 2 * self._most

    def text(self, most: int | None = None) -> str:
        """What is kept, or no more of it than so many characters; it says how many are left out."""
        most = self._most if most is None else min(most, self._most)
        kept = "".join(self._parts)
        if self._length <= most:
            return kept
        head = 2 * most // 3
        return _shortened(kept[:head], self._length - most, kept[head - most :])


def legible(text: str) -> str:
    """What JSON, a database and a reader take: half a character, which JSON's escapes can hold, is a question mark."""
    return text.encode(errors="replace").decode().replace("\x00", "\ufffd")


def fitted(entry: M, largest: int = LARGEST) -> M:
    """The entry, its texts cut in the middle and its lists at the end until it has no more characters than that.

    It is made `legible`, too.
    """
    try:
        size = len(entry.model_dump_json())
    except PydanticSerializationError:
        entry = _cut(entry, largest)
        size = len(entry.model_dump_json())
    length = largest // 2
    short = entry
    while size > largest and length:
        short = _cut(entry, length)
        size = len(short.model_dump_json())
        length //= 2
    return short


def _cut(value: Any, length: int) -> Any:
    if isinstance(value, BaseModel):
        fields = type(value).model_fields
        return value.model_copy(update={name: _cut(getattr(value, name), length) for name in fields})
    if isinstance(value, str):
        return _cut_text(value, max(length, SHORT))
    if isinstance(value, dict):
        kept = list(value.items())[: length // EACH]
        return {_cut(key, length): _cut(item, length) for key, item in kept}
    if isinstance(value, list | tuple):
        return [_cut(item, length) for item in value[: length // EACH]]
    return value


def _cut_text(text: str, length: int) -> str:
    text = legible(text)
    if len(text) <= length:
        return text
    head = 2 * length // 3
    tail = length - head
    return _shortened(text[:head], len(text) - length, text[-tail:])


def _shortened(head: str, left_out: int, tail: str) -> str:
    return f"{head}\n… {left_out} characters left out …\n{tail}"
