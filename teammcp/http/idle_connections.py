"""Connections that are open and do nothing, so that they keep nobody out and leave the server its file descriptors.

Hypercorn gives a connection as long to send its first request as between two. Each takes a descriptor, of which some
systems allow 256, and without any left neither a file can be opened nor anybody be accepted.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
from functools import cache

from hypercorn.asyncio.tcp_server import TCPServer
from hypercorn.events import Event, Updated

FIRST_REQUEST = 10.0
"""Seconds within which a new connection has to have sent the head of its first request."""
RESERVED = 48
"""File descriptors that connections do not get: for files, and for databases of further teams."""

log = logging.getLogger(__name__)

_idle: dict[InCrowd, None] = {}
"""Connections that wait for a request, the one that has waited longest first."""
_open: set[InCrowd] = set()


class InCrowd(TCPServer):
    """One of Hypercorn's connections, with less patience at first, and where there are many."""

    _used = False

    async def run(self) -> None:
        """Serve it until it ends."""
        if len(_open) >= _allowed() and not _make_room():
            log.warning("a connection was refused: there are no file descriptors left for it (ulimit -n)")
            self.writer.close()
            return
        _open.add(self)
        _idle[self] = None
        try:
            await super().run()
        finally:
            self._forget()

    async def protocol_send(self, event: Event) -> None:
        """Send what the protocol has to say, and note whether a request is being served."""
        if isinstance(event, Updated):
            _idle.pop(self, None)
            if event.idle:
                _idle[self] = None
            else:
                self._used = True
        await super().protocol_send(event)

    async def _idle_timeout(self) -> None:
        patience = self.config.keep_alive_timeout if self._used else FIRST_REQUEST
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience):
                await self.context.terminated.wait()
        await asyncio.shield(self._initiate_server_close())

    def give_way(self) -> None:
        """End it, for somebody who has something to say."""
        self._forget()
        self.writer.close()

    def _forget(self) -> None:
        _open.discard(self)
        _idle.pop(self, None)


def _allowed() -> int:
    """How many connections there may be: as many as there are file descriptors, less what the server needs itself."""
    if sys.platform == "win32":
        return sys.maxsize
    import resource

    return resource.getrlimit(resource.RLIMIT_NOFILE)[0] - _own_descriptors() - RESERVED


@cache
def _own_descriptors() -> int:
    """Those that are in use when the first connection comes: databases, logs, the listening socket."""
    for folder in ("/proc/self/fd", "/dev/fd"):
        with contextlib.suppress(OSError):
            return len(os.listdir(folder))
    return RESERVED


def _make_room() -> bool:
    """End the connection that has waited longest; False if all are being served."""
    longest = next(iter(_idle), None)
    if longest is None:
        return False
    longest.give_way()
    return True
