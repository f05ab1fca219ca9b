"""The shapes of what belongs to the server and not to a team."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

from ..arguments.fields import Timestamp
from ..server.health import Status


class Presence(BaseModel):
    """How many members there are, and how many of them are here."""

    total: int
    online: int


class HealthProblem(BaseModel):
    """Something that needs a person."""

    part: str
    text: str
    team: str | None = None


class HealthDetails(BaseModel):
    """What is wrong in words, and the figures of the server's parts."""

    problems: list[HealthProblem]
    facts: dict[str, dict[str, Any]]


class Health(BaseModel):
    """Whether the server is well. No names and no numbers of members: anybody may ask.

    ``problems`` names the parts of the server that are not well. Members see also how many they are in ``agents``,
    those who look after the team or the server ``details``.
    """

    status: Status
    problems: list[str]
    version: str
    uptime_ms: int
    timestamp: Timestamp
    agents: Presence | None = None
    details: HealthDetails | None = None


class NewTeam(BaseModel):
    """What ``POST /api/teams`` takes. ``owner`` is the name of the person who becomes the team's owner."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: str
    owner: str | None = None


class TeamInfo(BaseModel):
    """A team, as the administrator sees it."""

    name: str
    agents: int
    online: int


class CreatedTeam(TeamInfo):
    """A new team, with the key of its owner, which is shown this once, if one was named."""

    owner: str | None = None
    apiKey: str | None = None  # noqa: N815 - as where members are registered
