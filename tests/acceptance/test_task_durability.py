"""A server that is killed while agents claim and complete tasks: each task is done once, and none is lost."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.live import LiveServer

ROUNDS = 4
WORKERS = 20
TASKS = 600
LIMITS = {"register_rate": 0, "agent_rate": 0, "address_rate": 0}

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(600)]


@dataclass
class Worker:
    """One agent that claims and completes without a pause, and remembers what it was told."""

    name: str
    key: str
    numbers: itertools.count[int] = field(default_factory=itertools.count)
    done: list[int] = field(default_factory=list)
    """Tasks whose completion was acknowledged."""
    tokens: dict[int, int] = field(default_factory=dict)
    """The token of each task that it was given."""
    unanswered: tuple[str, dict[str, Any], str] | None = None
    """Path, body and idempotency key of a call without an answer."""

    async def work(self, server: LiveServer, begun: asyncio.Event) -> None:
        """Repeat what got no answer last time, then go on until nothing is left or the server dies."""
        async with server.async_client(self.key, timeout=20) as client:
            try:
                while (claim := await self._call(client, "/api/tasks/claim-next", {}))["ok"]:
                    task = claim["task_id"]
                    self.tokens[task] = claim["fencing_token"]
                    await self._complete(client, task)
                    begun.set()
            except httpx2.TransportError:
                return

    async def _complete(self, client: httpx2.AsyncClient, task: int) -> None:
        body = {"fencing_token": self.tokens[task], "result": f"by {self.name}"}
        answer = await self._call(client, f"/api/tasks/{task}/complete", body)
        assert answer["ok"], answer
        self.done.append(task)

    async def _call(self, client: httpx2.AsyncClient, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """A call with a key of its own; first the one that may or may not have been carried out."""
        if self.unanswered is not None:
            before, answer = self.unanswered, await self._send(client)
            await self._settle(client, before[0], answer)
        self.unanswered = (path, body, f"{self.name}-{next(self.numbers)}")
        return await self._send(client)

    async def _settle(self, client: httpx2.AsyncClient, path: str, answer: dict[str, Any]) -> None:
        """Carry on where the kill has interrupted."""
        task = answer["task_id"]
        if path.endswith("/complete"):
            assert answer["ok"], answer
            self.done.append(task)
        elif answer["ok"]:
            self.tokens[task] = answer["fencing_token"]
            await self._complete(client, task)

    async def _send(self, client: httpx2.AsyncClient) -> dict[str, Any]:
        assert self.unanswered is not None
        path, body, key = self.unanswered
        answer = await client.post(path, json=body, headers={"Idempotency-Key": key})
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        self.unanswered = None
        return found


async def until_killed(server: LiveServer, workers: list[Worker], seconds: float) -> None:
    """Let everybody work, and kill the server in the middle of it."""
    begun = asyncio.Event()
    tasks = [asyncio.create_task(worker.work(server, begun)) for worker in workers]
    await asyncio.wait_for(begun.wait(), 30)
    await asyncio.sleep(seconds)
    assert not all(task.done() for task in tasks), "it worked too fast: make more tasks"
    server.process.kill()
    await asyncio.to_thread(server.process.wait, 15)
    await asyncio.wait_for(asyncio.gather(*tasks), 60)


def check(database: Path, workers: list[Worker]) -> None:
    """Everything that was promised is there once, and everything that is there is whole."""
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        rows = {row["id"]: row for row in connection.execute("SELECT * FROM tasks")}
        assert sorted(rows) == list(range(1, TASKS + 1))
        finished = Counter(
            row["task_id"] for row in connection.execute("SELECT task_id FROM task_history WHERE action = 'completed'")
        )
        assert [task for task, times in finished.items() if times > 1] == []
        assert {task for task, row in rows.items() if row["status"] == "done"} == set(finished)
        promised = [task for worker in workers for task in worker.done]
        assert len(promised) == len(set(promised))
        assert set(promised) <= set(finished)

        claims = Counter(
            int(row["subject"]) for row in connection.execute("SELECT subject FROM events WHERE kind = 'task.claimed'")
        )
        assert {task: row["fencing_token"] for task, row in rows.items() if row["fencing_token"]} == claims
        for worker in workers:
            for task, token in worker.tokens.items():
                assert rows[task]["fencing_token"] >= token
        for row in rows.values():
            assert (row["lease_agent"] is not None) == (row["status"] == "doing")
        done = [row["data"] for row in connection.execute("SELECT data FROM events WHERE kind = 'task.done'")]
        assert Counter(json.loads(data)["task"]["id"] for data in done) == finished


async def test_no_task_is_done_twice_or_lost_when_the_server_is_killed(
    start_server: Callable[..., LiveServer],
) -> None:
    chance = random.Random(4)  # noqa: S311 - so that a failure comes again
    server = start_server(**LIMITS)
    owner = server.register("owner")
    names = [f"w{number}" for number in range(WORKERS)]
    workers = [Worker(name, server.register(name)) for name in names]
    async with server.async_client(owner, timeout=60) as client:
        for start in range(0, TASKS, 50):
            bodies = [{"title": f"task {number}", "lease_seconds": 3600} for number in range(start, start + 50)]
            made = await asyncio.gather(*(client.post("/api/tasks", json=body) for body in bodies))
            assert {answer.status_code for answer in made} == {201}, made[0].text

    database = server.home / "teams" / "default" / "team.db"
    for _ in range(ROUNDS):
        await until_killed(server, workers, chance.uniform(0.05, 0.5))
        await asyncio.to_thread(server.start)
        await asyncio.to_thread(check, database, workers)

    await asyncio.gather(*(worker.work(server, asyncio.Event()) for worker in workers))
    await asyncio.to_thread(check, database, workers)
    assert sorted(task for worker in workers for task in worker.done) == list(range(1, TASKS + 1))
    assert server.stop() == 0
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("SELECT count(*) FROM tasks WHERE fencing_token <> 1").fetchone() == (0,)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
