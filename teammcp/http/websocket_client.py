"""A client for the WebSockets of an ASGI application, without a network: for tests."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from types import TracebackType
from typing import Any
from urllib.parse import unquote

from .asgi import Application, Message

ANSWER_TIMEOUT = 10
"""Seconds that it waits for the application."""


class SocketRefused(Exception):
    """The application answered otherwise than by opening the connection: ``status``, and the JSON in ``problem``."""

    def __init__(self, status: int, problem: Any) -> None:
        super().__init__(f"{status}: {problem}")
        self.status = status
        self.problem = problem


class SocketEnded(Exception):
    """The application has ended the connection: ``code``, ``reason``."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{code} {reason}")
        self.code = code
        self.reason = reason


class SocketClient:
    """One connection: ``async with SocketClient(app, path) as socket: await socket.send("hello")``.

    Args:
        application: the server's.
        path: with its query, if it has one.
        headers: of the request; ``host`` is ``localhost`` by default.
        address: where the client is.

    Raises:
        SocketRefused: on entering.
    """

    def __init__(
        self, application: Application, path: str, headers: Mapping[str, str] | None = None, address: str = "127.0.0.1"
    ) -> None:
        given = {"host": "localhost", **{name.lower(): value for name, value in (headers or {}).items()}}
        place, _, query = path.partition("?")
        self._application = application
        self._scope = {
            "type": "websocket",
            "path": unquote(place),
            "raw_path": place.encode(),
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in given.items()],
            "client": (address, 50_000),
            "subprotocols": [],
            "state": {},
        }
        self._to: asyncio.Queue[Message] = asyncio.Queue()
        self._from: asyncio.Queue[Message] = asyncio.Queue()

    async def __aenter__(self) -> SocketClient:
        self._to.put_nowait({"type": "websocket.connect"})
        self._task: asyncio.Future[None] = asyncio.ensure_future(self._run())
        message = await self._next()
        if message["type"] == "websocket.http.response.start":
            body = (await self._next())["body"]
            await self._task
            raise SocketRefused(message["status"], json.loads(body))
        if message["type"] == "websocket.close":
            await self._task
            raise SocketRefused(403, None)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._to.put_nowait({"type": "websocket.disconnect", "code": 1000})
        async with asyncio.timeout(ANSWER_TIMEOUT):
            await self._task

    async def _run(self) -> None:
        await self._application(self._scope, self._to.get, self._from.put)

    async def _next(self) -> Message:
        async with asyncio.timeout(ANSWER_TIMEOUT):
            return await self._from.get()

    async def send(self, message: str | bytes) -> None:
        """Send a text or bytes."""
        kind = "text" if isinstance(message, str) else "bytes"
        self._to.put_nowait({"type": "websocket.receive", kind: message})

    async def receive(self) -> str | bytes:
        """The next message.

        Raises:
            SocketEnded: there comes no more.
        """
        message = await self._next()
        if message["type"] == "websocket.close":
            raise SocketEnded(message.get("code", 1000), message.get("reason") or "")
        text: str | None = message.get("text")
        found: str | bytes = message["bytes"] if text is None else text
        return found
