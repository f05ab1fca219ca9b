"""The kinds of events that inbox appends."""

from __future__ import annotations

EVENT_KINDS = {
    "inbox.acked": "a member acknowledged what it has read",
    "inbox.given_back": "messages that were handed over did not arrive, and wait again",
    "message.settled": "somebody said that a message needs no answer",
}
