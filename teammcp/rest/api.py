"""`RestSurface`: finds the route of a request under ``/api/`` and answers it, or says what is wrong with it."""

from __future__ import annotations

from .. import logs
from ..errors import NotFound, TeamError
from ..http.asgi import Application, Receive, Scope, Send, allow, drain, reject_websocket, respond, respond_problem
from ..http.connection import Disconnected
from ..http.routing import Router
from ..logs import request_id
from ..server import Server
from . import documents, health, operations, teams
from .request import Endpoint, Request, Routes
from .streams import Streams

PREFIX = "/api/"


class RestSurface:
    """ASGI: everything under ``/api/``; the rest goes to ``inner``.

    It stands before Quart because this is the hot path: a request costs its routing, its JSON and its operation.
    """

    def __init__(self, server: Server, inner: Application) -> None:
        self._server = server
        self._inner = inner
        self._streams = Streams(server)
        self._sockets = self._streams.sockets()
        self._router: Router[Endpoint] = Router("There is nothing at this path. GET /api/docs lists what there is.")
        self._add(self._streams.routes())
        for part in (operations, teams, documents, health):
            self._add(part.routes(server))

    def _add(self, routes: Routes) -> None:
        for (method, path), endpoint in routes.items():
            self._router.add(method, path, endpoint)

    async def end_streams(self) -> None:
        """End what is left of live streams once the teams' hubs are closed."""
        await self._streams.end()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if not scope.get("path", "").startswith(PREFIX):
            await self._inner(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._serve_socket(scope, receive, send)
        else:
            await self._serve(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive, send, dict(scope["headers"]), {})
        try:
            if scope["method"] == "OPTIONS":
                await respond(send, 204, b"text/plain", b"", [allow(self._router.allowed(scope["path"]))])
                return
            endpoint, request.path = self._router.find(scope["method"], scope["path"])
            await endpoint(request)
        except Disconnected:
            return
        except TeamError as error:
            await self._fail(request, error)
        except Exception as error:  # noqa: BLE001 - logged, and told as well as it can be
            failure = logs.unexpected(error, f"{scope['method']} {scope['path']!r}")
            await self._fail(request, failure or _unexpected())

    async def _fail(self, request: Request, error: TeamError) -> None:
        if request.started:  # too late to tell: the answer breaks off
            return
        if not request.body_read:
            await drain(request.receive)
        await respond_problem(request.send, error)

    async def _serve_socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        endpoint = self._sockets.get(scope["path"])
        try:
            if endpoint is None:
                raise NotFound("There is no WebSocket at this path; it is /api/ws.", code="no_such_path")
            await endpoint(scope, receive, send)
        except TeamError as error:
            await reject_websocket(send, error)


def _unexpected() -> TeamError:
    return TeamError(
        f"The server failed to do this. Its log says why, under request id {request_id.get()}.",
        code="internal_error",
        request_id=request_id.get(),
    )
