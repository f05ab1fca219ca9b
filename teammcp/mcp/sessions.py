"""What the SDK's session manager leaves open for clients of the handshake era.

* A second GET stream takes over from the first, instead of being refused while a half-open connection (of a
  laptop that slept) still holds it.
* A call with a session id from before a restart is served without a session. The protocol asks for a 404, at
  which the client would start a new session; several never do, and would be cut off until somebody steps in.
* Of two calls with one id both are answered: the second one is refused while the first goes on.
* One agent cannot use up all sessions: its oldest ones end.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
from mcp.server.lowlevel import Server
from mcp.server.streamable_http import GET_STREAM_KEY, StreamableHTTPServerTransport
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.types import INVALID_REQUEST
from mcp.types.version import HANDSHAKE_PROTOCOL_VERSIONS

from ..http.asgi import Receive, Scope, Send
from .frames import Malformed

BODY_LIMIT = 4 * 1024 * 1024
IDLE = 30 * 60.0
SESSIONS_PER_AGENT = 64
ENDED_KEPT = 10_000
TAKE_OVER = 1.0
"""Seconds a GET stream has to give way to the next one."""


class SessionManager:
    """The SDK's manager of sessions, and a stateless one for the 2026 era and for sessions that are lost.

    An answer is plain JSON, at twice the rate of a stream of one event. It is a stream for a call that wants to hear
    how things stand.

    Args:
        server: the MCP server behind both.
        idle: seconds without a request after which a session ends.
    """

    def __init__(self, server: Server[Any], idle: float = IDLE) -> None:
        # Hosts and origins are not checked here: the application's front has done so for every surface.
        self._stateful = StreamableHTTPSessionManager(
            server, json_response=True, session_idle_timeout=idle, max_request_body_size=BODY_LIMIT
        )
        self._stateless = StreamableHTTPSessionManager(
            server, stateless=True, json_response=True, max_request_body_size=BODY_LIMIT
        )
        self._streaming = StreamableHTTPSessionManager(server, stateless=True, max_request_body_size=BODY_LIMIT)
        self._ended: OrderedDict[str, None] = OrderedDict()
        self._calls: set[tuple[str, str]] = set()

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """Serve while the block runs. Enter and leave it in one task."""
        async with self._stateful.run(), self._stateless.run(), self._streaming.run():
            yield

    @property
    def _transports(self) -> dict[str, StreamableHTTPServerTransport]:
        # Private in mcp 2.3, without a public way to end sessions or to know one.
        return self._stateful._server_instances

    async def end(self) -> None:
        """End every session and its streams, so that their connections close."""
        for transport in list(self._transports.values()):
            await transport.terminate()

    async def stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request by a stream, in which there is more than the answer."""
        await self._streaming.handle_request(scope, receive, send)

    async def handle(
        self, scope: Scope, receive: Receive, send: Send, agent: str, request_id: str | int | None = None
    ) -> None:
        """Answer one request of ``agent`` (a name that is unique across teams), with the id of the message in it.

        Raises:
            Malformed: a call with this id is being answered.
        """
        headers = dict(scope["headers"])
        session = headers.get(b"mcp-session-id", b"").decode("latin-1")
        version = headers.get(b"mcp-protocol-version", b"").decode("latin-1")
        if version and version not in HANDSHAKE_PROTOCOL_VERSIONS:
            return await self._stateless.handle_request(scope, receive, send)
        if not session:
            await self._make_room(agent)
            return await self._stateful.handle_request(scope, receive, send)
        transport = self._transports.get(session)
        if transport is None and scope["method"] == "POST" and session not in self._ended:
            return await self._stateless.handle_request(scope, receive, send)
        if transport is not None and self._owner(session) == agent:
            await self._prepare(scope["method"], session, transport)
            if request_id is not None:
                return await self._answer_once(scope, receive, send, session, request_id)
        # No events are kept of a stream that has ended, and the SDK fails at the question for the rest of one. So a
        # stream begins with the next event, as it does for whoever does not ask.
        scope["headers"] = [(name, value) for name, value in scope["headers"] if name != b"last-event-id"]
        return await self._stateful.handle_request(scope, receive, send)

    async def _answer_once(self, scope: Scope, receive: Receive, send: Send, session: str, number: str | int) -> None:
        """Answer a call, unless one with its id is being answered: the SDK would leave that one without an answer."""
        call = (session, str(number))
        if call in self._calls:
            raise Malformed(INVALID_REQUEST, f"Invalid request: a call with id {number} is not answered yet", number)
        self._calls.add(call)
        try:
            await self._stateful.handle_request(scope, receive, send)
        finally:
            self._calls.discard(call)

    def _owner(self, session: str) -> str | None:
        owner = self._stateful._session_owners.get(session)
        return owner["client_id"] if owner else None

    async def _prepare(self, method: str, session: str, transport: StreamableHTTPServerTransport) -> None:
        if method == "DELETE":
            self._ended[session] = None
            while len(self._ended) > ENDED_KEPT:
                self._ended.popitem(last=False)
        elif method == "GET" and GET_STREAM_KEY in transport._request_streams:
            transport.close_standalone_sse_stream()
            with anyio.move_on_after(TAKE_OVER):
                while GET_STREAM_KEY in transport._request_streams:  # noqa: ASYNC110 - it tells nobody
                    await anyio.sleep(0.01)

    async def _make_room(self, agent: str) -> None:
        own = [session for session in self._transports if self._owner(session) == agent]
        for session in own[: len(own) - SESSIONS_PER_AGENT + 1]:
            await self._transports[session].terminate()
