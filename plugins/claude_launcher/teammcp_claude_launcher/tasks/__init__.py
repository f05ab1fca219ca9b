"""What agents use for a task, and what they may: booked as their runs report it, and held against a limit."""

from __future__ import annotations

from .booking import book
from .operations import OPERATIONS
from .queries import doing
from .spent import check, spent

__all__ = ["OPERATIONS", "book", "check", "doing", "spent"]
