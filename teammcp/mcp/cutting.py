"""Texts that are too long for one result: their beginning, and on another call what stands behind it.

Lists stop by themselves where their budget ends (see `budget`); what is left are single texts and values that are
longer than that. They are cut in the result itself, so that its text and its structured content say the same, and
whoever wrote them gets no line of its own out of it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from pydantic import BaseModel

from ..surfaces.attachments import Attachment
from ..text.untrusted import OTHERS

FROM = "from_character"
"""The argument of a reading tool that says at which of their characters long texts go on."""
SHORT = 200
"""Characters of a text that is never cut: names, times, words out of a list."""

Change = Callable[[str], str]


def cut(result: Any, limit: int, start: int = 0) -> tuple[Any, int | None]:
    """A result with no more than ``limit`` characters of long texts, each from its character ``start`` on.

    Bytes stay whole, since half of a picture is none. Beside it: where the texts go on, None if they end here.
    """
    if not isinstance(result, BaseModel) or (isinstance(result, Attachment) and result.encoding != "utf-8"):
        return result, None
    lengths = [length - start for length in _lengths(result) if length > max(start, SHORT)]
    room = _room(lengths, limit)
    if room is None and not start:
        return result, None

    def part(text: str) -> str:
        if len(text) <= SHORT:
            return text
        return text[start:] if room is None else text[start : start + room]

    return _changed(result, part), None if room is None else start + room


def _room(lengths: list[int], limit: int) -> int | None:
    """How many characters each text may have so that all have ``limit`` together; None if they are short enough."""
    if sum(lengths) <= limit:
        return None
    left = limit
    for place, length in enumerate(sorted(lengths)):
        share = left // (len(lengths) - place)
        if length > share:
            return max(share, SHORT)
        left -= length
    return None


def _lengths(value: Any, *, anything: bool = False) -> Iterator[int]:
    """How long the texts in a value are; where ``anything`` may stand, JSON is a text as well."""
    if isinstance(value, str):
        yield len(value)
    elif isinstance(value, BaseModel):
        for name, field in type(value).model_fields.items():
            yield from _lengths(getattr(value, name), anything=OTHERS in field.metadata)
    elif isinstance(value, dict | list):
        if anything:
            yield len(_json(value))
        else:
            for each in value.values() if isinstance(value, dict) else value:
                yield from _lengths(each)


def _changed(value: Any, change: Change, *, anything: bool = False) -> Any:
    """A copy with every text changed."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, BaseModel):
        new = {
            name: _changed(getattr(value, name), change, anything=OTHERS in field.metadata)
            for name, field in type(value).model_fields.items()
        }
        return value.model_copy(update=new)
    if anything and isinstance(value, dict | list):
        text = _json(value)
        return value if len(text) <= SHORT or change(text) == text else change(text)
    if isinstance(value, dict):
        return {key: _changed(each, change) for key, each in value.items()}
    return [_changed(each, change) for each in value] if isinstance(value, list) else value


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
