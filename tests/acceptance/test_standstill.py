"""A server process that is stopped for some seconds calls nobody dead and goes on with its work."""

from __future__ import annotations

import signal
import sys
import time

import pytest

from tests.live import LiveServer

pytestmark = pytest.mark.acceptance


@pytest.mark.skipif(sys.platform == "win32", reason="Windows stops no process by a signal")
def test_a_process_that_was_stopped_calls_its_members_neither_dead_nor_late(live: LiveServer) -> None:
    owner = live.register("boss", kind="human")
    with live.client(owner) as boss:
        key = boss.post("/api/register", json={"name": "bob"}).json()["apiKey"]
        task = boss.post("/api/tasks", json={"title": "look", "assignee": "bob"}).json()["task"]["id"]
        with live.client(key) as bob:
            assert bob.post(f"/api/tasks/{task}/claim", json={}).json()["ok"]
            assert bob.post("/api/heartbeat", json={"status": "busy", "ttl": 5}).status_code == 200
        live.process.send_signal(signal.SIGSTOP)
        time.sleep(6)
        live.process.send_signal(signal.SIGCONT)
        time.sleep(1.5)  # periodic work has come round
        (found,) = [agent for agent in boss.get("/api/agents").json() if agent["name"] == "bob"]
        assert found["status"] == "busy", found
        shown = boss.get(f"/api/tasks/{task}").json()["task"]
        assert (shown["status"], shown["attempts"]) == ("doing", 0)
        facts = boss.get("/api/health").json()["details"]["facts"]
        assert facts["clock"]["pauses"] >= 1
        assert facts["jobs"]["tasks.reap"]["runs"] >= 1
    assert any("stood still for" in line for line in live.output)
