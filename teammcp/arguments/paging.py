"""Where a page of a list ended, as a cursor: the place is that of its last item, so that nothing that comes, goes or
changes meanwhile makes the next page leave something out or bring it twice."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Annotated, Any

from pydantic import Field

from ..errors import InvalidInput
from ..storage import LARGEST_ID
from .fields import Line

Cursor = Annotated[Line, Field(max_length=4000)]
"""The argument ``cursor``: ``next`` of the page before."""


def to_cursor(*place: str | int | float) -> str:
    """The values by which a list is sorted, of its last item, as a text that nobody needs to understand."""
    packed = json.dumps(place, ensure_ascii=False, separators=(",", ":")).encode()
    return urlsafe_b64encode(packed).decode().rstrip("=")


def from_cursor(cursor: str, *kinds: type) -> list[Any]:
    """The values of a cursor, which are of these kinds.

    Raises:
        InvalidInput: it is none, or of another list.
    """
    try:
        place = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, RecursionError):
        place = None
    if not isinstance(place, list) or not _fits(place, kinds):
        raise InvalidInput("cursor: give 'next' of the page before, unchanged.", code="bad_cursor")
    return place


def _fits(place: list[Any], kinds: tuple[type, ...]) -> bool:
    of_kinds = [type(value) for value in place] == list(kinds)
    return of_kinds and all(abs(value) < 2**63 for value in place if isinstance(value, int))


def rank(score: float, item: int) -> int:
    """How far up something stands among what is ranked: one number for its score and, of equal ones, its id."""
    return round(score * 1e9) * LARGEST_ID + item


def of_rank(place: int) -> tuple[float, int]:
    """Score and id of a `rank`."""
    score, item = divmod(place, LARGEST_ID)
    return score / 1e9, item
