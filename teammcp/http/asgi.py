"""The few ASGI helpers that the surfaces share: types, headers, one-shot answers, problem documents."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any, TypeAlias

from pydantic_core import to_json

from ..errors import RateLimited, TeamError, Unauthorized

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Application: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]
Header: TypeAlias = tuple[bytes, bytes]

JSON = b"application/json"
PROBLEM = b"application/problem+json"
LARGEST_MESSAGE = 1024 * 1024
"""Bytes or characters of a message by WebSocket, whatever its route takes."""
STRANGERS_BODY = 16 * 1024
"""Bytes of a body that somebody may send who has no key."""
DRAINED = 4 * 1024 * 1024
"""Bytes of a refused body that are still read."""
DRAIN_SECONDS = 5


def bearer(authorization: bytes | None) -> str | None:
    """The key in an ``Authorization`` header, or None. The scheme's case does not matter."""
    scheme, _, key = (authorization or b"").partition(b" ")
    if scheme.lower() != b"bearer":
        return None
    return key.strip().decode("latin-1") or None


def allow(methods: Iterable[str]) -> Header:
    """The header that tells a path's methods."""
    return b"allow", ", ".join(methods).encode()


async def respond(send: Send, status: int, content_type: bytes, body: bytes, headers: Iterable[Header] = ()) -> None:
    """Send a whole answer."""
    length = str(len(body)).encode()
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [(b"content-type", content_type), (b"content-length", length), *headers],
        }
    )
    await send({"type": "http.response.body", "body": body})


def problem(error: TeamError) -> bytes:
    """The RFC 9457 problem document of an error: with the short code in ``error``, and the error's data."""
    return to_json(
        {
            **error.data,
            "type": "about:blank",
            "title": error.title,
            "status": error.status,
            "detail": error.detail,
            "error": error.code,
        }
    )


def problem_headers(error: TeamError) -> list[Header]:
    """The headers that go with an error's status."""
    if isinstance(error, Unauthorized):
        return [(b"www-authenticate", b'Bearer realm="teammcp"')]
    if isinstance(error, RateLimited):
        return [(b"retry-after", str(error.data["retry_after"]).encode())]
    if "allow" in error.data:
        return [allow(error.data["allow"])]
    return []


async def respond_problem(send: Send, error: TeamError, headers: Iterable[Header] = ()) -> None:
    """Answer a request with an error."""
    await respond(send, error.status, PROBLEM, problem(error), [*problem_headers(error), *headers])


async def drain(receive: Receive) -> None:
    """Read the rest of a refused body and forget it, up to limits of size and time.

    A client that is still sending does not look for an answer.
    """
    size = 0
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(DRAIN_SECONDS):
            while size < DRAINED:
                message = await receive()
                size += len(message.get("body", b""))
                if _is_last(message):
                    return


class IncomingBody:
    """A request's body, of which it is known whether all of it has come.

    A connection on which more of a request comes after its answer cannot be used again, and the client has to know.

    Args:
        receive: where the body comes from.
        length: its bytes, as far as that was said.
    """

    def __init__(self, receive: Receive, length: int | None) -> None:
        self._receive = receive
        self._is_short = length is not None and length <= STRANGERS_BODY
        self._reading = asyncio.Lock()
        self._ended = False

    async def receive(self) -> Message:
        """The next message, for the application."""
        async with self._reading:
            return await self._next()

    async def end(self) -> bool:
        """See to the end of the body, before an answer is sent, and say whether it was reached.

        A short one is awaited for a while; a long one nobody wants to read.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_SECONDS):
                while self._is_short and not self._ended:
                    async with self._reading:  # the application may be reading, too
                        if not self._ended:
                            await self._next()
        return self._ended

    async def _next(self) -> Message:
        message = await self._receive()
        self._ended = self._ended or _is_last(message)
        return message


def _is_last(message: Message) -> bool:
    return message["type"] == "http.disconnect" or not message.get("more_body", False)


async def reject_websocket(send: Send, error: TeamError) -> None:
    """Answer the opening of a WebSocket with an error, by the ASGI extension ``websocket.http.response``."""
    body = problem(error)
    headers = [(b"content-type", PROBLEM), (b"content-length", str(len(body)).encode()), *problem_headers(error)]
    await send({"type": "websocket.http.response.start", "status": error.status, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": body})
