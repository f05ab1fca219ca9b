"""The team's ordered log of events, and its live fan-out."""

from __future__ import annotations

from .hub import Hub, Subscription
from .log import Event, EventLog

__all__ = ["Event", "EventLog", "Hub", "Subscription"]
