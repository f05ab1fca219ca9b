"""Members of a team: their profiles, keys, access levels and presence."""

from __future__ import annotations

from .models import AgentList, AgentProfile

__all__ = [
    "AgentList",
    "AgentProfile",
]
