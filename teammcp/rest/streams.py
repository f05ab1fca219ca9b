"""``GET /api/events`` (server-sent events) and ``/api/ws`` (WebSocket): the team's events, live."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from functools import partial

from .. import operations
from ..errors import InvalidInput
from ..events import Event
from ..http.asgi import Receive, Scope, Send, bearer
from ..http.callers import address
from ..http.connection import Headers
from ..http.query import parse_query
from ..http.streaming import Sendings
from ..keys import hash_key
from ..operations import Context
from ..server import Server
from ..surfaces import streams as stream
from .request import Request, Routes

GOING_AWAY = 1001
POLICY_VIOLATION = 1008

Socket = Callable[[Scope, Receive, Send], Awaitable[None]]


class Streams:
    """The live streams of one server."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._sendings = Sendings()

    def routes(self) -> Routes:
        """The endpoint of the event stream."""
        return {(method, "/api/events"): self._events for method in ("GET", "HEAD")}

    def sockets(self) -> dict[str, Socket]:
        """The endpoint of the WebSocket."""
        return {"/api/ws": self._socket}

    async def end(self) -> None:
        """Break off the streams whose clients do not read; once the hubs are closed, the others end by themselves."""
        await self._sendings.end()

    async def _events(self, request: Request) -> None:
        context, valid = self._enter(request.headers, request.address)
        since, kinds = _selection(context, request.scope, request.headers)
        chunks = stream.sse(context, since, kinds, valid)
        await request.start(200, stream.SSE_HEADERS)
        if request.scope["method"] == "HEAD" or await self._sendings.run(_write(chunks, request), request.receive):
            await request.end()

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the caller's events as text frames; what the client sends is ignored."""
        headers = dict(scope["headers"])
        context, valid = self._enter(headers, address(scope))
        since, kinds = _selection(context, scope, headers)
        batches = stream.follow(context, since, kinds, valid)
        await receive()  # websocket.connect
        await send({"type": "websocket.accept"})
        if not await self._sendings.run(_send_frames(batches, send), receive):
            return
        if valid():
            await send({"type": "websocket.close", "code": GOING_AWAY, "reason": "the server is stopping"})
        else:
            await send({"type": "websocket.close", "code": POLICY_VIOLATION, "reason": "your key is no longer valid"})

    def _enter(self, headers: Headers, caller: str) -> tuple[Context, stream.Valid]:
        key = bearer(headers.get(b"authorization"))
        context = operations.enter(self._server, key, "stream", caller)
        context.team.presence.admit(context.actor.name)
        return context, partial(stream.key_is_valid, context, hash_key(key or ""))


async def _write(chunks: AsyncGenerator[bytes, None], request: Request) -> None:
    async with aclosing(chunks):
        async for chunk in chunks:
            await request.write(chunk)


async def _send_frames(batches: AsyncGenerator[list[Event], None], send: Send) -> None:
    async with aclosing(batches):
        async for batch in batches:
            for event in batch:
                await send({"type": "websocket.send", "text": event.frame})


def _selection(context: Context, scope: Scope, headers: Headers) -> tuple[int, list[str]]:
    """Where to start and which kinds, from the query and ``Last-Event-ID``, which a reconnecting client sends.

    Without either it is now: what happens between the first bytes and the subscription must not be missed.
    """
    since: str | None = None
    kinds: list[str] = []
    for name, value in parse_query(scope["query_string"]):
        if name == "since":
            since = value
        elif name == "kinds":
            kinds.extend(filter(None, value.split(",")))
        else:
            raise InvalidInput(f"{name[:40]}: there is no such argument; there are since and kinds.")
    last = headers.get(b"last-event-id", b"").decode("latin-1")
    stream.check_kinds(kinds)
    start = last or since
    hub = context.team.hub
    # Now, while the answer can still say no.
    return hub.last_id if start is None else hub.place(_cursor(start)), kinds


def _cursor(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 19 or int(text) >= 2**63:
        raise InvalidInput("since: must be a cursor, or the id of an event, or 0 for all there are.")
    return int(text)
