"""Whose programs have a helper beside them, and how each agent was rung: in memory, as presence is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from ...server.state import StateKey
from .bells import Bell
from .models import Way


@dataclass
class Session:
    """A session of an agent's program that can be rung.

    Attributes:
        name: of the session.
        way: how the line gets in.
        waits: how many calls of its helper wait for a ring.
        begun: the place in the order in which sessions began.
    """

    name: str
    way: Way
    begun: int
    waits: int = 0


@dataclass
class Tower:
    """The bell of one agent, and the sessions in which it rings.

    Attributes:
        failed: why it was not reached, while nothing else is known.
    """

    bell: Bell = field(default_factory=Bell)
    sessions: dict[str, Session] = field(default_factory=dict)
    failed: str = ""
    begun: int = 0

    @contextmanager
    def attend(self, name: str, way: Way) -> Iterator[None]:
        """A helper waits for a ring."""
        session = self.sessions.get(name)
        if session is None:
            self.begun += 1
            session = self.sessions[name] = Session(name, way, self.begun)
        session.way, session.waits = way, session.waits + 1
        try:
            yield
        finally:
            session.waits -= 1

    @property
    def next(self) -> Session | None:
        """Where it rings next: in the session that began last, and if that was in vain in the one before it."""
        waiting = sorted((each for each in self.sessions.values() if each.waits), key=lambda each: -each.begun)
        return waiting[self.bell.rings % len(waiting)] if waiting else None


class Towers:
    """Those of one team, by agent."""

    def __init__(self) -> None:
        self._towers: dict[str, Tower] = {}

    def of(self, agent: str) -> Tower:
        """An agent's."""
        return self._towers.setdefault(agent, Tower())

    def find(self, agent: str) -> Tower | None:
        """An agent's, if it was ever needed."""
        return self._towers.get(agent)


TOWERS: StateKey[Towers] = StateKey("wakes.towers", Towers)
