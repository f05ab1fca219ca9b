"""Figures of questions: who asks whom and how often, how long they wait, and what keeps them waiting."""

from __future__ import annotations

from .operations import OPERATIONS

__all__ = ["OPERATIONS"]
