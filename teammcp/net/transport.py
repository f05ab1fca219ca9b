"""How the programs on this machine reach a server: one rule for ``connect``, ``doctor``, ``hook`` and every command.

A server on this machine is spoken to directly, whatever the environment says. For any other the proxy of
``HTTPS_PROXY``, ``HTTP_PROXY`` or ``ALL_PROXY`` is used, unless ``NO_PROXY`` names the host. Certificates are checked
against the system's, or those of ``SSL_CERT_FILE``.

Nothing that a library says of a request is passed on: it may hold the request's headers, and with them the key.
"""

from __future__ import annotations

import base64
import http.client
import os
import ssl
import sys
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from ..errors import InvalidInput
from .addresses import ServerAddress

VARIABLES = "HTTPS_PROXY, HTTP_PROXY or ALL_PROXY"


@dataclass(frozen=True)
class Proxy:
    """An HTTP proxy. Its address may hold a password, and is shown to nobody."""

    url: str

    @property
    def place(self) -> tuple[str, int]:
        """Host and port."""
        parts = urlsplit(self.url)
        return parts.hostname or "", parts.port or 80

    @property
    def headers(self) -> dict[str, str]:
        """What tells the proxy who we are, if its address says so."""
        parts = urlsplit(self.url)
        if parts.username is None:
            return {}
        said = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
        return {"Proxy-Authorization": f"Basic {base64.b64encode(said).decode()}"}


def proxy_for(base: str) -> Proxy | None:
    """The proxy through which a server is reached; None if it is reached directly.

    Raises:
        InvalidInput: the address is wrong, or the environment names a proxy of a kind that we do not speak to.
    """
    from urllib.request import getproxies_environment, proxy_bypass_environment  # type: ignore[attr-defined]

    server = ServerAddress.parse(base)
    if server.is_local:
        return None
    proxies = getproxies_environment()
    url = proxies.get(server.scheme) or proxies.get("all")
    if not url or proxy_bypass_environment(urlsplit(server.base).netloc):
        return None
    url = url if "://" in url else f"http://{url}"
    try:
        parts = urlsplit(url)
        fit = parts.scheme == "http" and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fit = False
    if not fit:
        raise InvalidInput(
            f"The proxy that {VARIABLES} names cannot be used: TeamMCP speaks to HTTP proxies only (http://host:port). "
            f"If the server can be reached without one, put {server.host} into NO_PROXY."
        )
    return Proxy(url)


def certificates() -> ssl.SSLContext:
    """Whose word is taken on who a server is."""
    if sys.platform in {"darwin", "win32"}:
        import truststore

        return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return ssl.create_default_context()


def client_options(base: str) -> dict[str, Any]:
    """What a client of httpx2 is made with to reach this server by the rule above.

    Raises:
        InvalidInput: as `proxy_for`.
    """
    proxy = proxy_for(base)
    options: dict[str, Any] = {"trust_env": False, "proxy": proxy and proxy.url}
    if base.startswith("https:"):
        options["verify"] = certificates()
    return options


@dataclass(frozen=True)
class Answer:
    """What a server has answered, and the ids of the messages that it hands over, with commas between."""

    status: int
    text: str
    handed: str = ""


class Connection:
    """One connection by the same rule, made with the standard library alone: it starts in a tenth of the time.

    Raises:
        InvalidInput: as `proxy_for`.
    """

    def __init__(self, base: str, timeout: float) -> None:
        server, proxy = ServerAddress.parse(base), proxy_for(base)
        place = (server.host, server.port) if proxy is None else proxy.place
        self._prefix, self._headers = server.path, dict[str, str]()
        self._connection: http.client.HTTPConnection
        if server.scheme == "http":
            self._connection = http.client.HTTPConnection(*place, timeout=timeout)
            if proxy is not None:
                self._prefix, self._headers = server.base, proxy.headers
            return
        self._connection = http.client.HTTPSConnection(*place, timeout=timeout, context=certificates())
        if proxy is not None:
            self._connection.set_tunnel(server.host, server.port or 443, proxy.headers)

    def post(self, path: str, body: bytes, headers: dict[str, str]) -> Answer | None:
        """The answer; None if there is none."""
        try:
            self._connection.request("POST", f"{self._prefix}{path}", body, {**headers, **self._headers})
            answer = self._connection.getresponse()
            text = answer.read().decode("utf-8", "replace")
            return Answer(answer.status, text, answer.headers.get("TeamMCP-Handed", ""))
        except (OSError, ValueError, http.client.HTTPException):
            self._connection.close()
            return None


def reason(error: BaseException) -> str:
    """Why a request had no answer, in words of the system's or ours: nothing of the request itself is in them."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ssl.SSLCertVerificationError):
            return f"its certificate is not accepted: {seen.verify_message}"
        if isinstance(seen, ConnectionError) and seen.errno:
            return os.strerror(seen.errno)  # asyncio says instead which address it was
        if isinstance(seen, OSError) and seen.strerror:
            return seen.strerror
        seen = seen.__cause__ or seen.__context__
    return _WORDS.get(type(error).__name__, type(error).__name__)


_WORDS = {
    "ConnectError": "no connection",
    "OSError": "no connection",
    "ConnectTimeout": "no connection in time",
    "ReadTimeout": "no answer in time",
    "TimeoutError": "no answer in time",
    "WriteTimeout": "no answer in time",
    "ReadError": "the connection was cut",
    "ProxyError": f"the proxy that {VARIABLES} names refuses it",
    "InvalidMessage": "it does not speak HTTP, or went away half-way",
    "RemoteProtocolError": "it does not speak HTTP, or went away half-way",
}
