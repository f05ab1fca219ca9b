"""The inbox: what waits for a member, and how far a message got with its readers."""

from __future__ import annotations

from .handover import Asking, anything_new, calling, hand_over, newest_due, next_due
from .models import Inbox, Synced, Waited

__all__ = [
    "Asking",
    "Inbox",
    "Synced",
    "Waited",
    "anything_new",
    "calling",
    "hand_over",
    "newest_due",
    "next_due",
]
