"""The log of events: written with the change it tells of, in one order, published once durable."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from teammcp.events import Event, EventData, EventKinds, EventLog
from teammcp.events.log import last_id, open_hub, read_since
from teammcp.storage import SqliteDatabase, Transaction, load_migrations
from teammcp.storage.sqlite.migrations import migrate
from teammcp.testing import NOON, MovedClock


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[SqliteDatabase]:
    steps = load_migrations("events", "teammcp.events")
    database = await SqliteDatabase.open(tmp_path / "team.db", lambda connection: migrate(connection, steps))
    yield database
    await database.close()


class ThingAdded(EventData, kind="thing.added"):
    """A thing was added."""

    text: str = ""
    n: list[int | None] = []


class MessageSent(EventData, kind="message.sent"):
    """A message was sent."""

    content: str = ""


KINDS: dict[str, type[EventData]] = {kind.event_kind: kind for kind in (ThingAdded, MessageSent)}


def appended(log: EventLog, **changes: Any) -> Any:
    arguments = {"actor": "ann", "subject": "1", **changes}
    kind, data = arguments.pop("kind", "thing.added"), arguments.pop("data", {})
    return lambda tx: log.append(tx, KINDS[kind](**data), **arguments)


async def test_an_event_read_back_is_the_event_that_was_published(database: SqliteDatabase) -> None:
    hub = await open_hub(database, 16)
    log = EventLog(MovedClock(), hub, EventKinds(KINDS.values()))
    with hub.subscribe(lambda event: True) as subscription:
        for changes in (
            {},
            {"channel": "general", "data": {"text": "你好 🙂\n", "n": [1, None]}},
            {"agents": ["ann", "Ünal"]},
        ):
            await database.write(appended(log, **changes))
        published = await subscription.next(0)
    assert published == await database.read(read_since, 0, 10)
    assert [event.id for event in published] == [1, 2, 3]
    assert published[2].agents == ("ann", "Ünal")
    assert published[0].at == NOON


async def test_events_are_published_in_the_order_of_their_ids(database: SqliteDatabase) -> None:
    hub = await open_hub(database, 16)
    log = EventLog(MovedClock(), hub, EventKinds(KINDS.values()))

    def two(tx: Transaction) -> None:
        appended(log)(tx)
        appended(log)(tx)

    with hub.subscribe(lambda event: True) as subscription:
        await asyncio.gather(*(database.write(two) for _ in range(20)))
        found = []
        while batch := await subscription.next(0):
            found += [event.id for event in batch]
    assert found == list(range(1, 41))


async def test_an_event_of_a_change_that_failed_never_was(database: SqliteDatabase) -> None:
    hub = await open_hub(database, 16)
    log = EventLog(MovedClock(), hub, EventKinds(KINDS.values()))

    def fail(tx: Transaction) -> None:
        appended(log)(tx)
        raise ValueError

    with hub.subscribe(lambda event: True) as subscription:
        await asyncio.gather(database.write(fail), database.write(appended(log)), return_exceptions=True)
        published = await subscription.next(0)
    assert published == await database.read(read_since, 0, 10)
    assert len(published) == 1


async def test_a_hub_continues_where_the_log_ends(database: SqliteDatabase) -> None:
    log = EventLog(MovedClock(), await open_hub(database, 16), EventKinds(KINDS.values()))
    for _ in range(40):
        await database.write(appended(log))
    again = await open_hub(database, 16)
    assert again.last_id == await database.read(last_id) == 40
    with again.subscribe(lambda event: True, after=37) as subscription:
        assert [event.id for event in await subscription.next(0)] == [38, 39, 40]
    with again.subscribe(lambda event: True) as subscription:
        assert await subscription.next(0) == []


async def test_a_page_of_the_log_ends_where_it_is_told_to(database: SqliteDatabase) -> None:
    log = EventLog(MovedClock(), await open_hub(database, 16), EventKinds(KINDS.values()))
    for _ in range(5):
        await database.write(appended(log))
    assert [event.id for event in await database.read(read_since, 1, 3)] == [2, 3, 4]
    assert await database.read(read_since, 5, 3) == []


def test_the_public_shape_is_json_on_one_line() -> None:
    text = "a\r\nb\u2028c 'd' \"e\" </script>"
    event = Event(7, NOON, "message.sent", "ann", "12", "general", None, {"content": text})
    assert json.loads(event.json) == {
        "id": 7,
        "at": "2026-01-01T12:00:00.000Z",
        "kind": "message.sent",
        "actor": "ann",
        "channel": "general",
        "subject": "12",
        "data": {"content": text},
    }
    lines = event.sse.decode().split("\n")
    assert lines[:2] == ["id: 7", "event: message.sent"]
    assert json.loads(lines[2].removeprefix("data: "))["data"]["content"] == text
    assert lines[3:] == ["", ""]
    assert b"\r" not in event.sse


def test_who_else_may_read_an_event_is_nobodys_business() -> None:
    event = Event(7, NOON, "agent.key_rotated", "ann", "bob", None, ("ann", "bob"), {})
    assert "agents" not in event.as_dict()
