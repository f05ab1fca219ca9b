"""Notifications: messages that reach their reader outside of TeamMCP, by whatever plugins bring."""

from __future__ import annotations

from .models import Outcome
from .notifiers import Notification, Notifier, TryLater, Undeliverable

__all__ = [
    "Notification",
    "Notifier",
    "Outcome",
    "TryLater",
    "Undeliverable",
]
