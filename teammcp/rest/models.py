"""The shapes of what belongs to the server and not to a team."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from ..models import Timestamp


class Presence(BaseModel):
    """How many members there are, and how many of them are here."""

    total: int
    online: int


class Health(BaseModel):
    """Whether the server is well. No names: anybody may ask."""

    status: str
    version: str
    uptime_ms: int
    agents: Presence
    timestamp: Timestamp


class NewTeam(BaseModel):
    """What ``POST /api/teams`` takes."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: str


class TeamInfo(BaseModel):
    """A team, as the administrator sees it."""

    name: str
    agents: int
    online: int
