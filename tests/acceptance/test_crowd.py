"""Connections that say nothing keep nobody out, however few file descriptors there are."""

from __future__ import annotations

import socket
import sys
import time

import pytest

from tests.live import LiveServer

pytestmark = pytest.mark.acceptance
ALLOWED = 200


@pytest.mark.skipif(sys.platform != "linux", reason="the limit of another process can be set on Linux only")
def test_idle_connections_give_way_to_those_who_have_something_to_say(live: LiveServer) -> None:
    import resource

    key = live.register("boss")
    resource.prlimit(live.process.pid, resource.RLIMIT_NOFILE, (ALLOWED, ALLOWED))
    crowd = []
    for _ in range(2 * ALLOWED):
        crowd.append(socket.create_connection(("127.0.0.1", live.port), timeout=10))
        if len(crowd) % 50 == 0:
            time.sleep(0.2)  # they come one after the other, not all in one moment
    with live.client(key, timeout=20) as client:
        for number in range(5):
            answer = client.post("/api/send", json={"channel": "general", "content": f"still here {number}"})
            assert answer.status_code == 200, answer.text
        upload = {"data": {"channel": "general"}, "files": {"content": ("a.txt", b"bytes")}}
        assert client.post("/api/files", **upload).status_code == 201  # files are opened, too
        assert client.get("/api/health").json()["status"] in {"ok", "degraded"}
    for each in crowd:
        each.close()


def answer_on(connection: socket.socket) -> bytes:
    """One whole answer, which may come in several pieces."""
    answer = b""
    while not answer.endswith(b"}"):
        piece = connection.recv(65536)
        assert piece, answer
        answer += piece
    return answer


def test_a_connection_that_sends_nothing_ends_soon(live: LiveServer) -> None:
    silent = socket.create_connection(("127.0.0.1", live.port), timeout=30)
    halting = socket.create_connection(("127.0.0.1", live.port), timeout=30)
    halting.sendall(b"GET /api/health HTTP/1.1\r\nHost: 127.0.0.1\r\n")
    used = socket.create_connection(("127.0.0.1", live.port), timeout=30)
    request = b"GET /api/health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    used.sendall(request)
    assert answer_on(used).startswith(b"HTTP/1.1 200")
    began = time.monotonic()
    assert silent.recv(1) == b""
    halting.recv(65536)  # nothing, or what it is told
    assert time.monotonic() - began < 25
    used.sendall(request)  # one that has said something is kept for the next request
    assert answer_on(used).startswith(b"HTTP/1.1 200")
    for each in (silent, halting, used):
        each.close()
