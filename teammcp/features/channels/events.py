"""What events of channels say."""

from __future__ import annotations

from ...events import EventData
from .models import Kind


class ChannelCreated(EventData, kind="channel.created"):
    """A channel was created."""

    id: str
    type: Kind


class ChannelChange(EventData):
    """Which channel, and whether it is archived now."""

    id: str
    archived: bool


class ChannelUpdated(ChannelChange, kind="channel.updated"):
    """A channel's name or description was changed."""


class ChannelArchived(ChannelChange, kind="channel.archived"):
    """A channel was archived or brought back."""


class Membership(EventData):
    """Which channel, and who."""

    id: str
    agent: str


class MemberAdded(Membership, kind="channel.member_added"):
    """An agent became a member of a channel."""


class MemberRemoved(Membership, kind="channel.member_removed"):
    """An agent is no longer a member of a channel."""


EVENT_KINDS = (ChannelCreated, ChannelUpdated, ChannelArchived, MemberAdded, MemberRemoved)
