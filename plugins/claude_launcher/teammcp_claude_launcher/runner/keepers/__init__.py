"""The keepers: one for each agent on this machine, which starts its program, gives it its turns, and ends it."""

from __future__ import annotations

from .keepers import Keepers

__all__ = ["Keepers"]
