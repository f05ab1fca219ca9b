"""The way to a server: a WebSocket for the runner, HTTP for its agents, by TeamMCP's rules for TLS and proxies."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol

import httpx2
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from teammcp import InvalidInput, certificates, client_options, proxy_for, why_no_answer

from ..protocol import COPY, KEEP_ALIVE, LARGEST_OF_SERVER, REVOKED
from .enrolments import Enrolment
from .turned_away import Copied, Revoked

PATH = "/hooks/claude_launcher/runner"
UNAUTHORIZED = 401
OWN_CODES = 4000
"""From here on the codes are the launcher's: not understood, too old, come again later."""
OPEN_SECONDS = 15
WAITING = 4
"""Frames that are read before somebody takes them."""


class Cut(Exception):
    """The connection is over, or was not made: the text says why.

    Attributes:
        refused: whether the server will not have it, and hardly will the next one, until something is changed.
    """

    def __init__(self, why: str, *, refused: bool = False) -> None:
        super().__init__(why)
        self.refused = refused


class Wire(Protocol):
    """A connection that is open."""

    async def send(self, message: str | bytes) -> None:
        """Send a frame.

        Raises:
            Cut, TurnedAway: it is over.
        """
        ...

    async def receive(self) -> str | bytes:
        """The next frame.

        Raises:
            Cut, TurnedAway: there comes no more.
        """
        ...


class Transport(Protocol):
    """How servers are reached; tests have their own, without a network."""

    def connect(self, enrolment: Enrolment) -> AbstractAsyncContextManager[Wire]:
        """Open a runner's connection.

        Raises:
            Cut: the server cannot be reached. Revoked: it does not take the key.
        """
        ...

    def client(self, url: str, key: str) -> httpx2.AsyncClient:
        """An HTTP client of a server, for a member with this key."""
        ...


class _Connect(connect):
    """A client that follows nobody elsewhere: the key is for the server whose address was given."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


class _Connection:
    """`Wire` over a WebSocket."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    async def send(self, message: str | bytes) -> None:
        """See `Wire`."""
        try:
            await self._socket.send(message)
        except ConnectionClosed as error:
            raise _ended(error) from None

    async def receive(self) -> str | bytes:
        """See `Wire`."""
        try:
            return await self._socket.recv()
        except ConnectionClosed as error:
            raise _ended(error) from None


def closed(code: int, reason: str) -> Exception:
    """What to raise where a server has closed a connection."""
    if code == REVOKED:
        return Revoked()
    if code == COPY:
        return Copied(reason)
    return Cut(f"the server has closed the connection: {reason or code}", refused=code >= OWN_CODES)


def _ended(error: ConnectionClosed) -> Exception:
    if error.rcvd is None:
        return Cut("the connection was cut")
    return closed(error.rcvd.code, error.rcvd.reason)


class Network:
    """`Transport` over the network."""

    @asynccontextmanager
    async def connect(self, enrolment: Enrolment) -> AsyncIterator[Wire]:
        """See `Transport`."""
        base = enrolment.url.rstrip("/")
        try:
            proxy = proxy_for(base)
            socket = await _Connect(
                f"ws{base.removeprefix('http')}{PATH}",
                additional_headers={"Authorization": f"Bearer {enrolment.key.get_secret_value()}"},
                ssl=certificates() if base.startswith("https:") else None,
                proxy=None if proxy is None else proxy.url,
                open_timeout=OPEN_SECONDS,
                ping_interval=KEEP_ALIVE,
                ping_timeout=2 * KEEP_ALIVE,
                max_size=LARGEST_OF_SERVER,
                max_queue=WAITING,
                compression=None,
            )
        except InvalidStatus as error:
            if error.response.status_code == UNAUTHORIZED:
                raise Revoked from None
            raise Cut(f"the server answers {error.response.status_code}") from None
        except InvalidInput as error:
            raise Cut(error.detail) from None
        except (OSError, WebSocketException) as error:
            raise Cut(why_no_answer(error)) from None
        async with socket:
            yield _Connection(socket)

    def client(self, url: str, key: str) -> httpx2.AsyncClient:
        """See `Transport`."""
        return httpx2.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {key}"}, **client_options(url))
