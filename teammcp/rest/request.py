"""`Request`: what an endpoint gets, and how it answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from ..http.asgi import Header, Receive, Scope, Send, respond
from ..http.callers import address
from ..http.connection import Headers


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


Endpoint: TypeAlias = Callable[[Request], Awaitable[None]]
Routes: TypeAlias = dict[tuple[str, str], Endpoint]
"""Endpoints by method and path, with ``{name}`` for what varies."""
