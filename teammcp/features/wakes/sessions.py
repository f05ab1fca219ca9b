"""Whose programs have a helper beside them, and how each agent was rung: in memory, as presence is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from ...server.state import StateKey
from .bells import Bell
from .models import Said, Way

BETWEEN = 60_000
"""Milliseconds that a helper has between two waits, in which it puts a line into its program."""


@dataclass
class Session:
    """A session of an agent's program that can be rung.

    Attributes:
        name: of the session.
        way: how the line gets in.
        waits: how many calls of its helper wait for a ring.
        begun: the place in the order in which sessions began.
        carries: whether the line brings the messages, so that its helper says when the program has it.
        expected_until: while none waits, when the next one is to begin at the latest; milliseconds.
        said: what its program has said of itself last, if it has; since when, in milliseconds.
    """

    name: str
    way: Way
    begun: int
    waits: int = 0
    carries: bool = False
    expected_until: int = 0
    said: tuple[Said, int] | None = None

    def runs(self, now: int) -> bool:
        """Whether its helper is there, as far as is known: one that has ended without a word leaves its session."""
        return self.waits > 0 or now < self.expected_until


@dataclass
class Trial:
    """A ring that somebody has asked for, to see whether it comes through.

    Attributes:
        session: in which session.
        number: of the ring.
        taken: whether its helper has been given the line.
        told: whether the helper has said what came of it.
        failure: why the line could not be written, if it could not.
    """

    session: str
    number: str
    taken: bool = False
    told: bool = False
    failure: str = ""


@dataclass
class Tower:
    """The bell of one agent, and the sessions in which it rings.

    Attributes:
        trial: the ring that is being tried, if one is.
    """

    bell: Bell = field(default_factory=Bell)
    sessions: dict[str, Session] = field(default_factory=dict)
    begun: int = 0
    trial: Trial | None = None

    def told(self, number: str, failure: str) -> None:
        """The helper has said what came of a ring."""
        self.bell.recall(number)
        if self.trial is not None and self.trial.number == number:
            self.trial.told, self.trial.failure = True, failure
        elif failure:
            self.bell.failure = failure

    def note(self, name: str, said: Said, now: int) -> None:
        """The program of a session has said what it does."""
        session = self.sessions.get(name)
        if session is not None and (session.said is None or session.said[0] != said):
            session.said = said, now

    def of_others(self, name: str, now: int) -> list[Session]:
        """The agent's other sessions that run, as far as is known."""
        return [other for other in self.sessions.values() if other.name != name and other.runs(now)]

    def idle_beside(self, name: str, now: int) -> int | None:
        """Since when a session is idle while another one of the agent waits for a person; None if not so."""
        session = self.sessions.get(name)
        if session is None or session.said is None or session.said[0] != "idle":
            return None
        waits = any(other.said and other.said[0] == "waiting" for other in self.of_others(name, now))
        return session.said[1] if waits else None

    def trial_for(self, session: str) -> Trial | None:
        """The ring that is to be tried in a session, once."""
        trial = self.trial
        if trial is None or trial.session != session or trial.taken:
            return None
        trial.taken = True
        return trial

    @contextmanager
    def attend(self, name: str, way: Way, carries: bool, now: Callable[[], int]) -> Iterator[None]:
        """A helper waits for a ring. ``now``: the server's clock."""
        session = self.sessions.get(name)
        if session is None:
            self.sessions = {each.name: each for each in self.sessions.values() if each.runs(now())}
            self.begun += 1
            session = self.sessions[name] = Session(name, way, self.begun)
        session.way, session.carries, session.waits = way, carries, session.waits + 1
        try:
            yield
        except BaseException:  # the helper has gone away from its wait
            session.expected_until = 0
            raise
        else:
            session.expected_until = now() + BETWEEN
        finally:
            session.waits -= 1

    @property
    def next(self) -> Session | None:
        """Where it rings next: in the session that began last, and if that was in vain in the one before it.

        One that says that it is at work, or before a dialog, is passed over for the others.
        """
        waiting = sorted((each for each in self.sessions.values() if each.waits), key=lambda each: -each.begun)
        free = [each for each in waiting if each.said is None or each.said[0] == "idle"] or waiting
        return free[self.bell.rings % len(free)] if free else None


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
