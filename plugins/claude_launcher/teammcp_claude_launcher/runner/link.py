"""The link between a runner and the server of one enrolment: made again whenever it is cut, for as long as it takes."""

from __future__ import annotations

import asyncio
import itertools
import logging
import random
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, Protocol

from pydantic import BaseModel, ValidationError

from teammcp import TeamError, __version__

from ..protocol import (
    FROM_SERVER,
    PROTOCOL,
    Answer,
    Ask,
    Found,
    FoundRuntime,
    Hello,
    Orders,
    Question,
    Report,
    Settled,
    Stored,
    Welcome,
)
from .enrolments import Enrolment
from .host import Clock, Keepers, Refusal, Unconnected
from .identity import Identity
from .journal import Journal
from .transport import Cut, Transport, Wire
from .turned_away import TurnedAway

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 15.0
"""Seconds until a connection that was cut is made again: at first, doubled each time, and at most."""
ANSWER_SECONDS = 30.0
"""Seconds within which the server answers, before the connection counts as dead."""

log = logging.getLogger(__name__)


class Programs(Protocol):
    """The runtimes' programs on this machine."""

    found: Sequence[FoundRuntime]

    async def wait_changed(self, known: Sequence[FoundRuntime]) -> Sequence[FoundRuntime]:
        """What there is, once it is something else than what is known."""
        ...


class Link:
    """The link of one enrolment. `run` keeps it until the server will not have it any more.

    Attributes:
        connected: whether questions can be asked.
        trouble: why it is not connected, for people.
        orders: the last ones.
    """

    def __init__(
        self,
        enrolment: Enrolment,
        transport: Transport,
        journal: Journal,
        programs: Programs,
        clock: Clock,
        identity: Identity,
        platform: str,
    ) -> None:
        self.enrolment = enrolment
        self.connected = False
        self.trouble = "not connected yet"
        self.orders: Orders | None = None
        self._keepers: Keepers
        self._on_orders: Callable[[Orders], None]
        self._granted: AbstractSet[int]
        self._transport = transport
        self._journal = journal
        self._programs = programs
        self._clock = clock
        self._identity = identity
        self._platform = platform
        self._last_there = clock.passed()
        self._wire: Wire | None = None
        self._ids = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Answer]] = {}
        self._stored = asyncio.Event()
        self._changed = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    def attach(self, keepers: Keepers, on_orders: Callable[[Orders], None], granted: AbstractSet[int]) -> None:
        """Say who is behind it.

        Args:
            keepers: of the enrolment's agents.
            on_orders: hears of orders before they do.
            granted: see `host.Host`.
        """
        self._keepers, self._on_orders, self._granted = keepers, on_orders, granted

    @property
    def away(self) -> float:
        """For how many seconds the server has been away; 0 while it is there."""
        return 0.0 if self.connected else self._clock.passed() - self._last_there

    async def run(self) -> None:
        """Be connected, until cancelled.

        Raises:
            TurnedAway: the server will not have this runner.
        """
        pause = FIRST_PAUSE
        while True:
            try:
                async with self._transport.connect(self.enrolment) as wire:
                    await self._talk(wire)
            except Cut as error:
                if self.trouble != str(error):
                    log.warning("%s: %s; trying again", self.enrolment.name, error)
                if self.connected:
                    pause = FIRST_PAUSE
                if error.refused:
                    pause = LONGEST_PAUSE
                self._end(str(error))
            except BaseException:
                self._end("the link is closed")
                raise
            await self._clock.sleep(pause * random.uniform(0.5, 1))  # noqa: S311 - so that not all runners come at once
            pause = min(2 * pause, LONGEST_PAUSE)

    async def ask(self, question: Question) -> dict[str, Any]:
        """See `host.Asker`. The server knows by then all that stood in the journal before."""
        if not self.connected:
            raise Unconnected(self.trouble)
        await self.wait_stored(self._journal.last)
        number = next(self._ids)
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        try:
            await self._send(Ask(id=number, question=question))
            async with asyncio.timeout(ANSWER_SECONDS):
                found = await answer
        except (Cut, TurnedAway, TimeoutError) as error:
            raise Unconnected(str(error) or "the server did not answer in time") from None
        finally:
            del self._waiting[number]
        if found.error:
            raise Refusal(found.error, found.detail)
        data: dict[str, Any] = found.data
        return data

    async def show(self, watch: int, data: bytes) -> None:
        """See `host.Asker`."""
        if self._wire is not None:
            try:
                await self._wire.send(watch.to_bytes(4) + data)
            except (Cut, TurnedAway):
                return  # `run` hears of it, too

    async def wait_connected(self) -> None:
        """Wait until questions can be asked."""
        while not self.connected:
            await self._changed.wait()

    async def wait_stored(self, seq: int) -> None:
        """Wait until the server has the journal up to this number.

        Raises:
            Unconnected: it is away.
        """
        while self._journal.stored < seq:
            if self._wire is None:
                raise Unconnected(self.trouble)
            self._stored.clear()
            await self._stored.wait()

    async def close(self) -> None:
        """End what questions of the server's are still being dealt with."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # -- one connection ----------------------------------------------------------------------------------------------

    async def _talk(self, wire: Wire) -> None:
        """Greet, and then report and listen until the connection is cut."""
        self._wire = wire
        known = self._programs.found
        await self._send(
            Hello(
                protocol=PROTOCOL,
                installation=self._identity.installation,
                place=self._identity.place,
                journal=self._journal.id,
                version=__version__,
                platform=self._platform,
                runtimes=list(known),
            )
        )
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                welcome = await self._receive()
        except TimeoutError:
            raise Cut("the server did not answer in time") from None
        if not isinstance(welcome, Welcome):
            raise Cut("this is no server whose launcher speaks as this runner does", refused=True)
        await self._journal.agree(welcome.stored)
        self._stored.set()
        await self._all(self._listen(), self._report(welcome.stored), self._tell_programs(known))

    async def _all(self, *works: Any) -> None:
        """Do several things until one fails; what it fails with."""
        tasks = [asyncio.ensure_future(work) for work in works]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _report(self, stored: int) -> None:
        """Report what the journal holds behind a number, say which runs live, and then report what comes."""
        # Before the last line that is reported first is fixed: a run that ends after this is not taken for lost.
        live = sorted({*self._keepers.live_runs(), *self._granted})
        settling = self._journal.last
        settled = False
        while True:
            await self._journal.flush()
            if not settled and stored >= settling:
                settled = True
                await self._send(Settled(runs=live))
            await self._journal.wait_behind(stored)
            lines = await self._journal.read(stored)
            await self._send(Report(entries=lines))
            stored = lines[-1].seq
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    await self.wait_stored(stored)
            except TimeoutError:
                raise Cut("the server does not take reports") from None

    async def _tell_programs(self, known: Sequence[FoundRuntime]) -> None:
        while True:
            known = await self._programs.wait_changed(known)
            await self._send(Found(runtimes=list(known)))

    async def _listen(self) -> None:
        while True:
            frame = await self._receive()
            match frame:
                case Stored():
                    self._journal.stored = frame.seq
                    self._stored.set()
                case Orders():
                    self._take_orders(frame)
                case Answer():
                    waiting = self._waiting.get(frame.id)
                    if waiting is not None and not waiting.done():
                        waiting.set_result(frame)
                case Ask():
                    self._spawn(self._answer(frame))
                case Welcome():
                    raise Cut("the server has greeted twice")

    def _take_orders(self, orders: Orders) -> None:
        if not self.connected:
            self.connected = True
            self.trouble = ""
            self._changed.set()
            log.info("%s: connected", self.enrolment.name)
        self.orders = orders
        self._on_orders(orders)
        self._keepers.apply(orders)

    async def _answer(self, ask: Ask) -> None:
        """Do what the server asks, and tell it what has come of that, if it is still there."""
        try:
            answer = Answer(id=ask.id, data=await self._keepers.answer(ask.question))
        except (Refusal, TeamError) as refusal:
            answer = Answer(id=ask.id, error=refusal.code, detail=refusal.detail)
        except Exception:
            log.exception("%s: the question '%s' has failed", self.enrolment.name, ask.question.kind)
            answer = Answer(id=ask.id, error="runner_failed", detail="The runner has failed at it; its log says why.")
        try:
            await self._send(answer)
        except (Cut, TurnedAway):
            log.debug("%s: an answer came too late", self.enrolment.name)

    def _spawn(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _end(self, why: str) -> None:
        """The connection is over: what was asked has no answer."""
        was_connected = self.connected
        self.connected, self._wire, self.trouble = False, None, why
        self._changed.clear()
        self._stored.set()
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(Cut(why))
        if was_connected:
            self._last_there = self._clock.passed()
            self._keepers.disconnected()

    async def _send(self, frame: BaseModel) -> None:
        wire = self._wire
        if wire is None:
            raise Cut(self.trouble)
        await wire.send(frame.model_dump_json())

    async def _receive(self) -> Any:
        assert self._wire is not None  # noqa: S101 - there is one while it is talked on
        while True:
            message = await self._wire.receive()
            try:
                return FROM_SERVER.validate_json(message)
            except ValidationError as error:
                places = ", ".join(".".join(map(str, each["loc"])) or each["type"] for each in error.errors())
                raise Cut(
                    f"the server says what this runner does not understand ({places}): update both", refused=True
                ) from None
