"""For tests: checks of runtimes; a runner that is connected with a server in memory, and a clock of its own to move."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import math
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2

from teammcp import Context, Runtime
from teammcp.testing import NOON, SocketEnded, SocketRefused, TestTeam

from .machines.models import Joined
from .machines.operations import enrol_local_machine
from .runner import enrolments
from .runner.enrolments import Enrolment
from .runner.host import Clock, Host
from .runner.host import Keepers as AnyKeepers
from .runner.keepers import Keepers
from .runner.process import Runner
from .runner.transport import PATH, UNAUTHORIZED, Cut, Wire, closed
from .runner.turned_away import Revoked
from .runtime_checks import Check, checks_of
from .runtime_kit import Prompts, Recorder, Subject, Trial

__all__ = [
    "Check",
    "MemoryTransport",
    "MovedTime",
    "Prompts",
    "Recorder",
    "Subject",
    "Trial",
    "checks_of",
    "connect_runner",
    "enrol",
]

SETTLED = 20
"""Turns of the event loop that what has been woken gets."""


class MovedTime:
    """`Clock` that stands still until a test moves it."""

    def __init__(self, now: int = NOON) -> None:
        self._now = now
        self._passed = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Event]] = []
        self._numbers = itertools.count()

    def now(self) -> int:
        """See `Clock`."""
        return self._now + round(1000 * self._passed)

    def passed(self) -> float:
        """See `Clock`."""
        return self._passed

    async def sleep(self, seconds: float) -> None:
        """See `Clock`."""
        wakes = asyncio.Event()
        heapq.heappush(self._sleepers, (self._passed + max(seconds, 0), next(self._numbers), wakes))
        await wakes.wait()

    @property
    def next_wake(self) -> float:
        """Seconds until the first of those who sleep is woken; infinite if nobody sleeps."""
        return self._sleepers[0][0] - self._passed if self._sleepers else math.inf

    async def advance(self, seconds: float) -> None:
        """Let time pass: who sleeps is woken at the right moment, one after the other."""
        until = self._passed + seconds
        while self._sleepers and self._sleepers[0][0] <= until:
            at, _, wakes = heapq.heappop(self._sleepers)
            self._passed = max(self._passed, at)
            wakes.set()
            for _ in range(SETTLED):
                await asyncio.sleep(0)
        self._passed = until


class MemoryTransport:
    """`Transport` to a server in memory.

    Attributes:
        team: at the server. Put another in its place where a test starts the server anew.
        away: whether the network is cut.
    """

    def __init__(self, team: TestTeam) -> None:
        self.team = team
        self.away = False
        self._cut = asyncio.Event()

    def cut(self) -> None:
        """Cut the network: what is open ends, and nothing can be opened until `mend`."""
        self.away = True
        self._cut.set()
        self._cut = asyncio.Event()

    async def wait_cut(self) -> None:
        """Wait until the network is cut the next time."""
        await self._cut.wait()

    def mend(self) -> None:
        """The network is there again."""
        self.away = False

    @asynccontextmanager
    async def connect(self, enrolment: Enrolment) -> AsyncIterator[Wire]:
        """See `Transport`."""
        if self.away:
            raise Cut("the network is cut")
        opened = self.team.websocket(PATH, authorization=f"Bearer {enrolment.key.get_secret_value()}")
        async with AsyncExitStack() as stack:
            try:
                socket = await stack.enter_async_context(opened)
            except SocketRefused as refused:
                raise Revoked if refused.status == UNAUTHORIZED else Cut(str(refused)) from None
            yield _MemoryWire(socket, self._cut)

    def client(self, url: str, key: str) -> httpx2.AsyncClient:
        """See `Transport`."""
        return httpx2.AsyncClient(transport=_MemoryHttp(self), base_url=url, headers={"Authorization": f"Bearer {key}"})


async def unless(cut: Coroutine[Any, Any, object], work: Coroutine[Any, Any, Any]) -> Any:
    """What comes of work, unless the network is cut before.

    Raises:
        Cut: it was.
    """
    cutting, working = asyncio.ensure_future(cut), asyncio.ensure_future(work)
    try:
        await asyncio.wait({cutting, working}, return_when=asyncio.FIRST_COMPLETED)
        if cutting.done():
            raise Cut("the network is cut")
        return working.result()
    finally:
        cutting.cancel()
        working.cancel()


class _MemoryWire:
    """`Wire` over a WebSocket of a server in memory, which can be cut."""

    def __init__(self, socket: Any, cut: asyncio.Event) -> None:
        self._socket = socket
        self._cut = cut

    async def send(self, message: str | bytes) -> None:
        if self._cut.is_set():
            raise Cut("the network is cut")
        await self._socket.send(message)

    async def receive(self) -> str | bytes:
        while True:
            try:
                found: str | bytes = await unless(self._cut.wait(), self._socket.receive())
                return found
            except TimeoutError:
                continue  # the client of tests gives up early, a runner does not
            except SocketEnded as ended:
                raise closed(ended.code, ended.reason) from None


class _MemoryHttp(httpx2.AsyncBaseTransport):
    """Requests to a server in memory, while the network is not cut."""

    def __init__(self, network: MemoryTransport) -> None:
        self._network = network

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if self._network.away:
            raise httpx2.ConnectError("the network is cut", request=request)
        try:
            response: httpx2.Response = await unless(self._network.wait_cut(), self._answer(request))
            return response
        except Cut as error:
            raise httpx2.ReadError(str(error), request=request) from None

    async def _answer(self, request: httpx2.Request) -> httpx2.Response:
        application: Any = self._network.team.app
        transport = httpx2.ASGITransport(application, client=("127.0.0.1", 50_000))
        return await transport.handle_async_request(request)


async def enrol(team: TestTeam, folder: Path, *, name: str = "box", local: bool = False) -> Enrolment:
    """Have a machine join a team.

    Args:
        team: at a server in memory.
        folder: the runner's data folder.
        name: what the machine is to be called.
        local: it is the server's own, enrolled by the server. Otherwise it joins as by ``teammcp runner join``.
    """
    if local:
        joined: Joined = await Context.inside(team.team).call(enrol_local_machine)
    else:
        made = await team.owner.call("make_join_token")
        about = {"token": made.token, "name": name, "platform": "test", "version": "0"}
        answer = await team.client().post("/hooks/claude_launcher/join", json=about)
        answer.raise_for_status()
        joined = Joined.model_validate(answer.json())
    enrolment = Enrolment(url=str(team.server.settings.public_url), local=local, **joined.model_dump())
    enrolments.write(folder, enrolment)
    return enrolment


@asynccontextmanager
async def connect_runner(
    team: TestTeam,
    folder: Path,
    *,
    runtimes: Mapping[str, Runtime],
    make_keepers: Callable[[Host], AnyKeepers] = Keepers,
    transport: MemoryTransport | None = None,
    clock: Clock | None = None,
) -> AsyncIterator[Runner]:
    """A runner in this process, connected with a server in memory. At the end it is stopped as by its command.

    Args:
        team: at the server.
        folder: the runner's data folder: the same one for a runner that is started again.
        runtimes: by name.
        make_keepers: see `Runner`.
        transport: how it reaches the server; give one of your own to cut the network.
        clock: the machine's by default.
    """
    if not any((folder / enrolments.FOLDER).glob("*.json")):
        await enrol(team, folder)
    network = transport or MemoryTransport(team)
    async with Runner(folder, runtimes, make_keepers, transport=network, clock=clock, durable=False) as runner:
        for seat in runner.seats.values():
            await seat.link.wait_connected()
        yield runner
