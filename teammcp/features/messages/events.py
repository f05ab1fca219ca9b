"""What events of messages say."""

from __future__ import annotations

from ...events import EventData
from ..parts import Standing
from .models import Emoji, Message


class MessageSent(EventData, Message, kind="message.sent"):
    """A message was sent."""

    addressed: list[str]
    """Whom it is put before: in their inbox it waits."""


class MessageEdited(EventData, Message, kind="message.edited"):
    """A message was edited."""

    addressed: list[str]
    """Whom it is put before by the edit."""
    no_longer_addressed: list[str]


class MessageDeleted(EventData, kind="message.deleted"):
    """A message was deleted."""

    id: int
    channel_id: str
    from_agent: str


class PartChecked(EventData, kind="message.part_checked"):
    """A part of a message was checked against what it speaks of."""

    message_id: int
    channel_id: str
    number: int
    standing: Standing
    note: str


class MessagePinned(EventData, kind="message.pinned"):
    """A message was pinned."""

    message_id: int
    channel_id: str
    from_agent: str


class MessageUnpinned(EventData, kind="message.unpinned"):
    """A message's pin was taken away."""

    message_id: int
    channel_id: str


class ReactionEvent(EventData):
    """Which message, and whose reaction."""

    message_id: int
    channel_id: str
    emoji: Emoji
    agent: str


class ReactionAdded(ReactionEvent, kind="reaction.added"):
    """Somebody reacted to a message."""


class ReactionRemoved(ReactionEvent, kind="reaction.removed"):
    """Somebody took back a reaction."""


class DmOverseen(EventData, kind="dm.overseen"):
    """An owner looked into a direct message between agents."""

    channel: str
    before: int | None
    """Where the owner began to read, backwards; null: at the newest message."""


EVENT_KINDS = (
    MessageSent,
    MessageEdited,
    MessageDeleted,
    PartChecked,
    MessagePinned,
    MessageUnpinned,
    ReactionAdded,
    ReactionRemoved,
    DmOverseen,
)
