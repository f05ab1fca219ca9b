"""The runner: one process for all agents on a machine, however many teams they belong to."""

from __future__ import annotations

import asyncio
import json
import logging
import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from teammcp import Children, Database, Runtime, TeamError, private_folder, write_whole

from ..entries import EndReason
from ..sentences import RUNNER_STOPPED
from .enrolments import Enrolment, Enrolments
from .host import Clock, Host, Keepers, MachineClock, Slots, Unconnected
from .identity import identify
from .journal import Journal
from .link import Link
from .programs import Programs, describe_machine
from .store import FILE, open_store
from .transport import Network, Transport
from .turned_away import TurnedAway

LOOK = 1.0
"""Seconds between two looks at the enrolments, and whether anybody needs this process."""
UNNEEDED = 60.0
"""Seconds after which the runner of a server's own machine ends when none of its agents is to run."""
GONE = 900.0
"""Seconds after which it does when the server cannot be reached, until the server has said otherwise."""
LAST_REPORT = 3.0
"""Seconds that the last lines get to reach a server when the runner ends."""
FORGETTING = 3600.0
"""Seconds between two looks whether the journal holds something that nobody needs any more."""
FAULT_PAUSE = 5.0
"""Seconds after which what has failed by a fault of our own is tried again."""
STATUS = "status.json"

MakeKeepers = Callable[[Host], Keepers]

log = logging.getLogger(__name__)


class Seat:
    """One enrolment at work: its journal, its link, its agents."""

    def __init__(self, enrolment: Enrolment, journal: Journal, link: Link, keepers: Keepers, clock: Clock) -> None:
        self.enrolment = enrolment
        self.journal = journal
        self.link = link
        self.keepers = keepers
        self.turned_away: TurnedAway | None = None
        self._clock = clock
        self._needed_at = clock.passed()
        self._tasks: list[asyncio.Task[Any]] = []

    def start(self) -> None:
        """Be connected, and write and report what happens."""
        works = (self.journal.keep, self._connect, self._forget)
        self._tasks = [asyncio.create_task(self._persist(work)) for work in works]

    async def _persist(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do what is to last, and go on with it after a fault of our own."""
        while True:
            try:
                return await work()
            except Exception:
                log.exception("%s: a fault of the runner's own; it goes on in %d s", self.enrolment.name, FAULT_PAUSE)
            await asyncio.sleep(FAULT_PAUSE)

    async def _connect(self) -> None:
        try:
            await self.link.run()
        except TurnedAway as error:
            self.turned_away = error

    async def _forget(self) -> None:
        while True:
            await self._clock.sleep(FORGETTING)
            await self.journal.forget()

    @property
    def is_gone(self) -> bool:
        """Whether its server, on this machine, was away for longer than its agents may go on without it."""
        orders = self.link.orders
        longest = GONE if orders is None else orders.gone_seconds
        return self.enrolment.local and longest is not None and self.link.away > longest

    @property
    def is_needed(self) -> bool:
        """Whether something of it is to run, or was a little while ago, or could be for all that is known."""
        orders = self.link.orders if self.link.connected else None
        wanted = orders is None or any(home.wanted for home in orders.homes)
        if wanted or not self.enrolment.local or self.keepers.live_runs():
            self._needed_at = self._clock.passed()
        return self._clock.passed() - self._needed_at <= UNNEEDED

    def status(self) -> dict[str, Any]:
        """For whoever asks how it is."""
        enrolment = self.enrolment
        about = {"url": enrolment.url, "team": enrolment.team, "machine": enrolment.machine}
        return {**about, "trouble": self.link.trouble, "runs": self.keepers.live_runs()}

    async def end(self, reason: EndReason, detail: str) -> None:
        """End all its agents, tell the server if it is there, and be cut off."""
        await self.keepers.end_all(reason, detail)
        try:
            async with asyncio.timeout(LAST_REPORT):
                await self.journal.flush()
                await self.link.wait_stored(self.journal.last)
        except (TimeoutError, Unconnected):
            log.warning("%s: the server has not heard of the end yet; the next runner tells it", self.enrolment.name)
        except TeamError as error:
            log.error("%s: the end is not written down: %s", self.enrolment.name, error.detail)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.link.close()


@dataclass(frozen=True)
class Refused:
    """An enrolment whose server would not have this runner.

    Attributes:
        enrolment: that one. It is tried again once it is another.
        told: what the runner's user is told.
    """

    enrolment: Enrolment
    told: str


class Runner:
    """All that one runner does. ``async with Runner(folder, …) as runner: await runner.run()``.

    Args:
        folder: its data folder. Nobody else may use it at the same time, which is for the caller to see to.
        runtimes: by name.
        make_keepers: makes the part that runs the agents of an enrolment.
        transport: how servers are reached.
        clock: the time.
        durable: see `open_store`.

    Attributes:
        seats: the enrolments at work, by the name of their file.
        refused: those whose server would not have this runner, by the same name.
        trouble: why it has ended, where it could not go on; empty otherwise.
    """

    def __init__(
        self,
        folder: Path,
        runtimes: Mapping[str, Runtime],
        make_keepers: MakeKeepers,
        *,
        transport: Transport | None = None,
        clock: Clock | None = None,
        durable: bool = True,
    ) -> None:
        self.folder = folder
        self.seats: dict[str, Seat] = {}
        self.refused: dict[str, Refused] = {}
        self.trouble = ""
        self._runtimes = runtimes
        self._make_keepers = make_keepers
        self._transport = transport or Network()
        self._clock = clock or MachineClock()
        self._durable = durable
        self._enrolments = Enrolments(folder)
        self._identity = identify(folder)
        self._children = Children(folder, "run")
        self._slots = Slots()
        self._programs = Programs(runtimes, self._clock)
        self._store: Database
        self._file: tuple[int, int]
        self._looking: asyncio.Task[None]
        self._status = ""

    async def __aenter__(self) -> Runner:
        private_folder(self.folder)
        self._store = await open_store(self.folder, durable=self._durable)
        file = (self.folder / FILE).stat()
        self._file = (file.st_dev, file.st_ino)
        try:
            await self._children.end_survivors()
            await self._programs.look()
            await self.look()
        except BaseException:
            await self._store.close()
            raise
        self._looking = asyncio.create_task(self._programs.keep_looking())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._looking.cancel()
        why = self.trouble or RUNNER_STOPPED()
        ending = [self._leave(name, "runner_ended", why) for name in self.seats]
        await asyncio.gather(*ending)
        await self._store.close()
        (self.folder / STATUS).unlink(missing_ok=True)

    async def run(self, stop: asyncio.Event) -> None:
        """Work until told to stop, until nobody needs this process, or until its folder is gone."""
        stopping = asyncio.create_task(stop.wait())
        try:
            while any(seat.is_needed for seat in self.seats.values()):
                pause = asyncio.create_task(self._clock.sleep(LOOK))
                await asyncio.wait({pause, stopping}, return_when=asyncio.FIRST_COMPLETED)
                pause.cancel()
                if stop.is_set() or self._has_lost_its_folder():
                    return
                await self._try_to_look()
            self._has_lost_its_folder()  # which is why there are no enrolments any more
        finally:
            stopping.cancel()

    @property
    def is_idle(self) -> bool:
        """Whether no agent's program runs."""
        return not any(seat.keepers.live_runs() for seat in self.seats.values())

    def _has_lost_its_folder(self) -> bool:
        """Whether its database was deleted, or another put in its place: nothing that is written there is kept."""
        try:
            found = (self.folder / FILE).stat()
        except FileNotFoundError:
            found = None
        except OSError:
            return False  # a disk that does not answer may do so again
        if found is not None and (found.st_dev, found.st_ino) == self._file:
            return False
        self.trouble = (
            f"{self.folder / FILE} was deleted or replaced while the runner worked. All its programs are ended."
        )
        log.error("%s", self.trouble)
        return True

    async def _try_to_look(self) -> None:
        """What fails is tried again a little later: nothing of what runs may end because of it."""
        try:
            await self.look()
        except Exception:
            log.exception("a fault of the runner's own, or of its disk; it goes on in %d s", FAULT_PAUSE)
            await self._clock.sleep(FAULT_PAUSE)

    async def look(self) -> None:
        """Take up enrolments that are new, and leave those that are gone, or whose server is."""
        wanted = self._enrolments.look()
        for name, seat in [*self.seats.items()]:
            if wanted.get(name) != seat.enrolment:
                await self._leave(name, *_why_changed(seat.enrolment, wanted.get(name)))
            elif (why := seat.turned_away) is not None:
                self.refused[name] = refused = Refused(seat.enrolment, why.tell(seat.enrolment, self.folder))
                log.error("%s", refused.told)
                await self._leave(name, why.reason, why.detail)
            elif seat.is_gone:
                away = f"The server could not be reached for {seat.link.away:.0f} seconds."
                await self._leave(name, "server_gone", away)
                del wanted[name]  # it is taken up at the next look, if something else keeps this process
        for name, enrolment in wanted.items():
            refused_before = self.refused.get(name)
            if name not in self.seats and (refused_before is None or refused_before.enrolment != enrolment):
                await self._take_up(name, enrolment)
        self._tell_status()

    async def _take_up(self, name: str, enrolment: Enrolment) -> None:
        key = enrolment.key.get_secret_value()
        folder = self.folder / "teams" / name
        private_folder(folder)
        journal = await Journal.open(self._store, key, self._clock.now)
        link = Link(
            enrolment, self._transport, journal, self._programs, self._clock, self._identity, describe_machine()
        )
        host = Host(
            folder=folder,
            url=enrolment.url,
            team=enrolment.team,
            machine=enrolment.machine,
            children=self._children,
            runtimes=self._runtimes,
            journal=journal,
            store=self._store,
            slots=self._slots,
            clock=self._clock,
            link=link,
            client=partial(self._transport.client, enrolment.url),
        )
        keepers = self._make_keepers(host)
        link.attach(keepers, lambda orders: self._slots.set_limit(name, orders.at_once), host.granted)
        await keepers.reconcile()
        self.seats[name] = seat = Seat(enrolment, journal, link, keepers, self._clock)
        seat.start()

    async def _leave(self, name: str, reason: EndReason, detail: str) -> None:
        seat = self.seats.pop(name)
        await seat.end(reason, detail)
        self._slots.set_limit(name, None)

    def _tell_status(self) -> None:
        """Write down how it is, for the commands ``stop`` and ``status``, when that has changed."""
        seats = {name: seat.status() for name, seat in self.seats.items()}
        text = json.dumps({"pid": os.getpid(), "seats": seats})
        if text == self._status:
            return
        try:
            write_whole(self.folder / STATUS, text.encode())
        except OSError as error:
            log.error("%s cannot be written: %s", self.folder / STATUS, error.strerror)
        self._status = text


def _why_changed(before: Enrolment, now: Enrolment | None) -> tuple[EndReason, str]:
    """Why the agents of an enrolment end that is not what it was."""
    if now is None:
        return "revoked", "This machine was taken out of the team."
    if now.key != before.key:
        return "revoked", "This machine has joined the team anew."
    return "runner_ended", f"The server has moved to {now.url}: programs are started again with its new address."
