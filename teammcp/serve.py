"""Our own Hypercorn launcher: live streams end before the server stops, so that a stop takes half a second.

Hypercorn by itself waits for open connections first and tells the application afterwards, which is too late for it to
end its streams.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Coroutine
from typing import Any

from hypercorn.asyncio import serve as hypercorn_serve
from hypercorn.config import Config
from hypercorn.utils import LifespanFailureError

from . import logs
from .app import TeamApp, create_app
from .config import Settings
from .errors import StartError

log = logging.getLogger(__name__)

KEEP_ALIVE = 75
"""Seconds an idle connection is kept: longer than the 60 s after which many proxies and clients drop theirs."""
GRACE = 3
"""Seconds that requests in flight get to finish when the server stops."""
CONNECTION_GRACE = 0.2
"""Seconds that connections then get to close. Hypercorn's timer of WebSocket pings would hold them for longer."""
BACKLOG = 1024
WEBSOCKET_MESSAGE = 64 * 1024
PING_SECONDS = 15


def serve(settings: Settings, ready: Callable[[TeamApp, str], None] | None = None) -> None:
    """Run the server until SIGINT or SIGTERM.

    Args:
        settings: see `teammcp.config`.
        ready: called with the application and its public address once requests are answered.

    Raises:
        StartError: a used port, a used data folder, a newer database.
    """
    logs.configure(settings)
    listener = listen(settings.host, settings.port)
    port = listener.getsockname()[1]
    if port != settings.port:
        settings = settings.model_copy(update={"port": port})
    try:
        _run(_serve(create_app(settings), listener, ready))
    finally:
        listener.close()


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one.

    Raises:
        StartError: the address is not this machine's, or the port is in use.
    """
    try:
        family, _, _, _, target = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        return socket.create_server(target[:2], family=family, backlog=BACKLOG)
    except OSError as error:
        # create_server adds the address to the text, as a tuple; an unknown name has no errno of the system.
        reason = error.strerror if isinstance(error, socket.gaierror) else os.strerror(error.errno or 0)
        raise StartError(
            f"Cannot listen on {host}, port {port}: {reason}. "
            "If another server runs there, stop it or set TEAMMCP_PORT to a free port."
        ) from error


async def _serve(app: TeamApp, listener: socket.socket, ready: Callable[[TeamApp, str], None] | None) -> None:
    _allow_many_connections()
    stop = asyncio.Event()
    _on_signals(stop.set)

    async def until_stopped() -> None:  # Hypercorn awaits this once it serves
        if ready is not None:
            ready(app, app.server.settings.public_url)
        await stop.wait()
        await app.end_streams()
        await app.front.settle(GRACE)

    try:
        await hypercorn_serve(app, _config(listener), shutdown_trigger=until_stopped)
    except LifespanFailureError:
        if isinstance(app.start_failure, StartError):
            raise app.start_failure from None
        raise


def _config(listener: socket.socket) -> Config:
    config = Config()
    config.bind = [f"fd://{listener.detach()}"]
    config.backlog = BACKLOG
    config.graceful_timeout = CONNECTION_GRACE
    config.keep_alive_timeout = KEEP_ALIVE
    config.keep_alive_max_requests = 1_000_000
    config.include_server_header = False
    config.errorlog = logging.getLogger("hypercorn.error")
    config.websocket_max_message_size = WEBSOCKET_MESSAGE
    config.websocket_ping_interval = PING_SECONDS
    return config


def _run(main: Coroutine[Any, Any, None]) -> None:
    """Run the event loop: uvloop's where there is one (not on Windows), the standard one otherwise."""
    factory = None
    if sys.platform != "win32":
        factory = importlib.import_module("uvloop").new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(main)


def _on_signals(stop: Callable[[], None]) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stop)
        except NotImplementedError:  # Windows
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop))


def _allow_many_connections() -> None:
    """Raise the limit of open files, which is 256 on some systems, as far as the system lets us."""
    if sys.platform == "win32":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(hard, 65_536) if hard != resource.RLIM_INFINITY else 65_536
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


if __name__ == "__main__":
    from .config import load_settings

    serve(load_settings(), lambda app, url: print(f"TeamMCP is running at {url}", flush=True))  # noqa: T201
