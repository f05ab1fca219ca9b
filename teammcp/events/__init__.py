"""The team's ordered log of events, and its live fan-out."""

from __future__ import annotations

from .event import Event
from .hub import Hub, Subscription
from .kinds import EventData, EventKinds
from .log import EventLog, scan_events
from .queries import StoredEvent, stored_events

__all__ = [
    "Event",
    "EventData",
    "EventKinds",
    "EventLog",
    "Hub",
    "StoredEvent",
    "Subscription",
    "scan_events",
    "stored_events",
]
