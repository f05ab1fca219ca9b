"""The page where a member says how to be notified, and sees what became of it."""

from __future__ import annotations

from .notifications import PAGES

__all__ = ["PAGES"]
