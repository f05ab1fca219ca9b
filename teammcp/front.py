"""The outermost ASGI layer: request ids, the Host and Origin guard, and refusal of keys in URLs.

A page of another site can make a browser send requests to a server on the same machine, under the attacker's own host
name (DNS rebinding) or across origins. So only known host names are answered, and a foreign Origin changes nothing.
"""

from __future__ import annotations

import asyncio
import ipaddress
import itertools
import logging
import secrets
import time
from typing import Any
from urllib.parse import urlsplit

from .asgi import Application, Message, Receive, Scope, Send, reject_websocket, respond_problem
from .config import Settings
from .errors import Forbidden, InvalidInput, TeamError
from .logs import request_id

log = logging.getLogger(__name__)

SAFE = {"GET", "HEAD", "OPTIONS"}
LONGEST_URL = 8192
URL_SECRETS = {b"key", b"token", b"api_key", b"apikey", b"access_token", b"authorization"}


class Misdirected(TeamError):
    """The request names a host that this server is not."""

    status, code, title = 421, "wrong_host", "Misdirected request"


class UrlTooLong(TeamError):
    """The request's target is beyond the limit."""

    status, code, title = 414, "url_too_long", "URI too long"


class Front:
    """Stands before everything, WebSockets included.

    Args:
        inner: the application.
        settings: for the host names under which the server answers.
    """

    def __init__(self, inner: Application, settings: Settings) -> None:
        self._inner = inner
        self._hosts = {"localhost", settings.host.lower(), *map(str.lower, settings.allowed_hosts)}
        if settings.url and (host := urlsplit(settings.url).hostname):
            self._hosts.add(host)
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
        started = time.perf_counter()

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], header]
                if log.isEnabledFor(logging.DEBUG):
                    spent = (time.perf_counter() - started) * 1000
                    log.debug("%s %r %d %.1f ms", scope["method"], scope["path"], message["status"], spent)
            await send(message)

        error = self._refusal(scope)
        if error is None:
            await self._inner(scope, receive, send_with_id)
        elif scope["type"] == "websocket":
            await reject_websocket(send, error)
        else:
            await respond_problem(send_with_id, error)

    def _refusal(self, scope: Scope) -> TeamError | None:
        headers = dict(scope["headers"])
        if not self._known(headers.get(b"host", b"").decode("latin-1")):
            return Misdirected(
                "This server does not answer under that host name. Use the address it prints at start, or add the "
                "name to the setting allowed_hosts."
            )
        if (scope["type"] == "websocket" or scope["method"] not in SAFE) and b"origin" in headers:
            origin = headers[b"origin"].decode("latin-1")
            if not self._known(origin.partition("://")[2]):
                return Forbidden("Requests from pages of other sites are refused.", code="wrong_origin")
        if not scope["path"].startswith("/"):
            return InvalidInput("The request's path must start with '/'.", code="bad_path")
        query: bytes = scope["query_string"]
        if query:
            return _bad_query(query)
        return None

    def _known(self, host: str) -> bool:
        """Whether ``name[:port]`` is one of this server's names, or a loopback address."""
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        return name in self._hosts or _is_loopback(name)


def _is_loopback(name: str) -> bool:
    if name == "127.0.0.1":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


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
