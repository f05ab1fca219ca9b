"""What waits for a member to act: notices to its project, and its own to which one objects."""

from __future__ import annotations

from teammcp import LARGEST_ID, Context, Reader

from . import queries, shapes, telling_queries
from .models import NoticeToAct

SHOWN = 20
"""Notices of which an inbox tells."""
CAP = 100
"""Up to which they are counted."""


def numbers(reader: Reader, name: str, before: int, limit: int) -> list[int]:
    """The notices on which a member has to act, with smaller ids than one, newest first."""
    objected = [number for number in queries.objected(reader, name, CAP) if number < before]
    return sorted({*telling_queries.waiting(reader, name, before, limit), *objected}, reverse=True)[:limit]


def count(reader: Reader, name: str) -> int:
    """How many there are, at most `CAP`."""
    return len(numbers(reader, name, LARGEST_ID, CAP))


def shown(reader: Reader, context: Context) -> list[NoticeToAct]:
    """The newest of them, in a line each."""
    found = shapes.some(reader, context, numbers(reader, context.actor.name, LARGEST_ID, SHOWN))
    return [NoticeToAct(**{name: getattr(each, name) for name in NoticeToAct.model_fields}) for each in found]
