"""What lies under the application: the listening socket, Hypercorn's settings, the event loop.

Apart from the application, so that a bare one can be served, and measured, in the same way.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
import os
import socket
import sys
from collections.abc import Coroutine
from typing import Any

from hypercorn.asyncio import run as hypercorn_run
from hypercorn.config import Config
from hypercorn.typing import LifespanState

from ..errors import StartError
from ..members.readers import LINE, Line
from ..net.addresses import bare_host
from . import websockets as sockets
from .asgi import LARGEST_MESSAGE
from .idle_connections import InCrowd

KEEP_ALIVE = 75
"""Seconds an idle connection is kept: longer than the 60 s after which many proxies and clients drop theirs."""
CONNECTION_GRACE = 0.2
"""Seconds that connections then get to close. Hypercorn's timer of WebSocket pings would hold them for longer."""
BACKLOG = 1024
PING_SECONDS = 5
"""Seconds between two pings of a WebSocket: one whose client is gone ends within three times as long."""


class Connection(InCrowd):
    """One of Hypercorn's, whose requests know what becomes of it: see `Line`."""

    async def run(self) -> None:
        """Serve it until it ends."""
        self._line = Line.watched()
        self.state = LifespanState({**self.state, LINE: self._line})
        await super().run()

    async def _read_data(self) -> None:
        try:
            await super()._read_data()
        finally:
            self._line.end(broken=self.reader.exception() is not None)


def watch_connections() -> None:
    """Let Hypercorn make its connections of that kind; it has no setting for it."""
    setattr(hypercorn_run, "TCPServer", Connection)  # noqa: B010 - no public name of it


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one.

    Raises:
        StartError: the address is not this machine's, or the port is in use.
    """
    try:
        family, _, _, _, target = socket.getaddrinfo(
            bare_host(host), port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        # Every IPv6 address is every IPv4 address too, as people expect of '::', where the system can do that.
        both = family == socket.AF_INET6 and target[0] == "::" and socket.has_dualstack_ipv6()
        return socket.create_server(target, family=family, backlog=BACKLOG, dualstack_ipv6=both)
    except OSError as error:
        # create_server adds the address to the text, as a tuple; an unknown name has no errno of the system.
        reason = error.strerror if isinstance(error, socket.gaierror) else os.strerror(error.errno or 0)
        raise StartError(
            f"Cannot listen on {host}, port {port}: {reason}. "
            "If another server runs there, stop it or set TEAMMCP_PORT to a free port."
        ) from error


def hypercorn_config(listener: socket.socket) -> Config:
    """Hypercorn's settings, to serve on ``listener``, which is its own from then on."""
    config = Config()
    config.bind = [f"fd://{listener.detach()}"]
    config.backlog = BACKLOG
    config.graceful_timeout = CONNECTION_GRACE
    config.keep_alive_timeout = KEEP_ALIVE
    config.keep_alive_max_requests = 1_000_000
    config.include_server_header = False
    config.errorlog = logging.getLogger("hypercorn.error")
    config.websocket_max_message_size = LARGEST_MESSAGE
    config.websocket_ping_interval = PING_SECONDS
    sockets.install()
    return config


def run(main: Coroutine[Any, Any, None]) -> None:
    """Run the event loop: uvloop's where there is one (not on Windows), the standard one otherwise."""
    factory = None
    if sys.platform != "win32":
        factory = importlib.import_module("uvloop").new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(main)


def allow_many_connections() -> None:
    """Raise the limit of open files, which is 256 on some systems, as far as the system lets us."""
    if sys.platform == "win32":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(hard, 65_536) if hard != resource.RLIM_INFINITY else 65_536
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
