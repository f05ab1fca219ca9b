"""Work beside the requests: errors in it are logged, and whoever closes what it works on waits for it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

log = logging.getLogger(__name__)


@contextmanager
def no_exit(what: str) -> Iterator[None]:
    """A block of a plugin's work, ``what``, in which ``sys.exit()`` is an error like any other.

    Out of a task it would break the event loop off, and leave half a server behind.
    """
    try:
        yield
    except SystemExit as end:
        raise RuntimeError(f"the {what} called sys.exit({end.code!r})") from end


class Background:
    """What goes on beside the requests, of one team or of the server as a whole. For the event loop only."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        """How much of it is under way."""
        return len(self._tasks)

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """Begin ``work``. An error in it is logged."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("background work failed", exc_info=error)

    async def settle(self) -> None:
        """Wait until all of it is done, with what it has begun meanwhile."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))
            await asyncio.sleep(0)  # for those that were done already: what takes them out has not been called yet

    async def stop(self, timeout: float) -> None:
        """Let it come to its end for so many seconds; then it is broken off."""
        try:
            async with asyncio.timeout(timeout):
                await self.settle()
        except TimeoutError:
            left = set(self._tasks)
            log.error("gave up waiting for %d pieces of background work after %s s", len(left), timeout)
            for task in left:
                task.cancel()
            await asyncio.wait(left, timeout=timeout)
