"""The inbox: what waits for a member, and how far a message got with its readers."""

from __future__ import annotations

from .models import Inbox, Synced, Waited
from .offering import Asking, anything_new, hand_over

__all__ = [
    "Asking",
    "Inbox",
    "Synced",
    "Waited",
    "anything_new",
    "hand_over",
]
