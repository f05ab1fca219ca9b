"""Terminals: screens of agents' programs, to be looked at and typed into."""

from __future__ import annotations

from .operations import OPERATIONS
from .socket import ROUTES

__all__ = ["OPERATIONS", "ROUTES"]
