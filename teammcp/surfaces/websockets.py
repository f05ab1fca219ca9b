"""`WebSocket`: one open connection, as the view of a `WebSocketRoute` gets it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable

from ..http.asgi import Receive, Scope, Send
from ..operations import Context
from ..server import Server
from .routes import RequestHead, context_of

NORMAL, GOING_AWAY, POLICY_VIOLATION, TOO_BIG, FAILED = 1000, 1001, 1008, 1009, 1011
WAITING = 16
"""Messages that are taken from a client before the view has read them."""
UNREAD_SECONDS = 30
"""Seconds that a client's messages may wait for the view. Meanwhile nobody could see that the client has gone."""
LONGEST_REASON = 123
"""Bytes of the reason in a closing frame."""


class WebSocketClosed(Exception):
    """The connection is over: the client has left, the server stops, or the member may not go on."""


class WebSocket(RequestHead):
    """One open connection.

        async def echo(socket: WebSocket) -> None:
            async for message in socket:
                await socket.send(message)

    Attributes:
        server: all teams.
        scope: the ASGI scope of the request with which it was opened.
    """

    def __init__(
        self,
        server: Server,
        scope: Scope,
        receive: Receive,
        send: Send,
        context: Context | None,
        max_message: int,
        is_known: Callable[[], None],
    ) -> None:
        self.server = server
        self.scope = scope
        self._receive = receive
        self._send = send
        self._context = context
        self._max_message = max_message
        self._is_known = is_known
        self._messages: deque[str | bytes] = deque()
        self._news = asyncio.Event()
        self._room = asyncio.Event()
        self.accepted = False
        self.over = asyncio.Event()
        """Whether nothing more can be sent or received."""
        self._closing = (NORMAL, "")
        self._told = False

    @property
    def is_members(self) -> bool:
        """Whether a member is known to have connected."""
        return self._context is not None

    @property
    def context(self) -> Context:
        """The member's who has connected, as its key or its browser's session says.

        Raises:
            LookupError: the route is for everybody (``access=None``).
        """
        if self._context is None:
            raise LookupError("nobody is known at a WebSocketRoute with access=None")
        return self._context

    def context_in(self, team: str, agent: str | None = None) -> Context:
        """A context in a team, once the view knows that the client may have it; see `RawRequest.context`."""
        return context_of(self.server, team, agent, self.address)

    def known(self) -> None:
        """Say that you have found out who has connected, where the route has ``access=None``.

        From now on the connection does not count among those that strangers may have open from one address.
        """
        self._is_known()

    async def accept(self, subprotocol: str | None = None) -> None:
        """Open the connection. The first ``receive()`` or ``send()`` does it, too.

        Args:
            subprotocol: one of those that the client offers in the header ``Sec-WebSocket-Protocol``.
        """
        if not self.accepted:
            self.accepted = True
            await self._send({"type": "websocket.accept", "subprotocol": subprotocol})

    async def receive(self) -> str | bytes:
        """The next message of the client: a text or bytes, as it was sent.

        Raises:
            WebSocketClosed: there comes no more.
        """
        await self.accept()
        while not self._messages:
            if self.over.is_set():
                raise WebSocketClosed
            self._news.clear()
            await self._news.wait()
        self._room.set()
        return self._messages.popleft()

    async def __aiter__(self) -> AsyncIterator[str | bytes]:
        """The messages of the client, until the connection is over."""
        while True:
            try:
                message = await self.receive()
            except WebSocketClosed:
                return
            yield message

    async def send(self, message: str | bytes) -> None:
        """Send a text or bytes; waits while the client does not read.

        Raises:
            WebSocketClosed: the connection is over.
        """
        await self.accept()
        if self.over.is_set():
            raise WebSocketClosed
        kind = "text" if isinstance(message, str) else "bytes"
        await self._send({"type": "websocket.send", kind: message})

    def close(self, code: int = NORMAL, reason: str = "") -> None:
        """End the connection. The client is told at once, and the view has a second to come to its end.

        Args:
            code: 1000, or one of your own from 4000 to 4999.
            reason: one sentence for the client.
        """
        if not self.over.is_set():
            self._closing = (code, reason)
            self.over.set()
            self._news.set()

    # -- for whoever serves it ---------------------------------------------------------------------------------------

    async def listen(self) -> None:
        """Take what the client sends, until it leaves or does what it may not."""
        while not self.over.is_set():
            message = await self._receive()
            if message["type"] == "websocket.disconnect":
                self._told = True
                self.close()
                return
            content = message.get("text")
            content = message["bytes"] if content is None else content
            if len(content) > self._max_message:
                self.close(TOO_BIG, f"a message may have at most {self._max_message} bytes or characters")
                return
            self._messages.append(content)
            self._news.set()
            await self._make_room()

    async def _make_room(self) -> None:
        try:
            async with asyncio.timeout(UNREAD_SECONDS):
                while len(self._messages) >= WAITING:
                    self._room.clear()
                    await self._room.wait()
        except TimeoutError:
            self.close(POLICY_VIOLATION, "what you have sent is not being read")

    async def say_good_bye(self) -> None:
        """Tell the client, once, that it is over and why."""
        if self._told:
            return
        self._told = True
        await self.accept()
        code, reason = self._closing
        short = reason.encode()[:LONGEST_REASON].decode(errors="ignore")
        await self._send({"type": "websocket.close", "code": code, "reason": short})
