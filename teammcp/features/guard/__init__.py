"""The guard: loops of agents are stopped, and what an agent may send and spend in a day is limited."""

from __future__ import annotations

from .loops.models import Loops

__all__ = [
    "Loops",
]
