"""What messages mean to questions and notices, found by going through the log."""

from __future__ import annotations

from .operations import OPERATIONS, SECONDS, catch_up

__all__ = ["OPERATIONS", "SECONDS", "catch_up"]
