"""Answers that are sent as they come, as long as somebody reads them and the server runs."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from .asgi import Receive

LAST_FRAMES = 0.1
"""Seconds that streams get to write what they have when the server stops."""


class Sendings:
    """The answers of one surface that are being sent."""

    def __init__(self) -> None:
        self._sending: set[asyncio.Task[None]] = set()

    async def run(self, sending: Coroutine[Any, Any, None], receive: Receive) -> bool:
        """Run ``sending`` until it ends or the client goes away; whether it has come to its end."""
        task = asyncio.create_task(sending)
        watcher = asyncio.create_task(_gone(receive))
        self._sending.add(task)
        try:
            await asyncio.wait([task, watcher], return_when=asyncio.FIRST_COMPLETED)
            return task.done() and not task.cancelled()
        finally:
            self._sending.discard(task)
            watcher.cancel()
            task.cancel()
            await asyncio.wait([task, watcher])
            if not task.cancelled():
                task.result()

    async def end(self) -> None:
        """Break off the answers that do not come to their end by themselves, as where a client does not read."""
        if self._sending:
            _, stuck = await asyncio.wait(self._sending, timeout=LAST_FRAMES)
            for task in stuck:
                task.cancel()


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] not in {"http.disconnect", "websocket.disconnect"}:
        pass
