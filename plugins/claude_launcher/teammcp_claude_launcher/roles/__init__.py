"""Roles: a gallery of good ones, and teams made of them."""

from __future__ import annotations

from .operations import OPERATIONS
from .spending import check, look

__all__ = ["OPERATIONS", "check", "look"]
