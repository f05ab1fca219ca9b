"""A refusal that is sent before a request's body has come leaves the connection to the client's next request."""

from __future__ import annotations

import http.client
import time
from contextlib import closing

import pytest

from tests.live import LiveServer

pytestmark = pytest.mark.acceptance

LATER = 0.05
"""Seconds between a request's headers and its body: long enough for the server to know that it refuses."""


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("POST", "/api/send", {"Origin": "http://evil.example"}, 403),
        ("POST", "/mcp", {"Origin": "http://evil.example"}, 403),
        ("POST", "/channels", {"Origin": "http://evil.example"}, 403),
        ("POST", "/api/send", {"Host": "evil.example"}, 421),
        ("GET", "/api/me?key=x", {}, 400),
        ("POST", "/api/send", {}, 401),
        ("POST", "/mcp", {}, 401),
        ("POST", "/api/nothing", {}, 404),
        ("DELETE", "/api/send", {}, 405),
        ("POST", "/nothing", {}, 404),
        ("GET", "/api/health", {}, 200),
        ("POST", "/static/theme.css", {}, 404),
    ],
)
def test_a_refusal_leaves_the_connection_open(
    live: LiveServer, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", live.port, timeout=10)) as connection:
        connection.connect()
        socket = connection.sock
        for _ in range(2):
            connection.putrequest(method, path, skip_host="Host" in headers)
            for name, value in {"Content-Type": "application/json", "Content-Length": "2", **headers}.items():
                connection.putheader(name, value)
            connection.endheaders()
            time.sleep(LATER)
            connection.send(b"{}")
            answer = connection.getresponse()
            answer.read()
            assert (answer.status, connection.sock) == (status, socket)


@pytest.mark.parametrize("length", [2, 1_000_000])
def test_a_body_that_never_comes_ends_the_connection_and_says_so(live: LiveServer, length: int) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", live.port, timeout=20)) as connection:
        connection.putrequest("POST", "/api/send")
        for name, value in {"Content-Length": str(length), "Origin": "http://evil.example"}.items():
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        answer.read()
        assert (answer.status, answer.getheader("Connection")) == (403, "close")
