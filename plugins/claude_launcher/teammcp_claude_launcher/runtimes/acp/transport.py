"""JSON messages, one a line, to and from a program."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import deque
from collections.abc import AsyncIterator
from typing import Any

from acp import CLIENT_METHODS
from acp.schema import SessionNotification
from pydantic import ValidationError

from teammcp import Child

from ..lines import lines_of

STRAYS = 40
"""Lines that were no messages, of which so many are kept: what a program prints when it cannot start."""


class JsonLines:
    """The pipes of a child that speaks JSON objects, one a line. One task reads.

    Attributes:
        over: nothing more will come.
        strays: the last lines that were no messages.
    """

    def __init__(self, child: Child) -> None:
        self.strays: deque[str] = deque(maxlen=STRAYS)
        self._child = child
        self._messages = self._read()
        self._over = asyncio.Event()

    @property
    def over(self) -> bool:
        return self._over.is_set()

    async def send(self, message: dict[str, Any]) -> None:
        """Write a message. An answer for which nobody waits any more is dropped.

        Raises:
            BrokenPipeError: the program reads no more.
        """
        line = json.dumps(message, ensure_ascii=False, separators=(",", ":")) + "\n"
        try:
            await self._child.write(line.encode(errors="replace"))
        except BrokenPipeError:
            if "method" in message:
                raise

    async def receive(self) -> dict[str, Any] | None:
        """The next message that can be understood; None when nothing more will come."""
        while (message := await anext(self._messages, None)) is not None:
            if _is_understood(message):
                return message
        return None

    async def close(self) -> None:
        """Tell the program that nothing more is written to it."""
        self._child.close_input()

    async def wait_over(self, seconds: float) -> None:
        """Wait until all that came was received, but no longer than some seconds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._over.wait()

    async def _read(self) -> AsyncIterator[dict[str, Any]]:
        try:
            async for line in lines_of(self._child):
                if (message := self._message(line)) is not None:
                    yield message
        finally:
            self._over.set()

    def _message(self, line: bytes) -> dict[str, Any] | None:
        try:
            message = json.loads(line)
        except (ValueError, RecursionError):  # whatever is nested deeper than can be read is no message
            message = None
        if isinstance(message, dict):
            return message
        if stray := line.decode(errors="replace").strip():
            self.strays.append(stray)
        return None


def _is_understood(message: dict[str, Any]) -> bool:
    """Whether the library knows what this is. It would log what a newer program tells besides, word for word."""
    if message.get("method") != CLIENT_METHODS["session_update"]:
        return True
    try:
        SessionNotification.model_validate(message.get("params"))
    except (ValidationError, RecursionError):
        return False
    return True
