"""JSON that can be kept, sent on and walked through.

* No half of a surrogate pair. A program that cuts a text in the middle of an emoji, as the strings of JavaScript allow,
  writes the half as an escape like ``\\ud83d``, and no file, database or network takes what that stands for.
* No nesting without an end, which would overflow the stack of whatever walks through it. No NaN and no infinity.

Operations refuse such arguments (`flaw`), so that whoever writes a program is told. Where a program sends what its
model or its user has written, nobody there could do better: a half is replaced first (`whole_json`), since its
character is lost anyway.
"""

from __future__ import annotations

import re
from math import isfinite
from typing import Any

from pydantic_core import from_json

MAX_DEPTH = 32
"""Levels of lists and objects in what a caller sends."""

HALF = "must not hold halves of surrogate pairs"
_CONTAINERS = (dict, list)
_HALF = re.compile("[\ud800-\udfff]")
# Every escape is met in its turn, so that an escaped backslash is not taken for the beginning of the next one.
_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL
)


class TooDeep(ValueError):
    """Nested more than so many levels deep."""

    def __init__(self, levels: int) -> None:
        super().__init__(f"nested more than {levels} levels deep")


def whole_json(text: bytes) -> bytes:
    """JSON with U+FFFD for each half of a surrogate pair among its escapes."""
    if b"\\ud" not in text and b"\\uD" not in text:
        return text
    return _ESCAPE.sub(lambda escape: b"\\ufffd" if escape[1] else escape[0], text)


def flaw(value: Any, levels: int = MAX_DEPTH) -> tuple[list[str], str] | None:
    """The first place in a JSON value that is not well-formed, and what is wrong there; None if all is well."""
    if isinstance(value, str):
        return None if value.isascii() or not _HALF.search(value) else ([], HALF)
    if isinstance(value, float):
        return None if isfinite(value) else ([], "must be a finite number")
    if not isinstance(value, _CONTAINERS):
        return None
    if not levels:
        return [], f"must not be nested more than {MAX_DEPTH} levels deep"
    for key, part in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(key, str) and not key.isascii() and _HALF.search(key):
            return [], HALF
        if found := flaw(part, levels - 1):
            found[0].insert(0, str(key))
            return found
    return None


def read_json(text: bytes | str, levels: int = MAX_DEPTH) -> Any:
    """The value that JSON stands for, nested at most ``levels`` deep.

    Raises:
        ValueError: it is not JSON, or not UTF-8, or holds halves of surrogate pairs; `TooDeep`: it is nested too deep.
    """
    data = text.encode() if isinstance(text, str) else text
    try:
        value = from_json(data, allow_inf_nan=False)
    except ValueError as error:
        raise (TooDeep(levels) if "recursion limit" in str(error) else error) from None
    # Without that many brackets it cannot be that deep, so the usual value is not walked through.
    if data.count(b"{") + data.count(b"[") > levels and _depth(value) > levels:
        raise TooDeep(levels)
    return value


def _depth(value: Any) -> int:
    depth, level = 0, [value] if isinstance(value, dict | list) else []
    while level:
        depth += 1
        parts = [part for each in level for part in (each.values() if isinstance(each, dict) else each)]
        level = [part for part in parts if isinstance(part, dict | list)]
    return depth
