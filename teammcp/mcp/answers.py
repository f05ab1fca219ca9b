"""What the bridge writes to its client, and which of the client's requests have no answer yet."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

import anyio
from mcp.shared.message import SessionMessage
from mcp.types import JSONRPCError, JSONRPCNotification, JSONRPCRequest, JSONRPCResponse

LASTING = "subscriptions/listen"
"""The request that is answered when the client ends it, and so never by itself."""


class Answers:
    """The SDK's stream to the client.

    Args:
        write: the stream.
    """

    def __init__(self, write: Any) -> None:
        self._write = write
        self._open: set[str] = set()
        self._all_given = anyio.Event()

    def expect(self, message: object) -> None:
        """The client has sent this, which is to be answered if it is a request; one that it gives up is not."""
        if isinstance(message, JSONRPCRequest) and message.method != LASTING:
            self._open.add(str(message.id))
        elif isinstance(message, JSONRPCNotification) and message.method == "notifications/cancelled":
            self._open.discard(str((message.params or {}).get("requestId")))

    async def all_given(self, seconds: float) -> None:
        """Wait until no request is open; no longer than so many seconds."""
        with anyio.move_on_after(seconds):
            while self._open:
                self._all_given = anyio.Event()
                await self._all_given.wait()

    async def send(self, item: SessionMessage) -> None:
        """Write a message."""
        await self._write.send(item)
        if isinstance(item.message, JSONRPCResponse | JSONRPCError):
            self._open.discard(str(item.message.id))
            if not self._open:
                self._all_given.set()

    async def aclose(self) -> None:
        """Close the stream."""
        await self._write.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()
