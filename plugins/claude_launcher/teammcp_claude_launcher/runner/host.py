"""What the part that runs agents (the keepers) is given by the part that connects it with the world."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import httpx2

from teammcp import Children, Database, Runtime, TeamError

from ..entries import Ended, EndReason, State
from ..protocol import Begin, Orders, Question, UsedTools
from .journal import Journal


class Refusal(Exception):
    """The other side says no to a question.

    Attributes:
        code: one word.
        detail: why, and what to do.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


class Unconnected(Exception):
    """There is no answer: the server is away, or was before it answered. Ask again when it is back."""


class Clock(Protocol):
    """What the runner asks for the time, so that tests move it instead of waiting."""

    def now(self) -> int:
        """UTC, milliseconds since the epoch, by the machine's clock."""
        ...

    def passed(self) -> float:
        """Seconds of a clock that nobody sets, to measure how long something takes."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class MachineClock:
    """The machine's own."""

    def now(self) -> int:
        """See `Clock`."""
        return time.time_ns() // 1_000_000

    def passed(self) -> float:
        """See `Clock`."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """See `Clock`."""
        await asyncio.sleep(seconds)


class Slots:
    """So many programs at once on this machine, as the strictest of its servers says. First come, first served.

    Attributes:
        crowded: set while somebody waits for whom no program is about to end.
    """

    def __init__(self) -> None:
        self.crowded = asyncio.Event()
        self._limits: dict[str, int] = {}
        self._taken = 0
        self._leaving = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    def set_limit(self, enrolment: str, at_once: int | None) -> None:
        """What a server says; None once it says nothing any more."""
        if at_once is None:
            self._limits.pop(enrolment, None)
        else:
            self._limits[enrolment] = at_once
        self._admit()

    async def take(self) -> None:
        """Wait for a place, and take it. `give_back` it when the program has ended."""
        place = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        self._admit()
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():
                self.give_back()
            else:
                self._waiting.remove(place)
                self._admit()
            raise

    def make_room(self) -> bool:
        """Whether a program that has nothing to do is to end, since somebody waits for a place. Then it must."""
        if not self.crowded.is_set():
            return False
        self._leaving += 1
        self._admit()
        return True

    def give_back(self, *, made_room: bool = False) -> None:
        """A program has ended.

        Args:
            made_room: it has ended because `make_room` said so.
        """
        self._taken -= 1
        self._leaving -= made_room
        self._admit()

    def _admit(self) -> None:
        limit = min(self._limits.values(), default=None)
        while self._waiting and (limit is None or self._taken < limit):
            place = self._waiting.popleft()
            if not place.cancelled():
                self._taken += 1
                place.set_result(None)
        if len(self._waiting) > self._leaving:
            self.crowded.set()
        else:
            self.crowded.clear()


@dataclass(frozen=True)
class Granted:
    """A run that the server has granted.

    Attributes:
        run: its number.
        unfinished: the messages in whose turn the agent has left another machine.
    """

    run: int
    unfinished: Sequence[int] = ()


class Asker(Protocol):
    """The link to the server, as far as keepers need it."""

    async def ask(self, question: Question) -> dict[str, Any]:
        """The data of the server's answer.

        Raises:
            Refusal: it says no. Unconnected: there is no answer.
        """
        ...

    async def show(self, watch: int, data: bytes) -> None:
        """Send what a terminal shows to those who watch it; nothing happens while the server is away."""
        ...


class Keepers(Protocol):
    """The part that runs the agents of one team on this machine."""

    async def reconcile(self) -> None:
        """Before anything else: what an earlier process has left without an end gets one."""
        ...

    def apply(self, orders: Orders) -> None:
        """From now on it should be so. Returns at once."""
        ...

    def live_runs(self) -> list[int]:
        """The runs that were granted and have not ended."""
        ...

    async def answer(self, question: Question) -> dict[str, Any]:
        """Do what the server asks; the data of the answer.

        Raises:
            Refusal: why not.
        """
        ...

    def disconnected(self) -> None:
        """The link is cut: nobody watches a terminal any more. Agents go on."""
        ...

    async def end_all(self, reason: EndReason, detail: str) -> None:
        """End every run, and begin no more. When it returns, nothing of them is left, and their ends are appended.

        It returns also where nothing can be written down.
        """
        ...


@dataclass(frozen=True)
class Host:
    """What keepers are given.

    Attributes:
        folder: of this enrolment, for what is kept of its agents in files.
        url: the server's address.
        team: the team's name.
        machine: the machine's, in the team.
        children: starts programs with the runner's mark.
        runtimes: by name.
        journal: of this enrolment.
        store: the runner's database.
        slots: the machine's places for programs.
        clock: the time.
        link: to the server.
        client: makes an HTTP client of the server that sends a key; close it.
        granted: runs that the server has granted and `begin` has not returned yet.
    """

    folder: Path
    url: str
    team: str
    machine: str
    children: Children
    runtimes: Mapping[str, Runtime]
    journal: Journal
    store: Database
    slots: Slots
    clock: Clock
    link: Asker
    client: Callable[[str], httpx2.AsyncClient]
    granted: set[int] = field(default_factory=set)

    async def begin(self, agent: str, cause: str, request: str, resumes: bool) -> Granted:
        """Ask the server for a run. It stands in the journal as starting then.

        Args:
            agent: whose.
            cause: who or what starts it.
            request: of the caller's own, the same for the same run: written down before, so that it can ask again.
            resumes: whether it is to go on with an earlier conversation.

        Raises:
            Refusal: why there is none; ``run_over`` if the run of this request has ended already, ``not_written`` if it
                has ended because it could not be written down.
            Unconnected: it is not known whether there is one. Ask again with the same request.
        """
        answer = await self.link.ask(Begin(agent=agent, cause=cause, request=request, resumes=resumes))
        run = int(answer["run"])
        self.granted.add(run)
        try:
            self.journal.append(run, State(state="starting"))
            await self.journal.flush()
        except TeamError as error:
            detail = f"What it does could not be written down on its machine: {error.detail}"
            self.journal.append(run, Ended(reason="not_started", detail=detail))
            raise Refusal("not_written", detail) from None
        finally:
            self.granted.discard(run)
        return Granted(run, answer.get("unfinished", ()))

    async def has_used_tools(self, run: int) -> bool | None:
        """Whether a run's program has come to the server for the team's tools; None if that is not known."""
        try:
            used: bool | None = (await self.link.ask(UsedTools(run=run))).get("used")
        except (Refusal, Unconnected):
            return None
        return used
