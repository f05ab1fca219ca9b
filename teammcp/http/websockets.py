"""WebSockets as Hypercorn serves them, made careful: nothing is unpacked, and a client that is gone is let go.

Hypercorn agrees to permessage-deflate, and looks at the size of a message only once it is unpacked, which of 600 MB in
a frame of 600 kB keeps everybody waiting for seconds. It sends pings, and looks for no answer: the connection of a
laptop that was closed is kept for as long as TCP tries.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from typing import Any

from hypercorn.protocol import h2, h11
from hypercorn.protocol.events import Event, Request, StreamClosed
from hypercorn.protocol.ws_stream import WSStream
from wsproto.events import Ping

EXTENSIONS = b"sec-websocket-extensions"
SILENCE = 2
"""Pings that may go without an answer."""


class CarefulSocket(WSStream):
    """A WebSocket without extensions, that ends when its client answers no ping."""

    heard = 0.0
    """When the client last sent anything, on the loop's clock."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._over = asyncio.Event()

    async def handle(self, event: Event) -> None:
        """Take what comes from the client."""
        self.heard = asyncio.get_running_loop().time()
        if isinstance(event, Request):
            headers = [(name, value) for name, value in event.headers if name.lower() != EXTENSIONS]
            event = replace(event, headers=headers)
        await super().handle(event)
        if self.closed:
            self._over.set()

    async def _send_pings(self) -> None:
        pause: Any = self.config.websocket_ping_interval
        while not self.closed:
            if asyncio.get_running_loop().time() - self.heard > SILENCE * pause:
                await self._let_go()
                return
            ping = asyncio.ensure_future(self._send_wsproto_event(Ping()))
            with suppress(TimeoutError):  # its connection lasts as long as this does
                async with asyncio.timeout(pause):
                    await self._over.wait()
            ping.cancel()  # it waits as long as the client reads nothing

    async def _let_go(self) -> None:
        """End the connection without waiting for a client that takes nothing any more."""
        connection = getattr(self.send, "__self__", None)
        if isinstance(connection, h11.H11Protocol):
            server: Any = getattr(connection.send, "__self__", None)
            server.writer.transport.abort()
        else:  # one of several streams of HTTP/2
            await self.send(StreamClosed(stream_id=self.stream_id))


def install() -> None:
    """Have Hypercorn serve every WebSocket like this. It has no setting for it."""
    for module in (h11, h2):
        module.WSStream = CarefulSocket  # type: ignore[attr-defined]
