"""The kinds of events that notifications appends."""

from __future__ import annotations

EVENT_KINDS = {
    "notification.address_set": "a member is to be notified at an address",
    "notification.address_removed": "a member is notified at an address no more",
    "notification.queued": "a member is being notified of a message",
    "notification.settled": "a notification was delivered, has failed or was given up",
}
