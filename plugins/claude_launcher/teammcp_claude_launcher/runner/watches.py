"""Watches: what terminals show, sent to the server while somebody looks.

The first bytes draw the screen as it is, so that whoever looks on after a cut of the connection sees what is there, and
not what was. None at all say that the program has ended.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from teammcp import Conflict, TerminalScreen

PART = 64 * 1024
"""Bytes that are sent at once."""
AT_ONCE = 50
"""Watches of one connection."""
log = logging.getLogger(__name__)


class Watches:
    """The watches of one connection to a server.

    Args:
        show: sends some bytes of a watch, which it is given the number of, and waits while the server does not read.
    """

    def __init__(self, show: Callable[[int, bytes], Awaitable[None]]) -> None:
        self._show = show
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

    def end_all(self) -> None:
        """The connection is over."""
        for watch in [*self._tasks]:
            self.end(watch)

    async def _pump(self, watch: int, terminal: TerminalScreen) -> None:
        async with terminal.watch() as written:
            await self._show_parts(watch, terminal.ansi())
            async for data in written:
                await self._show_parts(watch, data)
        await self._show(watch, b"")

    async def _show_parts(self, watch: int, data: bytes) -> None:
        for start in range(0, len(data), PART):
            await self._show(watch, data[start : start + PART])

    def _over(self, watch: int, task: asyncio.Task[None]) -> None:
        if self._tasks.get(watch) is task:
            del self._tasks[watch]
        if not task.cancelled() and (error := task.exception()):
            log.warning("what a terminal shows cannot be sent any more: %s", error)
