"""Whoever reads an answer may be gone when it comes: what it hands over counts once its reader gives a sign.

A surface says with each request who reads its answer (`Reader`). What an operation hands over it leaves with that
reader. A later request shows that the answer has arrived if it comes on the same connection, which carries none before
the last answer was read, or from the same program, unless the connection of the answer broke or was given up. Programs
that know better say it themselves.

Signs are kept in memory alone: after a restart nobody has given one, so what was not confirmed comes again.
"""

from __future__ import annotations

import itertools
import time
from collections import deque
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from .directory import Agent

LINE = "teammcp.line"
"""Key of the `Line` in the state of a connection, which each of its requests has in its ASGI scope."""
LINGER = 2.0
"""Seconds after an answer in which a client that closes its connection may have given up: it had no time to read."""
GRACE, OWN_GRACE = 2000, 200
"""Milliseconds in which a reader can give its sign before it is handed the same again; the second if it says itself."""
KEPT = 50
"""Answers of one agent whose signs are waited for; of more, the oldest come again."""

_lines = itertools.count(1)


class Line:
    """One connection, and what became of it.

    Args:
        name: what tells it from all others of its time; empty if it cannot be told, as behind a proxy.
        watched: whether somebody says when it ends.
    """

    def __init__(self, name: str, *, watched: bool = False) -> None:
        self.name = name
        self._watched = watched
        self._ended_at: float | None = None
        self._broken = False

    @classmethod
    def watched(cls) -> Line:
        """A new one, whose end will be told."""
        return cls(f"line:{next(_lines)}", watched=True)

    def end(self, *, broken: bool) -> None:
        """It has ended, in due form or not."""
        self._ended_at, self._broken = time.monotonic(), broken

    def held(self, since: float, *, tells: bool) -> bool:
        """Whether a reader has not dropped it behind an answer sent at ``since``, as far as anybody knows.

        One that ``tells`` says so when it gives up an answer; others just close the connection.
        """
        if not self._watched or self._ended_at is None:
            return True
        return not self._broken and (tells or self._ended_at - since >= LINGER)


class Handover(Protocol):
    """Something that an answer hands over."""

    @property
    def message_ids(self) -> list[int]:
        """The messages in it, for programs that say themselves what has arrived."""

    async def arrived(self) -> None:
        """Its reader has it."""

    async def lost(self, *, surely: bool) -> None:
        """Nobody has it, or (not ``surely``) nobody will ever give a sign of it."""


class Background(Protocol):
    """What lets work go on behind an answer: the team."""

    def background(self, work: Coroutine[Any, Any, None]) -> None:
        """Do it, and keep nobody waiting for it."""


class Call(Protocol):
    """The call that is answered: an `operations.Context`."""

    @property
    def actor(self) -> Agent: ...
    @property
    def team(self) -> Background: ...
    @property
    def reader(self) -> Reader | None: ...


@dataclass(eq=False)
class Reader:
    """The reader of the answer to one request.

    Attributes:
        name: what the requests of one program have in common.
        line: the connection on which the answer goes.
        program: the name stands for one run of one program, and not for whoever has the agent's key.
        tells: it says when it gives up an answer.
        confirms: it says itself what has arrived, and nothing else is a sign of it.
        looks: it only sees to something in the agent's name, so its calls do not show that the agent is here.
        calls: its own names for the call.
    """

    name: str
    line: Line
    program: bool = False
    tells: bool = False
    confirms: bool = False
    looks: bool = False
    calls: tuple[str, ...] = ()
    state: Literal["waits", "answered", "gone"] = "waits"
    answered_at: float = 0.0
    handed: list[Handover] = field(default_factory=list)

    @property
    def grace(self) -> int:
        """Milliseconds until it is handed again what it has given no sign of."""
        return OWN_GRACE if self.confirms else GRACE

    @property
    def message_ids(self) -> list[int]:
        """The messages that its answer hands over."""
        return [message_id for each in self.handed for message_id in each.message_ids]

    def is_shown_by(self, later: Reader) -> bool:
        """Whether a later request shows that it has read its answer."""
        if self.confirms:
            return False
        if self.line.name and self.line.name == later.line.name:
            return True
        same = self.program and self.name == later.name
        return same and self.line.held(self.answered_at, tells=self.tells)


class Signs:
    """What the readers of one team have still to give a sign of. For the event loop only; see above for a restart."""

    def __init__(self) -> None:
        self._answered: dict[str, deque[Reader]] = {}

    def hand(self, context: Call, handover: Handover) -> None:
        """The answer to the context's request hands something over. For works: ``tx.on_commit``."""
        assert context.reader is not None  # noqa: S101 - who calls inside the process has its answer
        context.reader.handed.append(handover)
        if context.reader.state == "gone":  # while it was being written
            context.team.background(handover.lost(surely=True))

    def answered(self, context: Call) -> None:
        """The answer was sent. Nothing follows from that yet."""
        reader = context.reader
        if reader is None or reader.state != "waits":
            return
        reader.state, reader.answered_at = "answered", time.monotonic()
        if reader.handed:
            self._answered.setdefault(context.actor.name, deque(maxlen=KEPT)).append(reader)

    def gone(self, context: Call) -> None:
        """There was nobody to send the answer to."""
        if context.reader is not None and context.reader.state == "waits":
            self._give_up(context, context.reader, surely=True)

    async def seen(self, context: Call) -> None:
        """The context's reader has made a call: whatever that shows to have arrived has."""
        later = context.reader
        if later is not None and context.actor.name in self._answered:
            await self._arrived(context, [each for each in self._of(context) if each.is_shown_by(later)])

    async def seen_after(self, context: Call, call: str) -> None:
        """The agent's program tells of the result of a call of its model's."""
        if call and context.actor.name in self._answered:
            await self._arrived(context, [each for each in self._of(context) if call in each.calls])

    def given_up(self, context: Call, name: str, call: str | None = None, *, surely: bool = False) -> None:
        """A program has given up a call, whose answer it does not have; or, without one, all of them.

        Args:
            context: of the call that says so.
            name: the program's.
            call: its own name for the one that it has given up.
            surely: it has nothing of what they handed over; without that it may have, as when it has ended.
        """
        for reader in self._of(context):
            if reader.name == name and (call is None or call in reader.calls):
                self._forget(context, reader)
                self._give_up(context, reader, surely=surely or call is not None)

    def _of(self, context: Call) -> list[Reader]:
        return list(self._answered.get(context.actor.name, ()))

    async def _arrived(self, context: Call, readers: list[Reader]) -> None:
        for reader in readers:
            self._forget(context, reader)
        for reader in readers:
            for handover in reader.handed:
                await handover.arrived()

    def _forget(self, context: Call, reader: Reader) -> None:
        waiting = self._answered[context.actor.name]
        waiting.remove(reader)
        if not waiting:
            del self._answered[context.actor.name]

    def _give_up(self, context: Call, reader: Reader, *, surely: bool) -> None:
        reader.state = "gone"
        for handover in reader.handed:
            context.team.background(handover.lost(surely=surely))
