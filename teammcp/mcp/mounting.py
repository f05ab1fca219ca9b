"""Puts MCP beside the application without making its start wait for the SDK.

Importing the SDK takes longer than everything else of a start together. So it is imported beside the first requests;
those that come to ``/mcp`` meanwhile wait for it.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from ..asgi import Application, Receive, Scope, Send, respond_problem
from ..errors import Unavailable

if TYPE_CHECKING:
    from ..app import TeamApp
    from ..team import Server
    from .server import McpSurface

PATH = "/mcp"

log = logging.getLogger(__name__)


class McpMount:
    """The place of MCP in the application.

    Args:
        server: the teams, with all operations registered.
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self._serving: asyncio.Future[McpSurface] | None = None

    @cached_property
    def surface(self) -> McpSurface:
        """The surface itself; asking for it imports the SDK."""
        from .server import McpSurface

        return McpSurface(self._server)

    async def serve(self) -> AsyncIterator[None]:
        """Run the surface between the server's start and its stop; for ``Quart.while_serving``."""
        self._serving = asyncio.get_running_loop().create_future()
        stop = asyncio.Event()
        task = asyncio.create_task(self._run(self._serving, stop))
        yield
        stop.set()
        await task

    async def _run(self, serving: asyncio.Future[McpSurface], stop: asyncio.Event) -> None:
        try:
            await asyncio.to_thread(importlib.import_module, "teammcp.mcp.server")
            async with asynccontextmanager(self.surface.serve)():  # entered and left by this one task
                serving.set_result(self.surface)
                await stop.wait()
        except Exception:
            log.exception("MCP is not served")
            if not serving.done():
                serving.cancel()

    async def end_streams(self) -> None:
        """End all sessions with their streams."""
        if self._serving is not None and self._serving.done() and not self._serving.cancelled():
            await self._serving.result().end_streams()

    def wrap(self, inner: Application) -> Application:
        """The ASGI application that answers at ``/mcp`` and leaves everything else to ``inner``."""

        async def application(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http" and scope["path"].rstrip("/") == PATH:
                await self._answer(scope, receive, send)
            else:
                await inner(scope, receive, send)

        return application

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._serving is None or self._serving.cancelled():
            await respond_problem(send, Unavailable("MCP is not served; the server's log says why."))
            return
        surface = await asyncio.shield(self._serving)
        await surface.answer(scope, receive, send)


def mount(app: TeamApp) -> McpMount:
    """Serve MCP at ``/mcp`` beside the application, for the teams of ``app.server``."""
    logging.getLogger("mcp").setLevel(logging.WARNING)  # at "info" it tells of every session
    place = McpMount(app.server)
    app.while_serving(place.serve)  # type: ignore[type-var]  # the hint leaves out async generators
    app.stand_before(place.wrap)
    return place
