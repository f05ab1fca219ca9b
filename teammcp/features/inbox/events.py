"""What events of inboxes say."""

from __future__ import annotations

from ...events import EventData
from .models import AckItem


class InboxAcked(EventData, kind="inbox.acked"):
    """A member acknowledged what it has read."""

    items: list[AckItem]


class InboxGivenBack(EventData, kind="inbox.given_back"):
    """Messages that were handed over did not arrive, and wait again."""

    message_ids: list[int]
    addressed: list[str]


class MessageSettled(EventData, kind="message.settled"):
    """Somebody said that a message needs no answer."""

    message_id: int
    channel_id: str
    agents: list[str]
    """Of whom none is asked any more."""


EVENT_KINDS = (InboxAcked, InboxGivenBack, MessageSettled)
