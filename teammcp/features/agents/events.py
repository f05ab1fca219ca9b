"""What events of members say."""

from __future__ import annotations

from pydantic import BaseModel

from ...events import EventData
from ...members.presence import Status
from ...text.untrusted import AnyWords
from .models import AccessName, Kind


class ProfileChange(BaseModel):
    """A part of a profile before and after a change."""

    field: str
    old: AnyWords
    new: AnyWords


class AgentEvent(EventData):
    """Who it is about, as it is then."""

    name: str
    kind: Kind
    role: str
    access: AccessName


class AgentRegistered(AgentEvent, kind="agent.registered"):
    """A member was registered."""


class AgentUpdated(AgentEvent, kind="agent.updated"):
    """A profile or access level was changed."""

    changes: list[ProfileChange]


class AgentRetired(AgentEvent, kind="agent.retired"):
    """A member was retired."""


class AgentKeyRotated(EventData, kind="agent.key_rotated"):
    """A member's key was replaced."""


class PresenceEvent(EventData):
    """The status of a member, and why it has it."""

    status: Status
    reason: str


class AgentOnline(PresenceEvent, kind="agent.online"):
    """A member came here."""


class AgentOffline(PresenceEvent, kind="agent.offline"):
    """A member went `away`, or is `dead`: contact was lost."""


class AgentStatus(PresenceEvent, kind="agent.status"):
    """A member's status has changed while it is here, or while it is not."""


class AgentLoginFailed(EventData, kind="agent.login_failed"):
    """Somebody came with a key that is not valid; the subject is the address."""


EVENT_KINDS = (
    AgentRegistered,
    AgentUpdated,
    AgentKeyRotated,
    AgentRetired,
    AgentOnline,
    AgentOffline,
    AgentStatus,
    AgentLoginFailed,
)
