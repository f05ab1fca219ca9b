"""Watches: what terminals show, sent to the server in binary frames while somebody looks.

A frame is the number of a watch and some bytes; one without bytes says that the program has ended. The first ones hold
the screen as it is, so that whoever looks on after a cut of the connection sees what is there, and not what was.
"""

from __future__ import annotations

import asyncio
import logging
import struct
from collections.abc import Awaitable, Callable

from teammcp import Conflict, TerminalScreen

PART = 64 * 1024
"""Bytes of a frame, besides its number."""
AT_ONCE = 50
"""Watches of one connection."""
_NUMBER = struct.Struct(">I")

log = logging.getLogger(__name__)


def frame(watch: int, data: bytes) -> bytes:
    """The frame with some bytes of a watch."""
    return _NUMBER.pack(watch) + data


def parse(frame: bytes) -> tuple[int, bytes]:
    """The number of a watch, and the bytes.

    Raises:
        ValueError: it is no such frame.
    """
    if len(frame) < _NUMBER.size:
        raise ValueError("a binary frame begins with four bytes")
    return _NUMBER.unpack_from(frame)[0], frame[_NUMBER.size :]


class Watches:
    """The watches of one connection to a server.

    Args:
        send: sends a frame, and waits while the server does not read.
    """

    def __init__(self, send: Callable[[bytes], Awaitable[None]]) -> None:
        self._send = send
        self._tasks: dict[int, asyncio.Task[None]] = {}

    def begin(self, watch: int, terminal: TerminalScreen) -> None:
        """Send what the terminal shows, from its screen on, until it ends or `end` is called.

        Raises:
            Conflict: too many look on.
        """
        self.end(watch)
        if len(self._tasks) >= AT_ONCE:
            raise Conflict(f"agent: {AT_ONCE} terminals of this machine are open. Close one.", code="too_many_watches")
        task = asyncio.create_task(self._pump(watch, terminal))
        self._tasks[watch] = task
        task.add_done_callback(lambda task: self._over(watch, task))

    def end(self, watch: int) -> None:
        """Enough of that. One that is over already is no matter."""
        if task := self._tasks.pop(watch, None):
            task.cancel()

    async def close(self) -> None:
        """The connection is over."""
        tasks = [*self._tasks.values()]
        for watch in [*self._tasks]:
            self.end(watch)
        if tasks:
            await asyncio.wait(tasks)

    async def _pump(self, watch: int, terminal: TerminalScreen) -> None:
        async with terminal.watch() as written:
            await self._send_parts(watch, terminal.ansi())
            async for data in written:
                await self._send_parts(watch, data)
        await self._send(frame(watch, b""))

    async def _send_parts(self, watch: int, data: bytes) -> None:
        for start in range(0, len(data), PART):
            await self._send(frame(watch, data[start : start + PART]))

    def _over(self, watch: int, task: asyncio.Task[None]) -> None:
        if self._tasks.get(watch) is task:
            del self._tasks[watch]
        if not task.cancelled() and (error := task.exception()):
            log.warning("what a terminal shows cannot be sent any more: %s", error)
