"""Pages of waking: whether messages wake an agent's program, on its profile, and when they do not."""

from __future__ import annotations

from . import settings
from .panel import PANELS

PAGES = settings.PAGES

__all__ = ["PAGES", "PANELS"]
