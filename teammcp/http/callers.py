"""Where a request comes from: one notion of the caller's address for limits, logs, and who is on this machine.

Nobody is taken at their word. A reverse proxy says who calls only if the setting ``trusted_proxies`` names it; from
anybody else the same headers tell one thing, that whoever calls is not on this machine. The server fails closed here:
being on the machine is the proof on which a first owner and members without a key are registered.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import IPv6Address, ip_network
from typing import Any
from urllib.parse import urlsplit

from ..config import Settings
from ..net.addresses import IpAddress, parse_ip

ADDRESS = "teammcp.address"
"""Key of the ASGI scope under which the caller's address is found."""
PROXY = "proxy"
"""The address of whoever comes through a proxy on this machine that is not trusted, or may have done so."""
HERE = "here"
"""The bucket of all who are on this machine, or may be."""
OF_PROXIES = re.compile(
    rb"forwarded|(?:client|connecting|real|remote|user|source|socket)-?(?:ip|addr)|-(?:ip|addr|address)$"
    rb"|^(?:x-original|x-originating|x-envoy|x-amzn|x-appengine|x-azure|x-arr|x-nf|x-vercel|x-akamai|x-sucuri)-"
    rb"|^(?:cf|fly|fastly|akamai|incap|tailscale|ngrok|true-client)-"
    rb"|^(?:via|cdn-loop|x-scheme|x-proto|x-host|x-coming-from|x-request-start|x-cloud-trace-context|front-end-https)$"
)
"""Names of headers that proxies add: the standard ones, and those of well-known makers."""


def address(scope: Mapping[str, Any]) -> str:
    """The caller's address, as the outermost layer has found it out; `PROXY` if nobody has."""
    found: str = scope.get(ADDRESS, PROXY)
    return found


def came_by_proxy(scope: Mapping[str, Any]) -> bool:
    """Whether a request has a header that proxies add."""
    return any(OF_PROXIES.search(name) for name, _ in scope["headers"])


def is_loopback(name: str) -> bool:
    """Whether a host's name or address means the machine itself, on whoever's word: no name but ``localhost`` does."""
    if name == "localhost":
        return True
    found = parse_ip(name)
    return found is not None and found.is_loopback


def is_public(settings: Settings) -> bool:
    """Whether the server has an address that other machines use. Then nobody counts as being on this one."""
    return settings.url is not None and not is_loopback(urlsplit(settings.url).hostname or "")


def bucket(caller: str) -> str:
    """Which callers count as one: all of this machine, all of an IPv6 network (a /64, which one household has)."""
    found = parse_ip(caller)
    if caller == PROXY or (found is not None and found.is_loopback):
        return HERE
    if isinstance(found, IPv6Address):
        return str(ip_network((found, 64), strict=False))
    return caller


class Callers:
    """Finds out who calls.

    Args:
        settings: for the proxies that are trusted, and whether the server has a public address.
    """

    def __init__(self, settings: Settings) -> None:
        self._trusted = [ip_network(network) for network in settings.trusted_proxies]
        self._public = is_public(settings)

    def find(self, scope: Mapping[str, Any], host: str) -> str:
        """The address of whoever sent a request to ``host``, the name in its header; `PROXY` if that is not known."""
        client = scope.get("client")
        peer = parse_ip(client[0]) if client else None
        if peer is None:
            return PROXY
        if self._trusts(peer):
            return self._behind(scope)
        if not peer.is_loopback:
            return str(peer)
        if self._public or not is_loopback(host) or came_by_proxy(scope):
            return PROXY
        return str(peer)

    def _trusts(self, peer: IpAddress) -> bool:
        return any(peer in network for network in self._trusted)

    def _behind(self, scope: Mapping[str, Any]) -> str:
        """Whom the proxies speak for: each adds whom it was called by at the end, so the last stranger is the caller.

        What stands further left is the caller's own word.
        """
        chain = b",".join(value for name, value in scope["headers"] if name == b"x-forwarded-for").decode("latin-1")
        for part in reversed(chain.split(",")):
            found = parse_ip(part.strip())
            if found is None or found.is_loopback:
                return PROXY
            if not self._trusts(found):
                return str(found)
        return PROXY
