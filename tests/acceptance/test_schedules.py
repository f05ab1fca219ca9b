"""Scheduled messages of a server that is killed in the middle of sending them: each comes, and once."""

from __future__ import annotations

import time
from collections import Counter

import httpx2
import pytest

from teammcp.clock import rfc3339
from tests.live import LiveServer

MESSAGES = 150
KILLS = 2
WITHIN = 60

pytestmark = pytest.mark.acceptance


def test_each_message_comes_once_whenever_the_server_is_killed(live: LiveServer) -> None:
    key = live.register("ada", kind="human")
    due = rfc3339(round(time.time() * 1000) + 3000)
    with live.client(key) as client:
        for number in range(MESSAGES):
            body = {"channel": "general", "content": f"number {number}", "at": due}
            assert client.post("/api/schedules", json=body).status_code == 201
    reached = 0
    for _ in range(KILLS):
        reached = wait_for(live, key, reached + 1)
        live.kill()
        live.start()
    wait_for(live, key, MESSAGES)
    assert Counter(contents(live, key)) == Counter(f"number {number}" for number in range(MESSAGES))
    with live.client(key) as client:
        listed = client.get("/api/schedules", params={"limit": 200}).json()["schedules"]
    assert {(each["status"], each["runs"]) for each in listed} == {("ended", 1)}


def wait_for(server: LiveServer, key: str, wanted: int) -> int:
    """Wait until at least so many messages are there; how many there are."""
    end = time.monotonic() + WITHIN
    while time.monotonic() < end:
        count = len(contents(server, key))
        if count >= min(wanted, MESSAGES):
            return count
        time.sleep(0.01)
    raise AssertionError("the messages did not come")


def contents(server: LiveServer, key: str) -> list[str]:
    answer = httpx2.get(
        f"{server.url}/api/history",
        params={"channel": "general", "limit": 200},
        headers={"Authorization": f"Bearer {key}"},
        trust_env=False,
    )
    return [message["content"] for message in answer.json()["messages"]]
