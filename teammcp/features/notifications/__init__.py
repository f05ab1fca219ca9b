"""Notifications: messages that reach their reader outside of TeamMCP, by whatever plugins bring."""

from __future__ import annotations

from .kinds import NotificationKind, Occasion
from .message_kinds import MessageKind, ServerNoteKind
from .models import NotificationInfo, Outcome
from .notifiers import Accepted, Notification, Notifier, NotNow, Told, TryLater, Undeliverable
from .timing import Urgency

__all__ = [
    "Accepted",
    "MessageKind",
    "NotNow",
    "Notification",
    "NotificationInfo",
    "NotificationKind",
    "Notifier",
    "Occasion",
    "Outcome",
    "ServerNoteKind",
    "Told",
    "TryLater",
    "Undeliverable",
    "Urgency",
]
