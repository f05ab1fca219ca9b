"""``GET /api/events`` and ``/api/ws``: the team's events, live."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from ..asgi import Receive, Scope, Send
from ..team import Server
from .api import Routes


def routes(server: Server) -> Routes:
    """The endpoint of the event stream."""
    return {}


def sockets(server: Server) -> dict[str, Callable[[Scope, Receive, Send], Awaitable[None]]]:
    """The endpoint of the WebSocket."""
    return {}
