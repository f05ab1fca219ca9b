"""A wait whose client went away takes no message with it."""

from __future__ import annotations

import socket
import subprocess
import sys
import time

import httpx2
import pytest

from tests.live import LiveServer, clean_environment

pytestmark = pytest.mark.acceptance


def test_a_client_that_hangs_up_while_it_waits_loses_nothing(live: LiveServer) -> None:
    live.register("owner")
    alice_key, bob_key = live.register("alice"), live.register("bob")
    body = b'{"timeout": 60}'
    head = (
        f"POST /api/wait HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {bob_key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with live.client(alice_key) as alice, live.client(bob_key) as bob:
        for pause in (0.0, 0.05, 0.3, 1.2) * 3:
            with socket.create_connection(("127.0.0.1", live.port)) as connection:
                connection.sendall(head.encode() + body)
                time.sleep(0.05 + pause)
            sent = alice.post("/api/send", json={"channel": "general", "content": "@bob are you there?"}).json()["id"]
            waited = bob.post("/api/wait", json={"timeout": 5}).json()
            assert ([message["id"] for message in waited["messages"]], waited["again"]) == ([sent], [])
            bob.get("/api/me").raise_for_status()
        receipt = alice.get(f"/api/messages/{sent}/receipt").json()["recipients"]
        assert next(item["state"] for item in receipt if item["agent"] == "bob") == "offered"


def test_a_message_is_on_the_line_of_a_waiting_command_at_once(live: LiveServer) -> None:
    """The mechanism, with room for a busy machine; ``python -m bench --only turns`` has the figures."""
    alice_key = live.register("owner")
    bob_key = live.register("bob")
    command = [sys.executable, "-m", "teammcp", "wait", "--url", live.url]
    environment = clean_environment(live.home, key=bob_key)
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as waiting, live.client(alice_key) as alice:
        assert waiting.stdout is not None
        deadline = time.monotonic() + 30
        while _status(alice, "bob") != "online":
            assert time.monotonic() < deadline
            time.sleep(0.05)
        began = time.monotonic()
        alice.post("/api/send", json={"channel": "dm:bob", "content": "Look."}).raise_for_status()
        assert waiting.stdout.readline().startswith(b"<from-others ")
        assert time.monotonic() - began < 1
        assert waiting.wait(10) == 0
    with live.client(bob_key) as bob:
        times = []
        for _ in range(5):
            began = time.monotonic()
            assert bob.post("/api/hooks/claude", json={"hook_event_name": "PostToolUse"}).json() == {}
            times.append(time.monotonic() - began)
    assert min(times) < 0.05


def _status(client: httpx2.Client, name: str) -> str:
    status: str = client.get(f"/api/agents/{name}").json()["status"]
    return status
