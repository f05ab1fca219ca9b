"""What events of notifications say. No address is in them, and no text."""

from __future__ import annotations

from ...events import EventData
from .models import Outcome


class AddressSet(EventData, kind="notification.address_set"):
    """A member is to be notified at an address."""

    notifier: str


class AddressRemoved(EventData, kind="notification.address_removed"):
    """A member is notified at an address no more."""

    notifier: str


class PreferencesSet(EventData, kind="notification.preferences_set"):
    """A member has said how it wants to be told."""

    notifier: str | None
    """Of which notifier; None for what holds for all."""


class NotificationEvent(EventData):
    """Who is notified, of what kind of thing, by which notifier; and of which message, if one tells of it."""

    id: int
    agent: str
    notifier: str
    kind: str
    message_id: int | None


class NotificationQueued(NotificationEvent, kind="notification.queued"):
    """A member is being notified."""


class NotificationSettled(NotificationEvent, kind="notification.settled"):
    """A notification was handed over or accepted, was seen, has failed or was dropped."""

    outcome: Outcome


EVENT_KINDS = (AddressSet, AddressRemoved, PreferencesSet, NotificationQueued, NotificationSettled)
