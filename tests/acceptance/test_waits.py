"""A wait whose client went away takes no message with it."""

from __future__ import annotations

import socket
import time

import httpx2
import pytest

from teammcp.connection import WhileConnected
from tests.live import LiveServer

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
        with socket.create_connection(("127.0.0.1", live.port)) as connection:
            connection.sendall(head.encode() + body)
            deadline = time.monotonic() + 10
            while _status(alice, "bob") != "online":
                assert time.monotonic() < deadline
        time.sleep(WhileConnected.PATIENCE + 0.5)  # the server looks for its client after that time
        sent = alice.post("/api/send", json={"channel": "general", "content": "@bob are you there?"}).json()["id"]
        waited = bob.post("/api/wait", json={"timeout": 5}).json()
        assert [message["id"] for message in waited["messages"]] == [sent]
        receipt = alice.get(f"/api/messages/{sent}/receipt").json()["recipients"]
        assert next(item["state"] for item in receipt if item["agent"] == "bob") == "offered"


def _status(client: httpx2.Client, name: str) -> str:
    status: str = client.get(f"/api/agents/{name}").json()["status"]
    return status
