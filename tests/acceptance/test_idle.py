"""Many agents that wait cost nothing while nothing concerns them."""

from __future__ import annotations

import asyncio
import hashlib
import os
from pathlib import Path

import httpx2
import pytest

from tests.live import LiveServer

pytestmark = pytest.mark.acceptance

AGENTS = 100
SECONDS = 10


def cpu_seconds(process: int) -> float:
    """The processor time that a process has used, its children apart."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def contents(home: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in home.rglob("team.db*")}


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processor time is read from /proc")
async def test_a_hundred_agents_wait_for_nothing(live: LiveServer) -> None:
    live.register("owner")
    keys = [live.register(f"agent-{number}") for number in range(AGENTS)]
    limits = httpx2.Limits(max_connections=AGENTS)
    async with live.async_client(limits=limits, timeout=60) as client:

        async def wait(key: str, seconds: float) -> list[object]:
            headers = {"Authorization": f"Bearer {key}"}
            answer = await client.post("/api/wait", json={"timeout": seconds}, headers=headers)
            found: list[object] = answer.json()["messages"]
            return found

        await asyncio.gather(*(wait(key, 0) for key in keys))  # who comes and what is opened once is not idling
        waits = [asyncio.create_task(wait(key, SECONDS)) for key in keys]
        await asyncio.wait(waits, timeout=SECONDS / 4)  # all are in
        used, before = cpu_seconds(live.process.pid), contents(live.home)
        await asyncio.wait(waits, timeout=SECONDS / 2)
        assert not any(wait.done() for wait in waits)
        assert contents(live.home) == before
        assert cpu_seconds(live.process.pid) - used < 0.02 * SECONDS / 2
        assert [message for found in await asyncio.gather(*waits) for message in found] == []
