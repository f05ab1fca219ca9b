"""Who is here: known from calls and open streams, kept in memory, told on change only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from .clock import Clock


class Presence:
    """Presence in one team.

    Args:
        clock: the server's clock.
        timeout: seconds without a call or stream after which an agent is away.
        changed: called with a name and whether it is online now, at each change.
    """

    def __init__(self, clock: Clock, timeout: float, changed: Callable[[str, bool], None]) -> None:
        self._clock = clock
        self._timeout = timeout * 1000
        self._changed = changed
        self._last_seen: dict[str, int] = {}
        self._streams: Counter[str] = Counter()
        self._online: set[str] = set()

    def online(self, name: str) -> bool:
        """Whether an agent has a stream open or was heard of lately."""
        return name in self._online

    @property
    def count(self) -> int:
        """How many agents are online."""
        return len(self._online)

    def last_seen(self, name: str) -> int | None:
        """When an agent was last heard of since the server's start, in milliseconds."""
        return self._last_seen.get(name)

    def seen(self, name: str) -> None:
        """An agent has made a call."""
        self._last_seen[name] = self._clock.now()
        if name not in self._online:
            self._online.add(name)
            self._changed(name, True)

    @contextmanager
    def connected(self, name: str) -> Iterator[None]:
        """An agent has a stream open, and is here for as long; it is away once the time-out has passed after that."""
        self._streams[name] += 1
        self.seen(name)
        try:
            yield
        finally:
            self._last_seen[name] = self._clock.now()
            self._streams[name] -= 1
            if self._streams[name] <= 0:
                del self._streams[name]

    def alive_until(self, name: str) -> int | None:
        """The last moment at which an agent is known to have lived: now, with a stream open."""
        return self._clock.now() if name in self._streams else self._last_seen.get(name)

    def forget(self, name: str) -> None:
        """An agent was retired or has said good-bye: it is away at once."""
        if name in self._online:
            self._online.discard(name)
            self._changed(name, False)

    def sweep(self) -> None:
        """Notice who has gone away. Called every few seconds."""
        limit = self._clock.now() - self._timeout
        for name in [name for name in self._online if name not in self._streams and self._last_seen[name] < limit]:
            self.forget(name)
