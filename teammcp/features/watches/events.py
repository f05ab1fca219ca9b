"""What events of watches say. The subject is the member that is watched; only the watcher sees them."""

from __future__ import annotations

from ...events import EventData
from .models import What


class WatchSet(EventData, kind="watch.set"):
    """Somebody is to be told of a member from now on: once, or always."""

    what: What
    always: bool


class WatchEnded(EventData, kind="watch.ended"):
    """Somebody is told of a member no more: it was told, took it back, or one of the two may not or is gone."""

    what: What


class WatchTold(EventData, kind="watch.told"):
    """Somebody was told of a member; ``times`` occasions, those that were held back before counted in."""

    what: What
    times: int


EVENT_KINDS = (WatchSet, WatchEnded, WatchTold)
