"""The kinds of events that state appends."""

from __future__ import annotations

EVENT_KINDS = {
    "state.changed": "a field of the shared state was made or changed",
    "state.deleted": "a field of the shared state was deleted",
    "state.subscribed": "a member subscribed to fields",
    "state.unsubscribed": "a member ended subscriptions to fields",
    "state.acked": "a member acknowledged changes of fields",
}
