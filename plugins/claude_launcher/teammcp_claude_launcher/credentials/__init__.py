"""Credentials: keys of model providers that programs are given; encrypted, never shown again."""

from __future__ import annotations

from .operations import OPERATIONS
from .store import environment

__all__ = ["OPERATIONS", "environment"]
