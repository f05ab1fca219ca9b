"""A team with many messages, made by the server's own code: every message is a real `send_message`, a year of them.

Only the fsyncs are saved: a thousand sends share a transaction. A seeded folder is kept for the next run, under a name
that depends on the schema and on this file.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import teammcp
from teammcp import operations
from teammcp.app import create_app
from teammcp.clock import Clock
from teammcp.config import load_settings
from teammcp.features.messages import search
from teammcp.members.directory import ANONYMOUS
from teammcp.operations import Context
from teammcp.server import Server
from teammcp.storage import Transaction, Work
from teammcp.text.unspaced import spread

from . import texts
from .servers import UNLIMITED

CHANNELS = 20
SENDERS = 20
READER = "reader"
"""Has acknowledged everything but the last few messages."""
NEWCOMER = "newcomer"
"""Has acknowledged nothing, written nothing."""
UNREAD = 10
BATCH = 1000
YEAR = 365 * 24 * 3600 * 1000
KEYS = "keys.json"
SEEDED = ("events", "features/agents", "features/channels", "features/messages")
"""The parts whose tables are filled."""


@dataclass
class Seeded:
    """A folder to start a server in."""

    home: Path
    keys: dict[str, str]
    middle: int
    """The id of a message of #general in the middle of its history."""


class SteppingClock(Clock):
    """A clock that goes on by the same step with each message."""

    def __init__(self, step: float) -> None:
        self.at: float = time.time() * 1000 - YEAR
        self._step = step

    def now(self) -> int:
        """UTC, milliseconds since the epoch."""
        return int(self.at)

    def tick(self) -> None:
        """On to the next message."""
        self.at += self._step


def seeded(cache: Path, messages: int) -> Seeded:
    """The folder with so many messages; made now, if it is not there."""
    home = cache / f"{messages}-{_version()}"
    if not (home / KEYS).exists():
        for old in cache.glob(f"{messages}-*"):
            shutil.rmtree(old)
        asyncio.run(_seed(home, messages))
    known = json.loads((home / KEYS).read_text())
    return Seeded(home, known["keys"], known["middle"])


def _version() -> str:
    """Changes with the way the seeds are stored and indexed; later steps are applied when the server starts."""
    package = Path(teammcp.__file__).parent
    sources = [*(package / part / "migrations" for part in SEEDED), Path(__file__), Path(texts.__file__)]
    files = [min(source.glob("*.sql")) if source.is_dir() else source for source in sources]
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in files))
    digest.update((" ".join(search.facets("a", "group", "b", True)) + spread("ab \u6570\u636e")).encode())
    return digest.hexdigest()[:12]


async def _seed(home: Path, messages: int) -> None:
    clock = SteppingClock(YEAR / messages)
    settings = load_settings(home=home, **UNLIMITED)
    server = create_app(settings, clock).server
    await server.open()
    try:
        keys = await _populate(server)
        senders = [operations.enter(server, keys[f"agent{number:02}"], "rest", "") for number in range(SENDERS)]
        await _send(senders, clock, texts.messages(messages - UNREAD, SENDERS, CHANNELS))
        reader = operations.enter(server, keys[READER], "rest", "")
        inbox = await operations.call(reader, "get_inbox", {})
        items = [{"channel": entry.channel, "ack_id": entry.ack_id} for entry in inbox.channels]
        await operations.call(reader, "ack_inbox", {"items": items})
        await _send(senders, clock, texts.messages(UNREAD, SENDERS, 1))
        middle = await reader.read(lambda tx: tx.value(MIDDLE))
    finally:
        await server.close()
    (home / KEYS).write_text(json.dumps({"keys": keys, "middle": middle}))


MIDDLE = (
    "SELECT id FROM messages WHERE channel_id = 'general'"
    " AND seq = (SELECT max(seq) / 2 FROM messages WHERE channel_id = 'general')"
)


async def _populate(server: Server) -> dict[str, str]:
    """Register the members and make the channels; the members' keys."""
    anonymous = Context(server, server.team("default"), ANONYMOUS, "rest", "")
    first = await operations.call(anonymous, "register_agent", {"name": "owner"})
    keys = {"owner": first.apiKey}
    owner = operations.enter(server, first.apiKey, "rest", "")
    names = [*(f"agent{number:02}" for number in range(SENDERS)), READER, NEWCOMER]
    for name in names:
        keys[name] = (await operations.call(owner, "register_agent", {"name": name})).apiKey
    for number in range(1, CHANNELS):
        topic = {"id": f"topic{number:02}", "name": f"topic{number:02}", "type": "topic", "members": names}
        await operations.call(owner, "create_channel", topic)
    return keys


async def _send(senders: list[Context], clock: SteppingClock, messages: Iterator[tuple[int, int, str]]) -> None:
    batch: list[Work[Any]] = []
    database = senders[0].team.database
    for sender, channel, content in messages:
        name = "general" if channel == 0 else f"topic{channel:02}"
        work = await senders[sender].prepare("send_message", channel=name, content=content)
        assert callable(work)
        batch.append(work)
        if len(batch) == BATCH:
            await database.write(_all(batch, clock))
            batch = []
    await database.write(_all(batch, clock))


def _all(batch: list[Work[Any]], clock: SteppingClock) -> Work[None]:
    def work(tx: Transaction) -> None:
        for single in batch:
            clock.tick()
            single(tx)

    return work
