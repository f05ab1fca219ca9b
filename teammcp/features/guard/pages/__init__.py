"""The pages of the guard: what agents send and spend, their budgets, and the loops that were stopped."""

from __future__ import annotations

from .usage import PAGES

__all__ = ["PAGES"]
