"""Serves the WebSockets of plugins: who may open one, how many, and what ends them."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress

from ..errors import Forbidden, RateLimited, TeamError, Unauthorized, Unavailable
from ..http.asgi import Receive, Scope, Send, bearer
from ..http.callers import address, bucket
from ..operations import Context, enter, enter_as
from ..server import Server
from ..server.background import no_exit
from ..surfaces.routes import WebSocketRoute
from ..surfaces.streams import KEEP_ALIVE, key_is_valid
from ..surfaces.websockets import FAILED, GOING_AWAY, POLICY_VIOLATION, WebSocket, WebSocketClosed
from ..web import session_of
from .collect import Contributed
from .faults import failed

LAST_WORDS = 1.0
"""Seconds that a view gets to come to its end once its connection is over; then it is cancelled."""
LAST_WORDS_AT_STOP = 0.1
"""The same when the server stops."""
CANCELLED = 2.0
"""Seconds in which a cancelled view has to be over. Nobody waits for one that goes on."""
OF_STRANGERS = 20
"""WebSockets that may be open at once from one address at which nobody is known."""
STOPPING = "the server is stopping"

Valid = Callable[[], bool]
log = logging.getLogger(__name__)


class Sockets:
    """All WebSockets of plugins that are open."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._open: set[WebSocket] = set()
        self._strangers: Counter[str] = Counter()
        self._stopping = False
        self._all_over = asyncio.Event()

    async def end(self) -> None:
        """End all of them, because the server stops."""
        self._stopping = True
        for socket in self._open:
            socket.close(GOING_AWAY, STOPPING)
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_WORDS_AT_STOP + CANCELLED):
                while self._open:
                    self._all_over.clear()
                    await self._all_over.wait()

    async def serve(
        self, found: Contributed[WebSocketRoute], names: dict[str, str], scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Let the plugin talk by a WebSocket until it is over.

        Raises:
            TeamError: nobody may open it, or not one more.
        """
        await receive()  # websocket.connect
        if self._stopping:
            raise Unavailable("The server is stopping. Try again in a moment.")
        async with self._admitted(found.route, scope) as (context, valid, is_known):
            socket = WebSocket(self._server, scope, receive, send, context, found.route.max_message, is_known)
            self._open.add(socket)
            try:
                await self._talk(found, names, socket, valid)
            finally:
                self._open.discard(socket)
                if not self._open:
                    self._all_over.set()

    # -- who -----------------------------------------------------------------------------------------------------------

    @asynccontextmanager
    async def _admitted(
        self, route: WebSocketRoute, scope: Scope
    ) -> AsyncIterator[tuple[Context | None, Valid, Callable[[], None]]]:
        """Whose connection it is, whether they may still have it, and what to call once the view knows who it is."""
        if route.access is None:
            with ExitStack() as among_strangers:
                among_strangers.enter_context(self._one_more_stranger(bucket(address(scope))))
                yield None, lambda: True, among_strangers.close
            return
        access = route.access
        context, key_hash = await self._enter(scope)
        team, name = context.team, context.actor.name
        if context.actor.access < access:
            raise Forbidden(f"This needs access level '{access.name}'; yours is '{context.actor.access.name}'.")

        def valid() -> bool:
            return key_is_valid(context, key_hash) and team.directory.agents[name].access >= access

        with team.presence.connected(name):
            yield context, valid, lambda: None

    @contextmanager
    def _one_more_stranger(self, place: str) -> Iterator[None]:
        if self._strangers[place] >= OF_STRANGERS:
            raise RateLimited("There are too many connections from this address.", retry_after=10)
        self._strangers[place] += 1
        try:
            yield
        finally:
            self._strangers[place] -= 1
            if not self._strangers[place]:
                del self._strangers[place]

    async def _enter(self, scope: Scope) -> tuple[Context, str]:
        """Who opens it, and the hash of their key: a browser says it by the session of its page, a program by its key.

        Raises:
            Unauthorized: nobody who is known.
        """
        headers, caller = dict(scope["headers"]), address(scope)
        session = None if b"authorization" in headers else await session_of(self._server, scope)
        if session is None:
            context = enter(self._server, bearer(headers.get(b"authorization")), "stream", caller)
            return context, context.key_hash or ""
        if b"origin" not in headers:  # the server's own, since a foreign one is refused before
            raise Unauthorized("A browser opens this from a page of this server.", code="wrong_origin")
        return enter_as(self._server, session.team, session.agent, "page", caller), session.key_hash

    # -- talking -------------------------------------------------------------------------------------------------------

    async def _talk(
        self, found: Contributed[WebSocketRoute], names: dict[str, str], socket: WebSocket, valid: Valid
    ) -> None:
        view = asyncio.create_task(_run(found.route, names, socket))
        over = asyncio.create_task(socket.over.wait())
        beside = [over, asyncio.create_task(socket.listen()), asyncio.create_task(_watch(socket, valid))]
        try:
            await asyncio.wait([view, over], return_when=asyncio.FIRST_COMPLETED)
            if not view.done():
                await self._part(found, socket, view)
        finally:
            for task in (view, *beside):
                task.cancel()
            await asyncio.wait(beside)
        await self._conclude(found, socket, view)

    async def _part(self, found: Contributed[WebSocketRoute], socket: WebSocket, view: asyncio.Task[None]) -> None:
        """Let the view of a connection that is over come to its end."""
        await _say_good_bye(socket)
        await asyncio.wait([view], timeout=LAST_WORDS_AT_STOP if self._stopping else LAST_WORDS)
        view.cancel()
        await asyncio.wait([view], timeout=CANCELLED)
        if not view.done():
            log.error("plugin %s: the view of the WebSocket %s goes on after its end", found.plugin, found.rule)

    async def _conclude(self, found: Contributed[WebSocketRoute], socket: WebSocket, view: asyncio.Task[None]) -> None:
        error = view.exception() if view.done() and not view.cancelled() else None
        if isinstance(error, Exception) and not isinstance(error, TeamError | WebSocketClosed):
            error = failed(self._server.plugins, found.plugin, error)
        if not isinstance(error, TeamError):
            socket.close()
        elif not socket.accepted:
            raise error
        else:
            socket.close(POLICY_VIOLATION if error.status < 500 else FAILED, error.detail)
        await _say_good_bye(socket)


async def _run(route: WebSocketRoute, names: dict[str, str], socket: WebSocket) -> None:
    with no_exit("view"):
        await route.view(socket, **names)


async def _say_good_bye(socket: WebSocket) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(LAST_WORDS_AT_STOP):  # a client that reads nothing takes it never
            await socket.say_good_bye()


async def _watch(socket: WebSocket, valid: Valid) -> None:
    """End the connection with the right of its member, and with its team."""
    if not socket.is_members:
        return
    team, name = socket.context.team, socket.context.actor.name
    about_member = lambda event: event.subject == name and event.kind.startswith("agent.")  # noqa: E731
    with team.hub.subscribe(about_member, team.hub.last_id) as changes:
        while valid():
            await changes.next(KEEP_ALIVE)
            if changes.closed:
                socket.close(GOING_AWAY, STOPPING)
                return
    socket.close(POLICY_VIOLATION, "your key is no longer valid, or your access level was lowered")
