"""A server that is killed while it works: nothing that was acknowledged is lost, doubled or half there."""

from __future__ import annotations

import asyncio
import itertools
import random
import sqlite3
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.live import LiveServer

ROUNDS = 20
SENDERS = 16
LIMITS = {"register_rate": 0, "agent_rate": 0, "address_rate": 0, "loop_limit": 0}

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(300)]


@dataclass
class Sender:
    """One member that sends without a pause, and remembers what it was told."""

    name: str
    key: str
    numbers: itertools.count[int] = field(default_factory=itertools.count)
    acknowledged: dict[str, int] = field(default_factory=dict)
    """Content -> id, in the order of the answers."""
    unanswered: str | None = None

    async def work(self, server: LiveServer, first: asyncio.Event) -> None:
        """Repeat what got no answer last time, then go on, until the server dies."""
        async with server.async_client(self.key, timeout=10) as client:
            try:
                while True:
                    content = self.unanswered or f"durable word{self.name}x{next(self.numbers)} for @{self.name}"
                    self.unanswered = content
                    self.acknowledged[content] = await self._send(client, content)
                    self.unanswered = None
                    first.set()
            except httpx2.TransportError:
                return  # killed; what is in `unanswered` may have been kept or not

    async def _send(self, client: httpx2.AsyncClient, content: str) -> int:
        answer = await client.post(
            "/api/send",
            json={"channel": "general", "content": content},
            headers={"Idempotency-Key": content.replace(" ", "-")},
        )
        assert answer.status_code in (200, 201), answer.text
        number: int = answer.json()["id"]
        return number


async def until_killed(server: LiveServer, senders: list[Sender], chance: random.Random) -> None:
    """Let everybody send, and kill the server in the middle of it."""
    first = asyncio.Event()
    tasks = [asyncio.create_task(sender.work(server, first)) for sender in senders]
    await asyncio.wait_for(first.wait(), 30)
    await asyncio.sleep(chance.uniform(0.05, 0.4))
    assert not any(task.done() for task in tasks)
    server.process.kill()
    await asyncio.to_thread(server.process.wait, 15)
    await asyncio.wait_for(asyncio.gather(*tasks), 30)


def check(database: Path, senders: list[Sender]) -> None:
    """Everything that was promised is there once, and everything that is there is whole."""
    connection = sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)
    rows = connection.execute("SELECT id, seq, sender, content FROM messages ORDER BY id").fetchall()
    ids = [row[0] for row in rows]
    found = {content: number for number, _, _, content in rows}
    doubled = [content for content, times in Counter(row[3] for row in rows).items() if times > 1]
    assert doubled == []

    for sender in senders:
        promised = sender.acknowledged
        assert {content: found.get(content) for content in promised} == promised
        assert list(promised.values()) == sorted(promised.values())

    assert [row[1] for row in rows] == list(range(1, len(rows) + 1))
    newest = connection.execute("SELECT last_seq FROM channels WHERE id = 'general'").fetchone()[0]
    assert newest == len(rows)

    events = connection.execute("SELECT id, subject FROM events WHERE kind = 'message.sent' ORDER BY id").fetchall()
    assert [int(subject) for _, subject in events] == ids
    indexed = connection.execute("SELECT rowid FROM message_search WHERE message_search MATCH 'durable'").fetchall()
    assert sorted(row[0] for row in indexed) == ids
    kept = connection.execute("SELECT count(*) FROM idempotency").fetchone()[0]
    assert kept == len(rows)
    connection.close()


async def everything(server: LiveServer, key: str) -> list[dict[str, Any]]:
    """The whole history as a member reads it, oldest first."""
    messages: list[dict[str, Any]] = []
    async with server.async_client(key, timeout=30) as client:
        while True:
            before = {"before": messages[0]["id"]} if messages else {}
            answer = await client.get("/api/history", params={"channel": "general", "limit": 100, **before})
            page = answer.json()["messages"]
            if not page:
                return messages
            messages = page + messages


async def test_nothing_acknowledged_is_lost_or_doubled_when_the_server_is_killed(
    start_server: Callable[..., LiveServer],
) -> None:
    chance = random.Random(20)  # noqa: S311 - so that a failure comes again
    server = start_server(**LIMITS)
    owner = server.register("owner")
    senders = [Sender(name, server.register(name)) for name in (f"s{number}" for number in range(SENDERS))]
    database = server.home / "teams" / "default" / "team.db"
    for _ in range(ROUNDS):
        await until_killed(server, senders, chance)
        await asyncio.to_thread(server.start)
        await asyncio.to_thread(check, database, senders)

    for sender in senders:  # what was under way at the last kill is sent again: it is there once, or not at all yet
        if sender.unanswered is not None:
            async with server.async_client(sender.key, timeout=10) as client:
                sender.acknowledged[sender.unanswered] = await sender._send(client, sender.unanswered)
    await asyncio.to_thread(check, database, senders)

    history = await everything(server, owner)
    assert [message["id"] for message in history] == sorted(message["id"] for message in history)
    read = {message["content"]: message["id"] for message in history}
    promised = {content: number for sender in senders for content, number in sender.acknowledged.items()}
    assert read == promised
    assert len(promised) > ROUNDS * SENDERS  # they did work
    assert server.stop() == 0
    with sqlite3.connect(database) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
