"""What events of notifications say. No address is in them, and no text."""

from __future__ import annotations

from ...events import EventData
from .models import Outcome, Reason


class AddressSet(EventData, kind="notification.address_set"):
    """A member is to be notified at an address."""

    notifier: str
    reasons: list[Reason]


class AddressRemoved(EventData, kind="notification.address_removed"):
    """A member is notified at an address no more."""

    notifier: str


class NotificationEvent(EventData):
    """Who is notified of which message, and why."""

    id: int
    agent: str
    notifier: str
    reason: Reason
    message_id: int


class NotificationQueued(NotificationEvent, kind="notification.queued"):
    """A member is being notified of a message."""


class NotificationSettled(NotificationEvent, kind="notification.settled"):
    """A notification was delivered, has failed or was given up."""

    outcome: Outcome


EVENT_KINDS = (AddressSet, AddressRemoved, NotificationQueued, NotificationSettled)
