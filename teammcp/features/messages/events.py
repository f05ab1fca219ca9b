"""The kinds of events that messages appends."""

from __future__ import annotations

EVENT_KINDS = {
    "message.sent": "a message was sent",
    "message.edited": "a message was edited",
    "message.deleted": "a message was deleted",
    "message.pinned": "a message was pinned",
    "message.unpinned": "a message's pin was taken away",
    "reaction.added": "somebody reacted to a message",
    "reaction.removed": "somebody took back a reaction",
    "dm.overseen": "an owner looked into a direct message between agents",
}
