"""The outermost ASGI layer: request ids, the access log, the Host and Origin guard, and refusal of keys in URLs.

A page of another site can make a browser send requests to a server on the same machine, under the attacker's own host
name (DNS rebinding) or across origins. So only known host names are answered, and a foreign Origin changes nothing.
"""

from __future__ import annotations

import asyncio
import itertools
import re
import secrets
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from ..config import Settings
from ..errors import Forbidden, InvalidInput, TeamError
from ..logs import access as access_log
from ..logs import request_id
from ..net.addresses import bare_host
from .asgi import Application, IncomingBody, Message, Receive, Scope, Send, reject_websocket, respond_problem
from .callers import ADDRESS, Callers, is_loopback

SAFE = {"GET", "HEAD", "OPTIONS"}
LONGEST_URL = 8192
URL_SECRETS = {b"key", b"token", b"api_key", b"apikey", b"access_token", b"authorization"}
HOST = re.compile(r"([\w.-]+|\[[0-9a-fA-F:.]+\])(:[0-9]{1,5})?", re.ASCII)
ONCE = (b"authorization", b"host", b"content-length", b"transfer-encoding")
"""Headers of which a second one would let two programs on the way read the same request in two ways."""


class Misdirected(TeamError):
    """The request names a host that this server is not."""

    status, code, title = 421, "wrong_host", "Misdirected request"


class UrlTooLong(TeamError):
    """The request's target is beyond the limit."""

    status, code, title = 414, "url_too_long", "URI too long"


class RequestGuard:
    """Stands before everything, WebSockets included.

    Args:
        inner: the application.
        settings: for the names under which the server answers, the proxies it trusts, and the access log.
    """

    def __init__(self, inner: Application, settings: Settings) -> None:
        self._inner = inner
        self._hosts = {"localhost", bare_host(settings.host).lower(), *settings.allowed_hosts}
        if settings.url and (host := urlsplit(settings.url).hostname):
            self._hosts.add(host)
        self._origins = _own_origins(settings)
        self._by_tls_only = {urlsplit(origin).hostname for origin in self._origins if origin.startswith("https:")}
        self._callers = Callers(settings)
        self._logged = settings.access_log
        self._serving: set[asyncio.Task[Any]] = set()
        self._prefix = secrets.token_hex(4)
        self._count = itertools.count(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] not in {"http", "websocket"}:
            await self._inner(scope, receive, send)
            return
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - ASGI runs in tasks
        self._serving.add(task)
        try:
            await self._serve(scope, receive, send)
        finally:
            self._serving.discard(task)

    async def settle(self, timeout: float) -> None:
        """Wait until the requests of this moment have been answered, but no longer than ``timeout`` seconds."""
        if self._serving:
            await asyncio.wait(self._serving, timeout=timeout)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"].startswith(("http://", "https://")):  # HTTP allows the whole address as the target
            scope["path"] = urlsplit(scope["path"]).path or "/"
        number = f"{self._prefix}-{next(self._count)}"
        request_id.set(number)
        header = (b"x-request-id", number.encode())
        headers = dict(scope["headers"])
        host = _host_name(headers)
        caller = scope[ADDRESS] = self._callers.find(scope, host)
        body = IncomingBody(receive, _length(headers)) if _has_body(scope, headers) else None
        served, started, status = access_log.begin(), time.perf_counter(), None

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] in ANSWERS:
                status = message.get("status", 101)
                message["headers"] = [*message.get("headers", ()), header]
                if body is not None and not await body.end():
                    message["headers"].append((b"connection", b"close"))
            await send(message)

        try:
            error = self._refusal(scope, headers, host)
            if error is None:
                await self._inner(scope, receive if body is None else body.receive, send_with_id)
            elif scope["type"] == "websocket":
                await reject_websocket(send_with_id, error)
            else:
                await respond_problem(send_with_id, error)
        finally:
            if self._logged:
                spent = time.perf_counter() - started
                method, path = scope.get("method", "GET"), scope["path"]
                access_log.note(method, path, status, spent, served.member, caller, served.path)

    def _refusal(self, scope: Scope, headers: Mapping[bytes, bytes], host: str) -> TeamError | None:
        if host not in self._hosts and not is_loopback(host):
            return Misdirected(
                "This server does not answer under that host name. Use the address it prints at start, or add the "
                "name to the setting allowed_hosts."
            )
        if (scope["type"] == "websocket" or scope["method"] not in SAFE) and b"origin" in headers:
            origin = headers[b"origin"].decode("latin-1").lower()
            if not self._is_own(origin, headers[b"host"].decode("latin-1").lower()):
                return Forbidden("Requests from pages of other sites are refused.", code="wrong_origin")
        if len(headers) < len(scope["headers"]) and (name := _given_twice(scope)):
            return InvalidInput(f"The header {name} may be sent once only.", code="bad_request")
        if b"content-length" in headers and b"transfer-encoding" in headers:
            return InvalidInput("Send Content-Length or Transfer-Encoding, not both.", code="bad_request")
        if not scope["path"].startswith("/"):
            return InvalidInput("The request's path must start with '/'.", code="bad_path")
        query: bytes = scope["query_string"]
        if query:
            return _bad_query(query)
        return None

    def _is_own(self, origin: str, host: str) -> bool:
        """Whether a page is this server's: by scheme, name and port, since each port of a machine is another's."""
        if origin in self._origins:
            return True
        scheme, _, place = origin.partition("://")
        if scheme not in {"http", "https"} or _with_port(place, scheme) != _with_port(host, scheme):
            return False
        return scheme == "https" or urlsplit(origin).hostname not in self._by_tls_only


ANSWERS = {"http.response.start", "websocket.accept", "websocket.http.response.start"}


def _own_origins(settings: Settings) -> set[str]:
    names = {"localhost", "127.0.0.1", "[::1]", f"[{settings.host}]" if ":" in settings.host else settings.host}
    found = {f"http://{name.lower()}:{settings.port}" for name in names}
    return found if settings.url is None else {*found, settings.url.lower()}


def _host_name(headers: Mapping[bytes, bytes]) -> str:
    """The name in the header ``Host``, without the port; empty if there is none, or something else."""
    host = HOST.fullmatch(headers.get(b"host", b"").decode("latin-1").lower())
    return host[1].strip("[]") if host else ""


def _has_body(scope: Scope, headers: Mapping[bytes, bytes]) -> bool:
    """Whether more of a request comes on a connection that serves one request after the other."""
    has_length = b"content-length" in headers or b"transfer-encoding" in headers
    return has_length and scope["type"] == "http" and scope["http_version"] in {"1.0", "1.1"}


def _length(headers: Mapping[bytes, bytes]) -> int | None:
    length = headers.get(b"content-length", b"")
    return int(length) if length.isdigit() else None


def _with_port(host: str, scheme: str) -> str:
    """A host with its port, also where that is left out because it is the scheme's own."""
    return host if re.search(r":[0-9]+$", host) else f"{host}:{443 if scheme == 'https' else 80}"


def _given_twice(scope: Scope) -> str:
    names = [name for name, _ in scope["headers"]]
    return next((name.decode() for name in ONCE if names.count(name) > 1), "")


def _bad_query(query: bytes) -> TeamError | None:
    if len(query) > LONGEST_URL:
        return UrlTooLong(f"The query is longer than {LONGEST_URL} bytes.")
    if any(part.partition(b"=")[0].lower() in URL_SECRETS for part in query.split(b"&")):
        return InvalidInput(
            "A key must never stand in a URL, where logs and histories keep it. "
            "Send it in the header 'Authorization: Bearer tmcp_…' and replace it with rotate_key.",
            code="key_in_url",
        )
    return None
