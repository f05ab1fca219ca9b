"""The connections of runners: who is connected, what is asked of it, what it is told."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from itertools import count
from typing import Any

from teammcp import Conflict, StateKey, Team, TeamError, WebSocketClosed

from ..protocol import COPY, Answer, Ask, Frame, Ping, Question, Unwatch, Watch

ANSWER_SECONDS = 10.0
"""Seconds within which a runner has to answer."""
ENDING = 2.0
"""Seconds within which connections are over that are ended."""
GOING_AWAY = 1001
COME_AGAIN = 4409
"""The code with which a runner is told that another one may have its machine's key, and work."""
SILENT, UNREACHABLE = "machine_silent", "machine_unreachable"
UNREAD = 1024 * 1024
"""Bytes of a terminal that wait for a watcher. One that is slower is let go: it comes again and is sent the screen."""

CHANGED: StateKey[asyncio.Event] = StateKey("claude_launcher.changed", asyncio.Event)
"""Of the server: set when the orders of any machine have changed, or a runner is connected no more."""

log = logging.getLogger(__name__)


class NotAdmitted(Exception):
    """A runner is not let in: its connection is to be closed with this code and reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


def come_again() -> NotAdmitted:
    """Of a runner that may be let in a little later."""
    return NotAdmitted(COME_AGAIN, "another runner with this key was here a moment ago, and may come back")


class Stream:
    """What a terminal writes, on its way to one watcher: an async iterator of bytes."""

    def __init__(self) -> None:
        self._parts: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._unread = 0
        self._over = False

    def add(self, data: bytes) -> None:
        """Take what has come."""
        if self._over:
            return
        if self._unread + len(data) > UNREAD:
            self.close()
            return
        self._unread += len(data)
        self._parts.put_nowait(data)

    def close(self) -> None:
        """Nothing more will come."""
        if not self._over:
            self._over = True
            self._parts.put_nowait(None)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while (part := await self._parts.get()) is not None:
            self._unread -= len(part)
            yield part


class Link:
    """The connection of one runner.

    Args:
        machine: whose it is.
        send: sends a text to it.
        close: ends it, with a code and a reason.
        installation, place: see `protocol.Hello`.

    Attributes:
        machine, installation, place: see above.
        stale: set when the runner's orders are not what was sent last.
    """

    def __init__(
        self,
        machine: str,
        send: Callable[[str], Awaitable[None]],
        close: Callable[[int, str], None],
        *,
        installation: str,
        place: str,
    ) -> None:
        self.machine = machine
        self.installation = installation
        self.place = place
        self.close = close
        self.stale = asyncio.Event()
        self._send = send
        self._sending = asyncio.Lock()
        self._numbers = count(1)
        self._asked: dict[int, asyncio.Future[Answer]] = {}
        self._watches: dict[int, Stream] = {}

    async def send(self, frame: Frame) -> None:
        """Send a frame."""
        async with self._sending:
            await self._send(frame.model_dump_json())

    async def ask(self, question: Question) -> dict[str, Any]:
        """Ask the runner something; see `Links.ask`."""
        number = next(self._numbers)
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._asked[number] = answer
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await self.send(Ask(id=number, question=question))
                found = await answer
        except TimeoutError:
            raise Conflict(
                f"The runner of machine '{self.machine}' has not answered within {ANSWER_SECONDS:g} s. Try again; if "
                "that is in vain, look whether the machine is overloaded.",
                code=SILENT,
            ) from None
        finally:
            del self._asked[number]
        if found.error:
            raise Conflict(found.detail or found.error, code=found.error)
        return found.data

    async def is_alive(self) -> bool:
        """Whether the runner answers."""
        try:
            await self.ask(Ping())
        except Conflict as error:
            return error.code not in (SILENT, UNREACHABLE)
        except WebSocketClosed:
            return False
        return True

    def answered(self, answer: Answer) -> None:
        """The runner has answered; an answer that nobody waits for any more is dropped."""
        waiting = self._asked.get(answer.id)
        if waiting is not None and not waiting.done():
            waiting.set_result(answer)

    @asynccontextmanager
    async def watch(self, team: Team, agent: str) -> AsyncIterator[AsyncIterator[bytes]]:
        """Watch a terminal; see `Links.watch`."""
        number, stream = next(self._numbers), Stream()
        self._watches[number] = stream  # before it is asked for: the screen may come with the answer
        try:
            await self.ask(Watch(agent=agent, watch=number))
            yield aiter(stream)
        finally:
            del self._watches[number]
            team.background(self._unwatch(number))

    async def _unwatch(self, number: int) -> None:
        with suppress(TeamError):
            await self.ask(Unwatch(watch=number))

    def written(self, data: bytes) -> None:
        """A terminal has written something: four bytes with the number of the watch, then that. Nothing: it is over."""
        stream, written = self._watches.get(int.from_bytes(data[:4])), data[4:]
        if stream is None:
            return
        if written:
            stream.add(written)
        else:
            stream.close()

    def over(self) -> None:
        """The connection is over: nothing is answered any more."""
        error = unreachable(self.machine)
        for answer in self._asked.values():
            if not answer.done():
                answer.set_exception(error)
        for stream in self._watches.values():
            stream.close()


class Links:
    """The runners that are connected to one team. For the event loop only."""

    def __init__(self, team: Team) -> None:
        self._team = team
        self._links: dict[str, Link] = {}
        self._began = team.server.clock.steady()
        self._ended: dict[str, int] = {}
        self._coming: dict[str, list[str]] = {}
        self._dropped = asyncio.Event()

    def is_connected(self, machine: str) -> bool:
        """Whether the machine's runner is connected now."""
        return machine in self._links

    def find(self, machine: str) -> Link | None:
        """The connection of a machine's runner, if there is one."""
        return self._links.get(machine)

    def away(self, machine: str) -> float:
        """For how many seconds a machine's runner has not been connected, as far as this process knows."""
        return (self._team.server.clock.steady() - self._ended.get(machine, self._began)) / 1000

    @contextmanager
    def coming(self, machine: str, installation: str) -> Iterator[None]:
        """A runner is about to connect: until it has, no other one is let in.

        Raises:
            NotAdmitted: another one is about to, or has.
        """
        coming, link = self._coming.setdefault(machine, []), self.find(machine)
        if {installation} != {installation, *coming, *([link.installation] if link else [])}:
            raise come_again()
        coming.append(installation)
        try:
            yield
        finally:
            coming.remove(installation)

    async def ask(self, machine: str, question: Question) -> dict[str, Any]:
        """Ask the runner of a machine something; the data of its answer.

        Raises:
            Conflict: it is not connected, does not answer in time, or says no.
        """
        return await self._link(machine).ask(question)

    def changed(self, machine: str | None = None) -> None:
        """What should be on a machine, or on all, has changed: its runner is sent its orders anew."""
        self._team.server.state[CHANGED].set()
        for name, link in self._links.items():
            if machine in (None, name):
                link.stale.set()

    def watch(self, machine: str, agent: str) -> Any:
        """Watch the terminal of an agent: an async context manager with an async iterator of bytes, the screen first.

        Raises:
            Conflict: as `ask`, on entering.
        """
        return self._link(machine).watch(self._team, agent)

    def put(self, link: Link) -> None:
        """A runner has connected. An earlier connection of it is over.

        Nobody hears of that as a rule: it was cut, or the process has ended. One that does is a copy which cannot be
        told from this one by where it lies, and of the two the later one stays.
        """
        earlier = self._links.get(link.machine)
        if earlier is not None:
            earlier.close(COPY, link.place)
        self._links[link.machine] = link

    def drop(self, link: Link) -> bool:
        """A connection is over; whether its machine has no other one."""
        link.over()
        if self._links.get(link.machine) is not link:
            return False
        del self._links[link.machine]
        self._ended[link.machine] = self._team.server.clock.steady()
        self._dropped.set()
        self._team.server.state[CHANGED].set()
        return True

    async def end(self) -> None:
        """End all connections, because the team is about to be closed."""
        for link in self._links.values():
            link.close(GOING_AWAY, "the team is being closed")
        with suppress(TimeoutError):
            async with asyncio.timeout(ENDING):
                while self._links:
                    self._dropped.clear()
                    await self._dropped.wait()

    def close(self, machine: str, code: int, reason: str) -> None:
        """End the connection of a machine, if there is one."""
        if machine in self._links:
            self._links[machine].close(code, reason)

    def _link(self, machine: str) -> Link:
        if machine not in self._links:
            raise unreachable(machine)
        return self._links[machine]


def unreachable(machine: str) -> Conflict:
    """The error of a machine whose runner is not connected."""
    return Conflict(
        f"The runner of machine '{machine}' is not connected. Look whether the machine is up, and start the runner "
        "there: teammcp runner run.",
        code=UNREACHABLE,
        machine=machine,
    )


_LINKS: StateKey[Links] = StateKey("claude_launcher.links")


def links(team: Team) -> Links:
    """The connections of a team's runners."""
    if _LINKS not in team.state:
        team.state[_LINKS] = Links(team)
    return team.state[_LINKS]
