"""``/hooks/claude_launcher/runner``: the WebSocket of runners."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

from pydantic import ValidationError

from teammcp import (
    Context,
    NotFound,
    Route,
    Team,
    TeamError,
    Unauthorized,
    WebSocket,
    WebSocketClosed,
    WebSocketRoute,
    hash_key,
    team_of_key,
)

from .. import homes
from ..protocol import (
    FROM_RUNNER,
    LARGEST,
    PROTOCOL,
    Answer,
    Ask,
    Begin,
    Found,
    Hello,
    Report,
    Settled,
    Stored,
    UsedTools,
    Welcome,
)
from ..runs import tools_used
from ..runs.operations.beginning import begin_run
from ..runs.operations.recording import record_entries
from ..runs.operations.settling import settle_machine
from . import queries
from .admission import admit
from .connections import Link, NotAdmitted, links
from .joining import join
from .operations import connect_machine, lose_machine, note_programs

GREETING = 10.0
"""Seconds within which a runner has to say hello."""
NOT_UNDERSTOOD, OTHER_PROTOCOL = 4400, 4426

log = logging.getLogger(__name__)


class Talk:
    """The server's side of one runner's connection."""

    def __init__(self, socket: WebSocket, team: Team, machine: str) -> None:
        self._socket = socket
        self._team = team
        self._machine = machine
        self._context = Context.inside(team)
        self._link: Link
        self._settled = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._journal = ""

    async def run(self) -> None:
        """Talk until the connection is over."""
        known = links(self._team)
        try:
            await self._greet()
        except NotAdmitted as refusal:
            self._socket.close(refusal.code, refusal.reason)
            raise WebSocketClosed from None
        try:
            self._spawn(self._send_orders())
            await self._listen()
        finally:
            for task in self._tasks:
                task.cancel()
            if known.drop(self._link):
                self._team.background(self._lose())

    async def _greet(self) -> None:
        try:
            async with asyncio.timeout(GREETING):
                hello = _hello(self._socket, await self._socket.receive())
        except TimeoutError:
            self._socket.close(NOT_UNDERSTOOD, "say hello first")
            raise WebSocketClosed from None
        self._journal = hello.journal
        await admit(self._context, self._machine, hello)
        known = links(self._team)
        with known.coming(self._machine, hello.installation):
            connected = await self._context.call(
                connect_machine,
                machine=self._machine,
                journal=hello.journal,
                installation=hello.installation,
                version=hello.version,
                platform=hello.platform,
                runtimes=hello.runtimes,
            )
            about = {"installation": hello.installation, "place": hello.place}
            self._link = Link(self._machine, self._socket.send, self._socket.close, **about)
            await self._link.send(Welcome(stored=connected.stored))
            known.put(self._link)

    async def _lose(self) -> None:
        await self._context.call(lose_machine, machine=self._machine)

    async def _send_orders(self) -> None:
        """Send the orders once it is known what lives there, and again at every change."""
        await self._settled.wait()
        while True:
            self._link.stale.clear()
            await self._link.send(await homes.orders(self._team, self._machine))
            await self._link.stale.wait()

    async def _listen(self) -> None:
        async for message in self._socket:
            if isinstance(message, bytes):
                self._link.written(message)
            else:
                await self._take(_frame(self._socket, message))

    async def _take(self, frame: Any) -> None:
        match frame:
            case Report():
                await self._record(frame)
            case Settled():
                await self._context.call(settle_machine, machine=self._machine, runs=frame.runs)
                self._settled.set()
            case Found():
                await self._context.call(note_programs, machine=self._machine, runtimes=frame.runtimes)
            case Ask():
                self._spawn(self._answer(frame))
            case Answer():
                self._link.answered(frame)
            case Hello():
                self._socket.close(NOT_UNDERSTOOD, "one hello is enough")

    async def _record(self, report: Report) -> None:
        recorded = await self._context.call(
            record_entries, machine=self._machine, journal=self._journal, entries=report.entries
        )
        await self._link.send(Stored(seq=recorded.stored))

    async def _answer(self, ask: Ask) -> None:
        """Answer a question of the runner's, once it is known what lives there."""
        await self._settled.wait()
        try:
            answer = Answer(id=ask.id, data=await self._data(ask))
        except TeamError as error:
            answer = Answer(id=ask.id, error=error.code, detail=error.detail)
        except Exception:
            log.exception("machine %s: the question '%s' has failed", self._machine, ask.question.kind)
            answer = Answer(id=ask.id, error="internal_error", detail="The server has failed at it; its log says why.")
        await self._link.send(answer)

    async def _data(self, ask: Ask) -> dict[str, Any]:
        match ask.question:
            case Begin() as question:
                asked = question.model_dump(exclude={"kind"})
                return (await self._context.call(begin_run, machine=self._machine, **asked)).model_dump()
            case UsedTools(run=run):
                return {"used": await tools_used(self._context, self._machine, run)}
        return {}

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(_until_over(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def talk(socket: WebSocket) -> None:
    """Serve one runner: who it is, and then all that is said."""
    team, machine = await _authenticate(socket)
    socket.known()
    await Talk(socket, team, machine).run()


async def _authenticate(socket: WebSocket) -> tuple[Team, str]:
    """The team and the machine whose key the runner has sent.

    Raises:
        Unauthorized: it is none's, or was revoked.
    """
    key = socket.bearer or ""
    with suppress(NotFound):
        team = socket.server.team(team_of_key(key) or "")
        row = await team.database.read(queries.by_key, hash_key(key))
        if row is not None and row["revoked_at"] is None:
            return team, row["name"]
        if row is not None:
            raise Unauthorized("The key of this machine was revoked; join anew.", code="machine_revoked")
    socket.server.limits.register.take(socket.address)
    raise Unauthorized("This is not the key of a machine; join anew with 'teammcp runner join'.")


def _hello(socket: WebSocket, message: str | bytes) -> Hello:
    """The first frame.

    Raises:
        WebSocketClosed: it is none, or of a protocol that this server does not speak.
    """
    protocol = _protocol(message)
    if protocol is not None and protocol != PROTOCOL:
        older = "runner" if protocol < PROTOCOL else "server"
        socket.close(OTHER_PROTOCOL, f"the {older} is too old: update it, and start it again")
        raise WebSocketClosed
    frame = _frame(socket, message)
    if not isinstance(frame, Hello):
        socket.close(NOT_UNDERSTOOD, "say hello first")
        raise WebSocketClosed
    return frame


def _protocol(message: str | bytes) -> int | None:
    try:
        protocol = json.loads(message)["protocol"]
    except (ValueError, LookupError, TypeError):
        return None
    return protocol if isinstance(protocol, int) else None


def _frame(socket: WebSocket, message: str | bytes) -> Any:
    """A frame of the runner's.

    Raises:
        WebSocketClosed: it is not understood.
    """
    try:
        return FROM_RUNNER.validate_json(message)
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_context=False, include_input=False)
        places = ", ".join(".".join(map(str, each["loc"])) or each["type"] for each in wrong)
        log.warning("a runner says what is not understood: %s", places)
        socket.close(NOT_UNDERSTOOD, f"not understood: {places}")
        raise WebSocketClosed from None


async def _until_over(work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except WebSocketClosed:
        return


ROUTES: list[Route | WebSocketRoute] = [
    Route("/join", join),
    WebSocketRoute("/runner", talk, access=None, max_message=LARGEST),
]
