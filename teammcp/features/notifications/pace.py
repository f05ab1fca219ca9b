"""When a team's outbox is to be looked at next."""

from __future__ import annotations

from ...server import StateKey

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
        self._resting: dict[tuple[str, str], int] = {}
        """Until when a notifier lets a member be."""

    def rest(self, notifier: str, agent: str, until: int) -> None:
        """Let a member be for a while: it was told something just now."""
        self._resting[notifier, agent] = until

    def resting(self, notifier: str, now: int) -> list[str]:
        """Whom a notifier lets be for now; notes when the first of them can be told something again."""
        self._resting = {key: until for key, until in self._resting.items() if until > now}
        found = {agent: until for (name, agent), until in self._resting.items() if name == notifier}
        self.due = min([self.due, *found.values()])
        return list(found)

    def forget(self) -> None:
        """Forget what was to be waited for: the clock by which it was noted has jumped."""
        self.due = 0
        self.paused.clear()
        self._resting.clear()


PACE: StateKey[Pace] = StateKey("notifications.pace", Pace)
"""That of a team."""
