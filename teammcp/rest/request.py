"""`Request`: what an endpoint gets, and how it answers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from ..asgi import Header, Receive, Scope, Send, address, respond
from .body import Headers
from .errors import Disconnected


@dataclass
class Request:
    """What an endpoint gets."""

    scope: Scope
    receive: Receive
    send: Send
    headers: Headers
    path: dict[str, str]
    """The values of the route's placeholders."""
    body_read: bool = False
    started: bool = False
    """Whether the answer has begun: then it is too late to tell of an error."""

    @property
    def address(self) -> str:
        """The caller's network address."""
        return address(self.scope)

    async def answer(self, status: int, body: bytes, content_type: bytes, *headers: Header) -> None:
        """Send the whole answer."""
        self.started = True
        await respond(self.send, status, content_type, body, headers)

    async def start(self, status: int, headers: Mapping[str, str]) -> None:
        """Begin an answer that comes in parts."""
        self.started = True
        encoded = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        await self.send({"type": "http.response.start", "status": status, "headers": encoded})

    async def write(self, part: bytes) -> None:
        """Send a part of the answer; waits while the client does not read."""
        await self.send({"type": "http.response.body", "body": part, "more_body": True})

    async def end(self) -> None:
        """Say that the answer is complete."""
        await self.send({"type": "http.response.body", "body": b""})


class WhileConnected:
    """A block that is left with `Disconnected` if it takes long and its client goes away: nobody awaits its answer.

    Usual calls are over before anybody looks, so they pay for a timer only.
    """

    PATIENCE = 1
    """Seconds until somebody looks."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._watcher: asyncio.Task[None] | None = None
        self._gone = False

    def __enter__(self) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - ASGI runs in tasks
        self._task = task
        self._timer = task.get_loop().call_later(self.PATIENCE, self._watch)

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self._timer.cancel()
        if self._watcher is not None:
            self._watcher.cancel()
        if self._gone and kind is asyncio.CancelledError:
            self._task.uncancel()
            raise Disconnected from None

    def _watch(self) -> None:
        self._watcher = asyncio.create_task(self._wait())

    async def _wait(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._gone = True
        self._task.cancel()


Endpoint: TypeAlias = Callable[[Request], Awaitable[None]]
Routes: TypeAlias = dict[tuple[str, str], Endpoint]
"""Endpoints by method and path, with ``{name}`` for what varies."""
