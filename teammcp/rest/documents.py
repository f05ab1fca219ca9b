"""Public documents: health, OpenAPI, and a page that shows the API."""

from __future__ import annotations

import html
import time
from functools import partial

from pydantic_core import to_json

from ..asgi import JSON
from ..clock import rfc3339
from ..team import Server
from . import openapi
from .api import Request, Routes


def routes(server: Server) -> Routes:
    """The endpoints of the documents."""
    return {
        (method, path): endpoint
        for path, endpoint in {
            "/api/health": partial(health, server, time.monotonic()),
            "/api/openapi.json": partial(describe, server),
        }.items()
        for method in ("GET", "HEAD")
    }


async def health(server: Server, started: float, request: Request) -> None:
    """Whether the server is well, and how many are here. No names: anybody may ask."""
    request.body_read = True
    from .. import __version__

    teams = list(server.teams.values())
    members = sum(not agent.retired for team in teams for agent in team.directory.agents.values())
    document = {
        "status": "ok",
        "version": __version__,
        "uptime_ms": round((time.monotonic() - started) * 1000),
        "agents": {"total": members, "online": sum(team.presence.count for team in teams)},
        "timestamp": rfc3339(server.clock.now()),
    }
    await request.answer(200, to_json(document), JSON)


async def describe(server: Server, request: Request) -> None:
    """The OpenAPI document."""
    request.body_read = True
    await request.answer(200, to_json(openapi.document(server)), JSON)


__all__ = ["html", "routes"]
