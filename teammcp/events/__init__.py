"""The team's ordered log of events, and its live fan-out."""

from __future__ import annotations

from .event import Event
from .hub import Hub, Subscription
from .log import EventLog

__all__ = ["Event", "EventLog", "Hub", "Subscription"]
