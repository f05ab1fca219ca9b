"""Puts MCP beside the application without making its start wait for the SDK.

Importing the SDK takes longer than everything else of a start together. So it is imported beside the first requests;
those that come to ``/mcp`` meanwhile wait for it.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

from .. import logs
from ..errors import Unavailable
from ..http.asgi import Application, Receive, Scope, Send, respond_problem
from ..server.health import Problem

if TYPE_CHECKING:
    from ..application import TeamApp
    from ..server import Server
    from .server import McpSurface

PATH = "/mcp"
SOON, LATE = 1.0, 30.0
"""Seconds until what failed is tried again: at first, and at last. It may have been a full disk, or descriptors that
had run out."""


class McpMount:
    """The place of MCP in the application.

    Args:
        server: the teams, with all operations registered.
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self._serving: asyncio.Future[McpSurface] | None = None
        self._failure: str | None = None

    @cached_property
    def surface(self) -> McpSurface:
        """The surface itself; asking for it imports the SDK."""
        from .server import McpSurface

        return McpSurface(self._server)

    async def serve(self) -> AsyncIterator[None]:
        """Run the surface between the server's start and its stop; for ``Quart.while_serving``."""
        self._serving = asyncio.get_running_loop().create_future()
        stop = asyncio.Event()
        task = asyncio.create_task(self._run(stop))
        yield
        stop.set()
        await task

    async def _run(self, stop: asyncio.Event) -> None:
        pause = SOON
        while not stop.is_set():
            try:
                await self._serve_until(stop)
            except Exception as error:  # noqa: BLE001 - logged, and tried again
                logs.unexpected(error, f"MCP, which is tried again in {pause:g} s,")
                self._refuse(f"{type(error).__name__}: {error}")
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(pause):
                        await stop.wait()
                pause = min(2 * pause, LATE)

    async def _serve_until(self, stop: asyncio.Event) -> None:
        await asyncio.to_thread(importlib.import_module, "teammcp.mcp.server")
        async with asynccontextmanager(self.surface.serve)():  # entered and left by this one task
            self._next().set_result(self.surface)
            self._failure = None
            await stop.wait()

    def _refuse(self, why: str) -> None:
        """Let nobody wait for what may not come for long."""
        self._failure = why
        text = "MCP cannot be served at this moment; the server's log says why. It is tried again every few seconds."
        refused = self._next()
        refused.set_exception(Unavailable(text))
        refused.exception()  # perhaps nobody asks for it

    def _next(self) -> asyncio.Future[McpSurface]:
        """The future that tells what becomes of this attempt; those who wait for the first one hear it, too."""
        if self._serving is None or self._serving.done():
            self._serving = asyncio.get_running_loop().create_future()
        return self._serving

    async def end_streams(self) -> None:
        """End all sessions with their streams."""
        if self._serving is not None and self._serving.done() and self._serving.exception() is None:
            await self._serving.result().end_streams()

    # -- health --------------------------------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """Of this part of the server."""
        return "mcp"

    async def problems(self) -> list[Problem]:
        """Why MCP is not served, if it is not."""
        return [] if self._failure is None else [Problem(self.name, f"MCP is not served: {self._failure}", True)]

    def facts(self) -> dict[str, Any]:
        """None."""
        return {}

    def wrap(self, inner: Application) -> Application:
        """The ASGI application that answers at ``/mcp`` and leaves everything else to ``inner``."""

        async def application(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http" and scope["path"].rstrip("/") == PATH:
                await self._answer(scope, receive, send)
            else:
                await inner(scope, receive, send)

        return application

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            surface = await asyncio.shield(self._next() if self._serving is None else self._serving)
        except Unavailable as error:
            await respond_problem(send, error, [(b"retry-after", b"%d" % LATE)])
            return
        await surface.answer(scope, receive, send)


def mount(app: TeamApp) -> McpMount:
    """Serve MCP at ``/mcp`` beside the application, for the teams of ``app.server``."""
    logging.getLogger("mcp").setLevel(logging.WARNING)  # at "info" it tells of every session
    place = McpMount(app.server)
    app.extensions["mcp"] = place
    app.server.health.add(place)
    app.while_serving(place.serve)  # type: ignore[type-var]  # the hint leaves out async generators
    app.stand_before(place.wrap)
    return place
