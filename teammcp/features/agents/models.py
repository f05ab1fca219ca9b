"""Public shapes of members."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, RootModel

from ...arguments.fields import Line, Text, Timestamp, TimeZone, Token
from ...members.presence import HERE, Status
from ...operations import Result
from ...text.untrusted import Words, fence, quote

Kind = Literal["human", "agent", "service"]
AccessName = Literal["observer", "member", "manager", "owner"]
Role = Annotated[Line, Field(max_length=100)]
Description = Annotated[Text, Field(max_length=2000)]
Capabilities = Annotated[list[Token], Field(max_length=50)]
"""What a member can do, as tasks may ask for it: ``python``, ``review``."""
MemberStatus = Literal[Status, "retired"]
Why = Annotated[Line, Field(max_length=200)]
"""Why a member's status is what it is: ``permission prompt: Bash``."""


class Me(Result):
    """Who the caller is."""

    team: str
    name: str
    kind: Kind
    role: Words
    access: AccessName
    status: Status

    def text(self) -> str:
        me = f"You are {self.name} ({self.kind}) in team {self.team}; access {self.access}."
        return f"{me}\n{fence([f'Your role: {quote(self.role)}'])}" if self.role else me


class AgentProfile(Result):
    """What the team knows of a member."""

    name: str
    kind: Kind
    role: Words
    access: AccessName
    status: MemberStatus
    reason: Words
    since: Timestamp | None
    lastSeen: Timestamp | None  # noqa: N815 - the established REST field
    description: Words
    reports_to: str | None
    capabilities: list[str]
    time_zone: TimeZone
    created_at: Timestamp

    @property
    def here(self) -> bool:
        """Whether the member is here, whatever it is doing."""
        return self.status in HERE

    def text(self) -> str:
        about = f": {quote(self.description)}" if self.description else ""
        skills = f" [{', '.join(self.capabilities)}]" if self.capabilities else ""
        why = f" ({quote(self.reason)})" if self.reason else ""
        what = f"{self.kind}, {quote(self.role)}" if self.role else self.kind
        return f"{self.name} ({what}) — {self.status}{why}{skills}{about}"


class AgentList(RootModel[list[AgentProfile]]):
    """All members, by name."""

    def text(self) -> str:
        """One line a member."""
        return "\n".join(agent.text() for agent in self.root)


class RegisteredAgent(Result):
    """A new member with its key, which is shown this once."""

    apiKey: str  # noqa: N815 - the established REST field
    agent: Me


class NewKey(Result):
    """A member's new key, which is shown this once; the old one no longer works."""

    name: str
    apiKey: str  # noqa: N815


class Beat(Result):
    """The answer to a heartbeat: what the team sees, and within how many seconds the next one is due."""

    ok: bool = True
    time: Timestamp
    status: Status
    ttl: int

    def text(self) -> str:
        due = f"; the next heartbeat is due within {self.ttl} s" if self.ttl else ""
        return f"The team sees you as {self.status}{due}."
