"""Directives, from one member to another and back with a result; and what agents put out while they work."""

from __future__ import annotations

from .output.models import Output

__all__ = [
    "Output",
]
