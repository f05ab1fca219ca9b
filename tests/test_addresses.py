"""Addresses: what is a server's, what belongs to it, and under which one a server on this machine answers."""

from __future__ import annotations

import pytest

from teammcp.errors import InvalidInput
from teammcp.net.addresses import ServerAddress, bare_host, loopback_of, stays_here


@pytest.mark.parametrize(
    ("text", "base", "origin", "mcp"),
    [
        ("http://h:1", "http://h:1", "http://h:1", "http://h:1/mcp"),
        ("http://h:1/mcp/", "http://h:1", "http://h:1", "http://h:1/mcp"),
        ("https://mcp.example", "https://mcp.example", "https://mcp.example:443", "https://mcp.example/mcp"),
        ("https://mcp.example/mcp?tools=a", "https://mcp.example", "https://mcp.example:443", "https://mcp.example/mcp?tools=a"),
        ("http://h/mcp-team", "http://h/mcp-team", "http://h:80", "http://h/mcp-team/mcp"),
        ("http://h/mcp-team/mcp", "http://h/mcp-team", "http://h:80", "http://h/mcp-team/mcp"),
        ("http://h/team/xmcp/", "http://h/team/xmcp", "http://h:80", "http://h/team/xmcp/mcp"),
        ("HTTP://MCP.Example:80/", "http://mcp.example:80", "http://mcp.example:80", "http://mcp.example:80/mcp"),
        ("http://[::1]:3100/mcp", "http://[::1]:3100", "http://[::1]:3100", "http://[::1]:3100/mcp"),
        ("https://[2001:db8::7]", "https://[2001:db8::7]", "https://[2001:db8::7]:443", "https://[2001:db8::7]/mcp"),
        (" http://h//mcp// ", "http://h", "http://h:80", "http://h/mcp"),
        ("http://h/mcp#part", "http://h", "http://h:80", "http://h/mcp"),
    ],
)  # fmt: skip
def test_an_address_is_taken_apart_by_its_parts(text: str, base: str, origin: str, mcp: str) -> None:
    found = ServerAddress.parse(text)
    assert (found.base, found.origin, found.mcp) == (base, origin, mcp)
    assert ServerAddress.parse(found.mcp) == found


@pytest.mark.parametrize(
    "text",
    [
        "", "h:1", "127.0.0.1:3100", "ftp://h", "http:/h", "http://", "http://h:x", "http://h:99999", "http://[::1",
        "http://h\n/x", "http://h/a b", "http://good.example\\.evil.example", "file:///etc/passwd", "http://\x00",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"--url: .*http://127.0.0.1:3100"):
        ServerAddress.parse(text, "--url")


@pytest.mark.parametrize(
    "text", ["http://me:geheim@h/mcp", "http://geheim@h", "http://h:1@geheim/", "http://good\\@geheim"]
)
def test_a_name_or_password_in_an_address_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        ServerAddress.parse(text)
    assert "geheim" not in str(refused.value)


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("0.0.0.0", "127.0.0.1"), ("", "127.0.0.1"), ("0", "127.0.0.1"), ("::", "::1"),
        ("[::]", "::1"), ("0:0::0", "::1"),
        ("[::1]", "::1"), ("127.1", "127.0.0.1"), ("192.0.2.7", "192.0.2.7"), ("mcp.example", "mcp.example"),
    ],
)  # fmt: skip
def test_a_server_on_every_address_is_reached_by_the_loopback_of_that_kind(host: str, name: str) -> None:
    assert loopback_of(host) == name
    assert not bare_host(host).startswith("[")


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.9.9.9", "localhost", "LOCALHOST.", "a.localhost", "::1", "::ffff:127.0.0.1"]
)
def test_loopback_is_known_in_every_spelling(host: str) -> None:
    assert stays_here(host)


@pytest.mark.parametrize("host", ["", "localhost.example", "127.0.0.1.example", "10.0.0.1", "::", "128.0.0.1"])
def test_nothing_else_is_loopback(host: str) -> None:
    assert not stays_here(host)
