"""The log of events: written with the change it tells of, in one order, published once durable."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from teammcp.events import Event, EventData, EventKinds, EventLog, scan_events, stored_events
from teammcp.events.log import last_id, open_hub, read_since
from teammcp.storage import Reader, SqliteDatabase, Transaction, load_migrations
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


ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize(
    "package",
    sorted(path.parent for part in ("teammcp/features/*", "plugins/*/*") for path in ROOT.glob(f"{part}/events.py")),
    ids=lambda package: package.name,
)
def test_every_declared_kind_is_appended_somewhere(package: Path) -> None:
    text = "\n".join(file.read_text(encoding="utf-8") for file in package.rglob("events.py"))
    declared = re.findall(r"^class (\w+)\(.*kind=", text, re.MULTILINE)
    code = "\n".join(file.read_text(encoding="utf-8") for file in package.rglob("*.py") if file.name != "events.py")
    used = re.sub(r"^from .* import (\([^)]*\)|.*)$", "", code, flags=re.MULTILINE)
    assert declared
    assert [name for name in declared if not re.search(rf"\b{name}\b", used)] == []


class Counted(EventData, kind="thing.counted"):
    """A thing was counted."""

    number: int
    more: str = "nothing"


def test_what_is_not_given_is_not_said_and_what_is_not_declared_is_refused() -> None:
    assert Counted(number=1).as_json() == {"number": 1}
    assert list(Counted(more="nothing", number=1).as_json().items()) == [("number", 1), ("more", "nothing")]
    with pytest.raises(ValidationError, match="Extra inputs"):
        Counted(number=1, surprise=2)  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("kind", "doc", "why"),
    [("Odd Kind", "Something.", "looks like"), ("thing.odd", "", "a docstring has to say")],
)
def test_a_class_that_says_no_kind_or_nothing_of_it_is_refused(kind: str, doc: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        type("Odd", (EventData,), {"__doc__": doc, "__module__": __name__}, kind=kind)


async def test_an_event_that_nobody_has_declared_is_not_appended(database: SqliteDatabase) -> None:
    log = EventLog(MovedClock(), await open_hub(database, 16), EventKinds([ThingAdded]))
    with pytest.raises(ValueError, match=r"'thing\.counted'.* are not declared"):
        await database.write(lambda tx: log.append(tx, Counted(number=1), actor="ann", subject="1"))
    assert await database.read(last_id) == 0


def test_two_plugins_cannot_declare_one_kind() -> None:
    class Twin(EventData, kind="thing.counted"):
        """Another thing was counted."""

    with pytest.raises(ValueError, match="already"):
        EventKinds([Counted, Twin])
    with pytest.raises(TypeError, match="no class of EventData"):
        EventKinds([{"thing.counted": "as before"}])  # type: ignore[list-item]


async def test_a_scan_gives_the_events_of_a_range_of_ids_in_order_and_of_some_kinds_alone(
    database: SqliteDatabase,
) -> None:
    log = EventLog(MovedClock(), await open_hub(database, 16), EventKinds(KINDS.values()))
    for kind in ("thing.added", "message.sent", "thing.added", "message.sent", "thing.added"):
        await database.write(appended(log, kind=kind))
    assert await database.read(scan_events, 2, 4) == (await database.read(read_since, 0, 10))[1:4]
    added = await database.read(scan_events, 1, 5, ["thing.added"])
    assert [event.id for event in added] == [1, 3, 5]
    assert await database.read(scan_events, 6, 9) == []


async def test_what_is_stored_of_an_event_is_given_as_bytes_also_if_it_is_no_text_any_more(
    database: SqliteDatabase,
) -> None:
    log = EventLog(MovedClock(), await open_hub(database, 16), EventKinds(KINDS.values()))
    await database.write(appended(log))
    await database.write(lambda tx: tx.execute("UPDATE events SET subject = CAST(X'FF' AS TEXT) WHERE id = 1"))
    ((number, at, kind, actor, subject, *_),) = await database.read(stored_events, 1, 1)
    assert (number, at, kind, actor, subject) == (1, str(NOON).encode(), b"thing.added", b"ann", b"\xff")


def last_given(reader: Reader) -> int:
    return reader.last_id("events")


async def test_the_last_id_given_is_known_when_its_event_is_gone(database: SqliteDatabase) -> None:
    log = EventLog(MovedClock(), await open_hub(database, 16), EventKinds(KINDS.values()))
    assert await database.read(last_given) == 0
    await database.write(appended(log))
    await database.write(lambda tx: log.prune(tx, 1))
    assert await database.read(last_given) == 1
