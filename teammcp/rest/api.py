"""`RestSurface`: finds the route of a request under ``/api/`` and answers it, or says what is wrong with it."""

from __future__ import annotations

import logging

from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.routing import Map, Rule

from ..asgi import Application, Receive, Scope, Send, reject_websocket, respond, respond_problem
from ..errors import NotFound, TeamError
from ..logs import request_id
from ..team import Server
from . import documents, errors, operations, streams, teams
from .body import drain
from .request import Endpoint, Request

log = logging.getLogger(__name__)

PREFIX = "/api/"


class RestSurface:
    """ASGI: everything under ``/api/``; the rest goes to ``inner``.

    It stands before Quart because this is the hot path: a request costs its routing, its JSON and its operation.
    """

    def __init__(self, server: Server, inner: Application) -> None:
        self._server = server
        self._inner = inner
        self._fixed: dict[tuple[str, str], Endpoint] = {}
        self._map = Map(merge_slashes=False)
        self._sockets = streams.sockets(server)
        for part in (operations, streams, teams, documents):
            for (method, path), endpoint in part.routes(server).items():
                self._add(method, path, endpoint)
        self._adapter = self._map.bind("")

    def _add(self, method: str, path: str, endpoint: Endpoint) -> None:
        if "{" not in path:
            self._fixed[method, path] = endpoint
        self._map.add(Rule(path.replace("{", "<").replace("}", ">"), methods=[method], endpoint=endpoint))

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
            endpoint = self._find(request)
            await endpoint(request)
        except errors.Disconnected:
            return
        except TeamError as error:
            await self._fail(request, error)
        except Exception:
            log.exception("%s %r failed", scope["method"], scope["path"])
            if not request.started:
                await self._fail(request, _unexpected())

    def _find(self, request: Request) -> Endpoint:
        method, path = request.scope["method"], request.scope["path"]
        endpoint = self._fixed.get((method, path))
        if endpoint is not None:
            return endpoint
        if method == "OPTIONS":
            return self._options
        try:
            found, values = self._adapter.match(path, method)
        except MethodNotAllowed as error:
            allowed = sorted({*(error.valid_methods or ()), "OPTIONS"})
            raise errors.MethodNotAllowed(f"This path takes {', '.join(allowed)}.", allow=allowed) from None
        except HTTPException:
            raise _no_such_path() from None
        request.path = dict(values)
        matched: Endpoint = found
        return matched

    async def _options(self, request: Request) -> None:
        allowed = sorted({*self._adapter.allowed_methods(request.scope["path"]), "OPTIONS"})
        if allowed == ["OPTIONS"]:
            raise _no_such_path()
        await respond(request.send, 204, b"text/plain", b"", [(b"allow", ", ".join(allowed).encode())])

    async def _fail(self, request: Request, error: TeamError) -> None:
        if error.status >= 500 and error.code != "internal_error":
            log.warning("%s %r: %s", request.scope["method"], request.scope["path"], error.code)
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


def _no_such_path() -> TeamError:
    return NotFound("There is nothing at this path. GET /api/docs lists what there is.", code="no_such_path")


def _unexpected() -> TeamError:
    return TeamError(
        f"The server failed to do this. Its log says why, under request id {request_id.get()}.",
        code="internal_error",
        request_id=request_id.get(),
    )
