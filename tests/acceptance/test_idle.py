"""Many agents that wait cost nothing while nothing concerns them."""

from __future__ import annotations

import asyncio
import hashlib
import os
import time
from pathlib import Path

import httpx2
import pytest

from teammcp import operations
from teammcp.surfaces.streams import sse
from teammcp.testing import Member, MovedClock, TestTeam
from tests.live import LiveServer

pytestmark = pytest.mark.acceptance

AGENTS = 100
COMING = 2
"""Seconds after which all waits have arrived."""
SECONDS = 3
MINUTES = 10


def cpu_seconds(process: int) -> float:
    """The processor time that a process has used, its children apart."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def contents(home: Path) -> dict[str, str]:
    """The database's files by their hashes, but for the shared memory in which readers leave marks."""
    files = [path for path in home.rglob("team.db*") if not path.name.endswith("-shm")]
    assert files
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


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
        waits = [asyncio.create_task(wait(key, 60)) for key in keys]
        await asyncio.wait(waits, timeout=COMING)
        used, before = cpu_seconds(live.process.pid), contents(live.home)
        done, _ = await asyncio.wait(waits, timeout=SECONDS)
        assert not done
        assert contents(live.home) == before
        assert cpu_seconds(live.process.pid) - used < 0.02 * SECONDS
        for task in waits:
            task.cancel()
        await asyncio.gather(*waits, return_exceptions=True)


class MovedLoop:
    """The time of the event loop, moved together with the server's clock, so that nobody waits for it."""

    def __init__(self, clock: MovedClock, monkeypatch: pytest.MonkeyPatch) -> None:
        self._clock = clock
        self._ahead = 0.0
        loop = asyncio.get_running_loop()
        real = loop.time
        monkeypatch.setattr(loop, "time", lambda: real() + self._ahead)

    async def advance(self, seconds: float) -> None:
        """Let time pass, and whatever is due be done."""
        self._ahead += seconds
        self._clock.advance(seconds=seconds)
        for _ in range(20):
            await asyncio.sleep(0)


async def test_a_hundred_agents_idle_for_ten_minutes(
    team: TestTeam, clock: MovedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved, server = MovedLoop(clock, monkeypatch), team.server
    agents = [await team.agent(f"agent-{number}") for number in range(AGENTS)]
    told: list[object] = []

    async def wait(agent: Member) -> None:
        while True:
            told.extend((await agent.call("wait_for_messages", timeout=240, surface="mcp")).messages)

    async def listen(agent: Member) -> None:
        context = operations.enter(server, agent.key, "stream", "127.0.0.1")
        async for chunk in sse(context, team.team.hub.last_id, [], lambda: True):
            told.extend(line for line in chunk.splitlines() if line and not line.startswith(b":"))

    idle = [asyncio.create_task(wait(agent)) for agent in agents[::2]]
    idle += [asyncio.create_task(listen(agent)) for agent in agents[1::2]]
    await moved.advance(60)
    await server.run_jobs()  # the owner, who has not been heard since, is gone
    told.clear()
    before, used = contents(Path(server.settings.home)), time.process_time()
    for _ in range(MINUTES * 60):
        await moved.advance(1)
        await server.run_jobs()
    await server.settle()
    cpu = time.process_time() - used
    for task in idle:
        task.cancel()
    assert await asyncio.gather(*idle, return_exceptions=True) != []
    assert all(task.cancelled() for task in idle)  # none ended by itself
    assert told == []
    assert contents(Path(server.settings.home)) == before
    assert cpu < 0.02 * MINUTES * 60
    assert server.jobs.facts()["notifications"]["runs"] >= MINUTES * 60
