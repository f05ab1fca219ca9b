"""Addresses of servers, taken apart in this one place: what commands are given, and what stands in programs' files."""

from __future__ import annotations

import re
import socket
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

from ..errors import InvalidInput

MCP_PATH = "/mcp"
PORTS = {"http": 80, "https": 443}
IpAddress = IPv4Address | IPv6Address
_UNFIT = re.compile(r"[\s\\\x00-\x1f\x7f]")


@dataclass(frozen=True)
class ServerAddress:
    """Where a server is.

    Attributes:
        scheme: ``http`` or ``https``.
        host: in lower case; an IPv6 address without its brackets.
        port: None for the scheme's own.
        path: what stands before ``/api`` and ``/mcp`` where several servers share a host; without a slash at its end.
        query: what was asked for, such as ``tools=core``.
    """

    scheme: str
    host: str
    port: int | None
    path: str
    query: str

    @classmethod
    def parse(cls, text: str, field: str = "url") -> ServerAddress:
        """Take an address apart, with or without ``/mcp``.

        Raises:
            InvalidInput: it is none of a server; names ``field``. A name and a password in it are refused unseen.
        """
        text = text.strip()
        try:
            parts = urlsplit(text)
            port = parts.port
        except ValueError:
            raise _wrong(field, text) from None
        if "@" in parts.netloc:
            raise InvalidInput(
                f"{field}: an address must not hold a name or a password. Give it without what is before @."
            )
        if parts.scheme not in PORTS or not parts.hostname or _UNFIT.search(text):
            raise _wrong(field, text)
        path = parts.path.rstrip("/")
        return cls(parts.scheme, parts.hostname, port, path.removesuffix(MCP_PATH).rstrip("/"), parts.query)

    @property
    def is_local(self) -> bool:
        """Whether it is one that a machine has for itself, under which no other machine finds it."""
        return stays_here(self.host)

    @property
    def origin(self) -> str:
        """Scheme, host and port, always written out: what a key is bound to."""
        return f"{self.scheme}://{self._bracketed}:{self.port or PORTS[self.scheme]}"

    @property
    def base(self) -> str:
        """The server's address without ``/mcp``, query and slash at its end."""
        return f"{self.scheme}://{self._bracketed}{'' if self.port is None else f':{self.port}'}{self.path}"

    @property
    def mcp(self) -> str:
        """The address of ``/mcp``, with the query."""
        return f"{self.base}{MCP_PATH}{self.query and f'?{self.query}'}"

    @property
    def _bracketed(self) -> str:
        return f"[{self.host}]" if ":" in self.host else self.host


def bare_host(host: str) -> str:
    """A host as sockets take it: an IPv6 address without its brackets; nothing means every IPv4 address."""
    name = host.strip().removeprefix("[").removesuffix("]") or "0.0.0.0"  # noqa: S104 - what an empty setting says
    with suppress(OSError):
        if name.replace(".", "").isdigit():  # '0' and '127.1' are addresses too
            return socket.inet_ntoa(socket.inet_aton(name))
    return name


def parse_ip(text: str) -> IpAddress | None:
    """An IP address, also in brackets, with a port or a zone, or an IPv4 one that is written as an IPv6 one."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def loopback_of(host: str) -> str:
    """Under which name a server that listens on ``host`` answers on its own machine."""
    name = bare_host(host)
    address = parse_ip(name)
    if address is None or not address.is_unspecified:
        return name
    return "127.0.0.1" if address.version == 4 else "::1"


def stays_here(host: str) -> bool:
    """Whether what a program sends to a host stays on its own machine, in all spellings that systems resolve so.

    Whether somebody who calls is on this machine is another question: there `http.callers.is_loopback` believes less.
    """
    name = host.lower().rstrip(".")
    address = parse_ip(name)
    return name == "localhost" or name.endswith(".localhost") or (address is not None and address.is_loopback)


def _wrong(field: str, text: str) -> InvalidInput:
    shown = f"'{text}'" if text.isprintable() else ascii(text)
    return InvalidInput(f"{field}: {shown} is no address of a server. One looks like http://127.0.0.1:3100.")
