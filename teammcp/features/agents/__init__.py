"""Members of a team: their profiles, keys, access levels and presence."""

from __future__ import annotations

from .models import AgentList, AgentProfile
from .queries import capabilities, is_active, superior, time_zones

__all__ = [
    "AgentList",
    "AgentProfile",
    "capabilities",
    "is_active",
    "superior",
    "time_zones",
]
