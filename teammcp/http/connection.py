"""The connection of one request: its body is read, and while its answer takes long, life is looked for and shown."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from ..errors import RequestTimeout, TooLarge
from .asgi import JSON, Message, Receive, Send, drain

TIMEOUT = 60
"""Seconds a client may take to send a body."""

Headers = dict[bytes, bytes]


class Disconnected(Exception):
    """The client has gone away before its request was complete."""


async def read_body(headers: Headers, receive: Receive, limit: int) -> bytes:
    """The whole body.

    Raises:
        TooLarge: it has more than ``limit`` bytes. RequestTimeout, Disconnected: it did not come.
    """
    declared = int(headers.get(b"content-length", b"0"))
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(TIMEOUT):
            while declared <= limit and size <= limit:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise Disconnected
                part = message.get("body", b"")
                size += len(part)
                parts.append(part)
                if not message.get("more_body", False):
                    if size > limit:
                        break
                    return b"".join(parts)
            await drain(receive)
    except TimeoutError:
        raise RequestTimeout(f"The body did not arrive within {TIMEOUT} s.") from None
    raise TooLarge(f"The body is larger than {limit} bytes.", limit=limit)


def replayed(body: bytes, receive: Receive) -> Receive:
    """``receive`` for whoever wants to read a body that has been read already."""
    read = False

    async def again() -> Message:
        nonlocal read
        if read:
            return await receive()
        read = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


class Shared:
    """The rest of a request, for several who look whether its client is gone: all of them hear it.

    Args:
        receive: of the request, its body being read.
    """

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._one_at_a_time = asyncio.Lock()
        self._last: Message | None = None

    async def receive(self) -> Message:
        """What comes next."""
        async with self._one_at_a_time:
            if self._last is not None:
                return self._last
            message = await self._receive()
            if message["type"] == "http.disconnect":
                self._last = message
            return message


class WhileConnected:
    """A block that is left with `Disconnected` if it takes long and its client goes away: nobody awaits its answer.

    Usual calls are over before anybody looks, so they pay for a timer only.

    Args:
        receive: of the request, its body being read.
        at_once: look from the first moment on, for calls that wait, or that hand over what nobody would get.
    """

    LOOK_AFTER = 1
    """Seconds until somebody looks."""

    def __init__(self, receive: Receive, *, at_once: bool = False) -> None:
        self._receive = receive
        self._look_after = 0 if at_once else self.LOOK_AFTER
        self._watcher: asyncio.Task[None] | None = None
        self._gone = False

    def __enter__(self) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - ASGI runs in tasks
        self._task = task
        self._timer = task.get_loop().call_later(self._look_after, self._watch)

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


class SignsOfLife:
    """Sends a space now and then before an answer in JSON, which may begin with any number of them.

    Proxies cut connections on which nothing moves. From the first space on the status is 200, whatever comes.
    """

    INTERVAL = 15
    """Seconds."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._begun = False

    @contextlib.asynccontextmanager
    async def shown(self) -> AsyncIterator[None]:
        """Show them while the block runs."""
        loop = asyncio.get_running_loop()
        showing: list[asyncio.Task[None]] = []
        timer = loop.call_later(self.INTERVAL, lambda: showing.append(loop.create_task(self._show())))
        try:
            yield
        finally:
            timer.cancel()
            for task in showing:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task

    async def _show(self) -> None:
        self._begun = True
        await self._send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", JSON)]})
        while True:
            await self._send({"type": "http.response.body", "body": b" ", "more_body": True})
            await asyncio.sleep(self.INTERVAL)

    async def send(self, message: Message) -> None:
        """Send a part of the answer itself."""
        if not (self._begun and message["type"] == "http.response.start"):
            await self._send(message)
