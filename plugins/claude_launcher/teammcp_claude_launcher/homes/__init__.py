"""Homes: where an agent lives, what it runs, by what rights, and whether it is to run."""

from __future__ import annotations

from .gate import gate
from .notes import forget_machine, is_wanted, note_conversation, note_end
from .operations import OPERATIONS
from .orders import orders
from .queries import home as find
from .queries import homes_on
from .watching import JOBS, look, see_off

__all__ = [
    "JOBS",
    "OPERATIONS",
    "find",
    "forget_machine",
    "gate",
    "homes_on",
    "is_wanted",
    "look",
    "note_conversation",
    "note_end",
    "orders",
    "see_off",
]
