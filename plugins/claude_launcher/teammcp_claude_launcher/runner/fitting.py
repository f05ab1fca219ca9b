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


def fitted(entry: M) -> M:
    """The entry, its texts cut in the middle and its lists at the end until it is no larger than `LARGEST`.

    Half a character, which JSON's escapes can hold, becomes a question mark: nobody could read the text otherwise.
    """
    try:
        size = len(entry.model_dump_json())
    except PydanticSerializationError:
        entry = _cut(entry, LARGEST)
        size = len(entry.model_dump_json())
    length = LARGEST // 2
    short = entry
    while size > LARGEST:
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
    text = text.encode(errors="replace").decode()
    if len(text) <= length:
        return text
    head = 2 * length // 3
    tail = length - head
    return f"{text[:head]}\n… {len(text) - length} characters left out …\n{text[-tail:]}"
