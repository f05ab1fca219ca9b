"""What waits for a member's word."""

from __future__ import annotations

from teammcp import Context, Reader

from ..models import (
    Approval,
)
from . import deciders, shapes, voice_queries


def pending(reader: Reader, context: Context, limit: int) -> list[Approval]:
    """What waits for the actor, oldest first."""
    rows = voice_queries.waiting(reader, *waiting_for(reader, context), limit)
    return shapes.of_rows(reader, context, rows)


def count_pending(reader: Reader, context: Context, limit: int) -> int:
    """How much that is, counted up to ``limit``."""
    return voice_queries.count_waiting(reader, *waiting_for(reader, context), limit)


def waiting_for(reader: Reader, context: Context) -> tuple[list[str], str, bool, int]:
    """The keys under which questions wait for the actor, its name, whether its own count too, and the time."""
    return deciders.all_keys(reader, context), context.actor.name, deciders.is_owner(context.actor), context.now()
