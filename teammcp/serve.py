"""Our own Hypercorn launcher: live streams end before the server stops, so that a stop takes half a second.

Hypercorn by itself waits for open connections first and tells the application afterwards, which is too late for it to
end its streams.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import socket
from collections.abc import Callable

from hypercorn.asyncio import serve as hypercorn_serve
from hypercorn.utils import LifespanFailureError

from . import logs
from .app import create_app
from .application import TeamApp
from .config import Settings
from .errors import StartError
from .http.listening import allow_many_connections, hypercorn_config, listen, run, watch_connections
from .server.doubts import doubts

log = logging.getLogger(__name__)

YOUNG = 10_000
"""New objects after which the collector looks for cycles: with Python's 700 it did so at every other request."""
GRACE = 3
"""Seconds that requests in flight get to finish when the server stops."""


def serve(settings: Settings, ready: Callable[[TeamApp, str], None] | None = None) -> None:
    """Run the server until SIGINT or SIGTERM.

    Args:
        settings: see `teammcp.config`.
        ready: called with the application and its public address once requests are answered.

    Raises:
        StartError: a used port, a used data folder, a newer database.
    """
    logs.configure(settings)
    logs.catch_everything()
    for doubt in doubts(settings, os.environ):
        log.warning("%s", doubt)
    listener = listen(settings.host, settings.port)
    port = listener.getsockname()[1]
    if port != settings.port:
        settings = settings.model_copy(update={"port": port})
    try:
        app = create_app(settings)
        gc.freeze()  # all this lives as long as the server: looking through it again and again would hold up everybody
        gc.set_threshold(YOUNG)
        gc.enable()
        run(_serve(app, listener, ready))
    finally:
        listener.close()


async def _serve(app: TeamApp, listener: socket.socket, ready: Callable[[TeamApp, str], None] | None) -> None:
    allow_many_connections()
    watch_connections()
    stop = asyncio.Event()
    _on_signals(stop.set)

    async def until_stopped() -> None:  # Hypercorn awaits this once it serves
        if ready is not None:
            ready(app, app.server.settings.public_url)
        await stop.wait()
        await app.server.begin_stop()
        await app.end_streams()
        await app.guard.settle(GRACE)

    try:
        await hypercorn_serve(app, hypercorn_config(listener), shutdown_trigger=until_stopped)
    except LifespanFailureError:
        if isinstance(app.start_failure, StartError):
            raise app.start_failure from None
        raise


def _on_signals(stop: Callable[[], None]) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stop)
        except NotImplementedError:  # Windows
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop))


if __name__ == "__main__":
    from .config import load_settings

    serve(load_settings(), lambda app, url: print(f"TeamMCP is running at {url}", flush=True))  # noqa: T201
