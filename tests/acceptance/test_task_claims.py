"""Fifty agents at a real server that want the same thousand tasks."""

from __future__ import annotations

import asyncio

import pytest

from tests.live import LiveServer

AGENTS = 50
TASKS = 1000

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(300)]


async def test_fifty_agents_get_a_thousand_tasks_once_each(live: LiveServer) -> None:
    owner = live.register("owner")
    keys = [live.register(f"a{number}") for number in range(AGENTS)]
    async with live.async_client(owner, timeout=60) as client:
        for start in range(0, TASKS, 100):
            bodies = [{"title": f"task {number}"} for number in range(start, start + 100)]
            made = await asyncio.gather(*(client.post("/api/tasks", json=body) for body in bodies))
            assert {answer.status_code for answer in made} == {201}, made[0].text

    claimed: list[tuple[int, int]] = []

    async def work(key: str) -> None:
        async with live.async_client(key, timeout=60) as client:
            while (claim := (await client.post("/api/tasks/claim-next", json={})).json())["ok"]:
                claimed.append((claim["task_id"], claim["fencing_token"]))
            assert claim["reason"] == "none"

    await asyncio.gather(*map(work, keys))
    assert sorted(claimed) == [(task, 1) for task in range(1, TASKS + 1)]
