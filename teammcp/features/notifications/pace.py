"""When a team's outbox is to be looked at next."""

from __future__ import annotations

NEVER = 2**63 - 1


class Pace:
    """What is known of a team's outbox, so that nothing is asked of the database while nothing happens.

    For the event loop only. It begins with a look at everything, so that nothing is lost with it.
    """

    def __init__(self) -> None:
        self.seen = -1
        """The newest event when the log was last gone through."""
        self.due = 0
        """When to look into the database next."""
        self.busy: set[str] = set()
        """By which notifiers something is being delivered."""
        self.paused: dict[str, int] = {}
        """Until when nothing is to be tried by a notifier."""
        self.stopping = False
        """The server stops: nothing else is begun."""
