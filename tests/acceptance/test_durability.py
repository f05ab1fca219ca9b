"""A server that is killed while it works: nothing that was acknowledged is lost, doubled or half there."""

from __future__ import annotations

import asyncio
import itertools
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

SENDERS = 16
LIMITS = {"register_rate": 0, "agent_rate": 0, "address_rate": 0}

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(600)]


@dataclass(frozen=True)
class Step:
    """One change: a message sent (without an id), edited, or deleted (without content)."""

    key: str
    message: int | None
    content: str | None


@dataclass
class Sender:
    """One member that sends, edits and deletes without a pause, and remembers what it was told."""

    name: str
    key: str
    chance: random.Random
    numbers: itertools.count[int] = field(default_factory=itertools.count)
    messages: dict[int, str | None] = field(default_factory=dict)
    """What was acknowledged: id -> content, None once it was deleted."""
    steps: int = 0
    unanswered: Step | None = None

    async def work(self, server: LiveServer, first: asyncio.Event) -> None:
        """Repeat what got no answer last time, then go on, until the server dies."""
        async with server.async_client(self.key, timeout=10) as client:
            try:
                while True:
                    await self.repeat(client)
                    self.unanswered = self._next()
                    first.set()
            except httpx2.TransportError:
                return  # killed; what is in `unanswered` may have been kept or not

    async def repeat(self, client: httpx2.AsyncClient) -> None:
        """Do what is unanswered, for the first time or again: the key makes it the same."""
        if self.unanswered is None:
            return
        step = self.unanswered
        message = await self._do(client, step)
        self.messages[message] = step.content
        self.steps += 1
        self.unanswered = None

    def _next(self) -> Step:
        number = next(self.numbers)
        key, word = f"{self.name}-{number}", f"word{self.name}x{number}"
        alive = [message for message, content in self.messages.items() if content is not None]
        kind = self.chance.random()
        if alive and kind < 0.15:
            return Step(key, self.chance.choice(alive), f"durable edited {word}")
        if alive and kind < 0.2:
            return Step(key, self.chance.choice(alive), None)
        return Step(key, None, f"durable original {word} for @{self.name}")

    async def _do(self, client: httpx2.AsyncClient, step: Step) -> int:
        headers = {"Idempotency-Key": step.key}
        body = {"content": step.content}
        if step.message is None:
            answer = await client.post("/api/send", json={**body, "channel": "general"}, headers=headers)
        elif step.content is not None:
            answer = await client.put(f"/api/messages/{step.message}", json=body, headers=headers)
        else:
            answer = await client.delete(f"/api/messages/{step.message}", headers=headers)
        assert answer.status_code == 200, answer.text
        number: int = answer.json()["id"] if step.message is None else step.message
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
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:

        def column(sql: str) -> list[Any]:
            return [row[0] for row in connection.execute(sql)]

        rows = connection.execute("SELECT id, seq, sender, content, deleted FROM messages ORDER BY id").fetchall()
        found = {number: None if deleted else content for number, _, _, content, deleted in rows}
        for sender in senders:
            unsure = sender.unanswered.message if sender.unanswered is not None else None
            promised = {number: content for number, content in sender.messages.items() if number != unsure}
            assert {number: found.get(number, "lost") for number in promised} == promised
            more = [row for row in rows if row[2] == sender.name and row[0] not in sender.messages]
            assert len(more) <= 1  # the one whose answer was cut off
        doubled = Counter(content for content in found.values() if content is not None)
        assert [content for content, times in doubled.items() if times > 1] == []

        assert [row[1] for row in rows] == list(range(1, len(rows) + 1))
        assert column("SELECT last_seq FROM channels WHERE id = 'general'") == [len(rows)]

        sent = column("SELECT subject FROM events WHERE kind = 'message.sent' ORDER BY id")
        assert [int(subject) for subject in sent] == list(found)
        gone = column("SELECT subject FROM events WHERE kind = 'message.deleted'")
        assert {int(subject) for subject in gone} == {number for number, content in found.items() if content is None}
        assert len(gone) == len(set(gone))
        edited = column("SELECT subject FROM events WHERE kind = 'message.edited'")
        assert {int(subject) for subject in edited} == set(
            column("SELECT id FROM messages WHERE edited_at IS NOT NULL")
        )

        for word in ("durable", "original", "edited"):
            indexed = column(f"SELECT rowid FROM message_search WHERE message_search MATCH '{word}'")  # noqa: S608
            assert sorted(indexed) == [number for number, content in found.items() if word in (content or "")]
        assert column("SELECT count(*) FROM idempotency") == [len(sent) + len(edited) + len(gone)]


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


@pytest.mark.parametrize("rounds", [8, pytest.param(40, marks=pytest.mark.sweep)])
async def test_nothing_acknowledged_is_lost_or_doubled_when_the_server_is_killed(
    start_server: Callable[..., LiveServer], rounds: int
) -> None:
    chance = random.Random(20)  # noqa: S311 - so that a failure comes again
    server = start_server(**LIMITS)
    owner = server.register("owner")
    names = [f"s{number}" for number in range(SENDERS)]
    senders = [Sender(name, server.register(name), random.Random(name)) for name in names]  # noqa: S311
    database = server.home / "teams" / "default" / "team.db"
    for _ in range(rounds):
        await until_killed(server, senders, chance)
        await asyncio.to_thread(server.start)
        await asyncio.to_thread(check, database, senders)

    for sender in senders:  # what was under way at the last kill
        async with server.async_client(sender.key, timeout=10) as client:
            await sender.repeat(client)
    await asyncio.to_thread(check, database, senders)

    history = await everything(server, owner)
    assert [message["id"] for message in history] == sorted(message["id"] for message in history)
    read = {message["id"]: None if message["deleted"] else message["content"] for message in history}
    assert read == {number: content for sender in senders for number, content in sender.messages.items()}
    assert sum(sender.steps for sender in senders) > rounds * SENDERS  # they did work
    assert server.stop() == 0
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
