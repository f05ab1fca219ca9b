"""`RouteSurface`: answers requests and WebSockets under ``/hooks/`` with the views of plugins."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from contextlib import aclosing

from ..errors import TeamError
from ..http.asgi import Application, Receive, Scope, Send, allow, drain, reject_websocket, respond, respond_problem
from ..http.callers import address
from ..http.connection import Disconnected, read_body
from ..http.streaming import Sendings
from ..logs import access
from ..server import Server
from ..surfaces.routes import RawRequest, RawResponse, Route, response_of
from .collect import OPENING, PREFIX, Contributed, RouteTable
from .faults import failed
from .sockets import Sockets

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
}
"""Sent with every answer that does not say otherwise."""

LEAST_STATUS, LAST_STATUS = 200, 599
_NAME = re.compile(r"[\w!#$%&'*+.^`|~-]+", re.ASCII)
_VALUE = re.compile(r"[\x21-\x7e\x80-\xff]+([\t ]+[\x21-\x7e\x80-\xff]+)*|")


class RouteSurface:
    """ASGI: everything under ``/hooks/``; the rest goes to ``inner``."""

    def __init__(self, server: Server, inner: Application) -> None:
        self._server = server
        self._inner = inner
        self._table = RouteTable.collect(server.plugins)
        self._sendings = Sendings()
        self._sockets = Sockets(server)

    async def end_streams(self) -> None:
        """End all WebSockets, and the streams whose clients are still reading."""
        await self._sockets.end()
        await self._sendings.end()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if not scope.get("path", "").startswith(PREFIX):
            await self._inner(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._open(scope, receive, send)
        else:
            await self._serve(scope, receive, send)

    # -- WebSockets ----------------------------------------------------------------------------------------------------

    async def _open(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            self._server.limits.address.take(address(scope))
            found, names = self._table.sockets.find(OPENING, scope["path"])
            access.note_path(found.rule)
            await self._sockets.serve(found, names, scope, receive, send)
        except TeamError as error:
            await reject_websocket(send, error)

    # -- HTTP ----------------------------------------------------------------------------------------------------------

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        read = False
        try:
            self._server.limits.address.take(address(scope))
            if scope["method"] == "OPTIONS":
                await respond(send, 204, b"text/plain", b"", [allow(self._table.http.allowed(scope["path"]))])
                return
            found, names = self._table.http.find(scope["method"], scope["path"])
            access.note_path(found.rule)
            read = True  # what is too large is read to its end, too
            body = await read_body(dict(scope["headers"]), receive, found.route.max_body)
            response = await self._ask(found, RawRequest(self._server, scope, body), names)
        except Disconnected:
            return
        except TeamError as error:
            if not read:
                await drain(receive)
            await respond_problem(send, error)
        else:
            await self._answer(found, response, receive, send)

    async def _ask(self, found: Contributed[Route], request: RawRequest, names: dict[str, str]) -> RawResponse:
        """What the plugin answers.

        Raises:
            TeamError: of the plugin's own; or it has failed, which is counted.
        """
        try:
            response = response_of(await found.route.view(request, **names))
            _check(response)
        except TeamError:
            raise
        except Exception as error:
            raise failed(self._server.plugins, found.plugin, error) from error
        return response

    async def _answer(self, found: Contributed[Route], response: RawResponse, receive: Receive, send: Send) -> None:
        headers = {"content-type": response.content_type}
        headers |= {name.lower(): value for name, value in {**HEADERS, **response.headers}.items()}
        encoded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
        if isinstance(response.body, str | bytes):
            body = response.body.encode() if isinstance(response.body, str) else response.body
            if response.status != 204:
                encoded.append((b"content-length", b"%d" % len(body)))
            await send({"type": "http.response.start", "status": response.status, "headers": encoded})
            await send({"type": "http.response.body", "body": body})
            return
        await send({"type": "http.response.start", "status": response.status, "headers": encoded})
        try:
            complete = await self._sendings.run(_write(response.body, send), receive)
        except Exception as error:  # noqa: BLE001 - counted against the plugin; what has begun can only be broken off
            failed(self._server.plugins, found.plugin, error)
        else:
            if complete:
                await send({"type": "http.response.body", "body": b""})


def _check(response: RawResponse) -> None:
    """Make sure that it can be sent: what fails later can no longer be told.

    Raises:
        ValueError: its status, a header or its text cannot be sent.
    """
    if not LEAST_STATUS <= response.status <= LAST_STATUS:
        raise ValueError(f"a route's view answered with the status {response.status}")
    for name, value in {**response.headers, "content-type": response.content_type}.items():
        if not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
            raise ValueError(f"a route's view answered with a header {name!r} that cannot be sent")
    if isinstance(response.body, str):
        response.body.encode()


async def _write(parts: AsyncGenerator[bytes, None], send: Send) -> None:
    async with aclosing(parts):
        async for part in parts:
            await send({"type": "http.response.body", "body": part, "more_body": True})
