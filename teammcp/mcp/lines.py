"""What a client writes to the bridge: line by line, and an answer to each line that cannot be served."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator
from typing import Any

from mcp.shared.message import SessionMessage
from mcp.types import JSONRPCError

from .frames import Malformed, read_message


class Lines:
    """The lines that hold a message, for the SDK; the others are answered by `answer_refused`.

    Args:
        source: the lines as they come.
    """

    def __init__(self, source: AsyncIterable[Any]) -> None:
        self._source = source
        self._refused: asyncio.Queue[JSONRPCError] = asyncio.Queue()

    async def __aiter__(self) -> AsyncIterator[str]:
        async for line in self._source:
            if not line.strip():
                continue
            try:
                text, _ = read_message(line.decode(errors="replace").encode())
            except Malformed as error:
                if error.answered:
                    self._refused.put_nowait(error.error)
                continue
            yield text.decode()
        await self._refused.join()  # the end of the input ends everything

    async def answer_refused(self, write: Any) -> None:
        """Answer the lines that cannot be served, on the SDK's stream ``write``, until cancelled."""
        while True:
            answer = await self._refused.get()
            await write.send(SessionMessage(answer))
            self._refused.task_done()
