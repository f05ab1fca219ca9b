"""Seals: whatever is done to the event log behind the server's back is found, and named."""

# ruff: noqa: S608 - what is done to the database here is what the seals are against
from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TypeVar

import pytest
from teammcp_audit.models import Verification
from teammcp_audit.seals import chain
from teammcp_audit.seals import files as seal_files
from teammcp_audit.seals import verification as verifying
from teammcp_audit.seals.operations import seal_due
from teammcp_audit.seals.verification import Check

from teammcp import Reader
from teammcp.storage.sqlite.connections import SqliteTransaction
from teammcp.testing import MovedClock, TestTeam

T = TypeVar("T")


@pytest.fixture
async def sealed(team: TestTeam, clock: MovedClock) -> TestTeam:
    """A team whose log has two sealed blocks and events that are not sealed yet."""
    ann = await team.agent("ann")
    for number in range(3):
        await ann.call("send_message", channel="general", content=f"first {number}")
    clock.advance(hours=1)
    await seal_due(team.team)
    for number in range(4):
        await ann.call("send_message", channel="general", content=f"second {number}")
    clock.advance(hours=1)
    await seal_due(team.team)
    await ann.call("send_message", channel="general", content="not sealed yet")
    return team


def database(team: TestTeam) -> Path:
    return team.team.folder / "team.db"


def tamper(team: TestTeam, *statements: str) -> None:
    with closing(sqlite3.connect(database(team))) as connection, connection:
        for statement in statements:
            assert connection.execute(statement).rowcount != 0, statement


async def found(team: TestTeam) -> list[str]:
    """What verification says."""
    return [item.detail for item in (await team.owner.call("verify_audit")).findings]


async def first_of(team: TestTeam, kind: str = "message.sent") -> int:
    return (await team.events(kind))[0].id


async def test_an_untouched_log_is_as_it_was_sealed(sealed: TestTeam) -> None:
    result = await sealed.owner.call("verify_audit")
    assert (result.ok, result.seals, result.unsealed) == (True, 2, 1)
    assert result.events == len(await sealed.events()) - 1
    seals = (await sealed.owner.call("get_audit_seals")).seals
    assert seals[0].first_id == 1
    assert seals[0].previous == chain.FIRST
    assert seals[1].previous == seals[0].hash
    assert result.last_hash == seals[1].hash


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE events SET data = replace(data, 'first 0', 'first O') WHERE id = {id}",
        "UPDATE events SET data = data || ' ' WHERE id = {id}",
        "UPDATE events SET at = at + 1 WHERE id = {id}",
        "UPDATE events SET actor = 'bob' WHERE id = {id}",
        "UPDATE events SET surface = NULL WHERE id = {id}",
        "UPDATE events SET channel = NULL WHERE id = {id}",
        "UPDATE events SET agents = '[]' WHERE id = {id}",
        "UPDATE events SET data = CAST(x'ff' AS TEXT) WHERE id = {id}",
        "UPDATE events SET at = 'noon' WHERE id = {id}",
    ],
)
async def test_a_changed_byte_is_found(sealed: TestTeam, change: str) -> None:
    event = await first_of(sealed)
    tamper(sealed, change.format(id=event))
    assert await found(sealed) == [f"event {event} was altered (seal 1)"]


async def test_bytes_moved_from_one_column_to_the_next_are_found(sealed: TestTeam) -> None:
    event = await first_of(sealed)
    tamper(sealed, f"UPDATE events SET kind = kind || substr(actor, 1, 1), actor = substr(actor, 2) WHERE id = {event}")
    assert await found(sealed) == [f"event {event} was altered (seal 1)"]


async def test_a_deleted_event_is_found(sealed: TestTeam) -> None:
    event = await first_of(sealed)
    tamper(sealed, f"DELETE FROM events WHERE id = {event}")
    assert await found(sealed) == [f"event {event} is missing (seal 1)"]


async def test_what_was_cut_off_is_one_finding_a_block(sealed: TestTeam) -> None:
    first, second = (await sealed.owner.call("get_audit_seals")).seals
    begin = first.last_id - 1
    tamper(sealed, f"DELETE FROM events WHERE id >= {begin}")
    assert await found(sealed) == [
        f"events {begin} to {first.last_id} are missing (seal 1)",
        f"events {second.first_id} to {second.last_id} are missing (seal 2)",
        f"the last events are missing: {second.last_id + 1} to {second.last_id + 1}, not sealed yet",
    ]


async def test_an_inserted_event_is_found(sealed: TestTeam) -> None:
    event = await first_of(sealed)
    copy = "INSERT INTO events (id, at, kind, actor, subject, data) SELECT -5, at, kind, 'x', subject, data FROM events"
    tamper(sealed, f"{copy} WHERE id = {event}")
    assert await found(sealed) == ["event -5 was inserted: ids begin with 1"]


async def test_an_event_inserted_into_a_gap_is_found(team: TestTeam, clock: MovedClock) -> None:
    ann = await team.agent("ann")
    sent = [await ann.call("send_message", channel="general", content=str(number)) for number in range(3)]
    gap = [event.id for event in await team.events("message.sent")][1]
    tamper(team, f"DELETE FROM events WHERE id = {gap}")
    clock.advance(hours=2)
    await seal_due(team.team)
    assert await found(team) == []
    tamper(team, f"INSERT INTO events (id, at, kind, actor, subject, data) VALUES ({gap}, 1, 'x', 'y', 'z', '{{}}')")
    assert await found(team) == [f"event {gap} was inserted (seal 1)"]
    assert len(sent) == 3


async def test_reordered_events_are_found(sealed: TestTeam) -> None:
    one = await first_of(sealed)
    two = one + 1
    tamper(
        sealed,
        f"UPDATE events SET id = -1 WHERE id = {one}",
        f"UPDATE events SET id = {one} WHERE id = {two}",
        f"UPDATE events SET id = {two} WHERE id = -1",
    )
    assert await found(sealed) == [
        f"event {one} is the one that was sealed as {two} (seal 1)",
        f"event {two} is the one that was sealed as {one} (seal 1)",
    ]


async def test_a_tail_cut_off_behind_the_last_seal_is_found(sealed: TestTeam) -> None:
    last = (await sealed.events())[-1].id
    tamper(sealed, f"DELETE FROM events WHERE id = {last}")
    assert await found(sealed) == [f"the last events are missing: {last} to {last}, not sealed yet"]


async def test_a_tail_cut_off_with_its_seal_is_found_by_an_exported_seal(sealed: TestTeam, tmp_path: Path) -> None:
    copy = tmp_path / "seals.jsonl"
    inspect(sealed, lambda reader: seal_files.write(copy, "default", seal_rows(reader)))
    first, second = (await sealed.owner.call("get_audit_seals")).seals
    tamper(
        sealed,
        f"DELETE FROM events WHERE id > {first.last_id}",
        "DELETE FROM audit_seals WHERE number = 2",
        f"UPDATE sqlite_sequence SET seq = {first.last_id} WHERE name = 'events'",
    )
    assert await found(sealed) == []  # from within, it is a shorter log and as good as any
    assert [item.detail for item in verify(sealed, copy).findings] == [
        f"seal 2 is missing, and with it events {second.first_id} to {second.last_id}"
    ]


async def test_a_log_that_was_sealed_anew_is_found_by_an_exported_seal(sealed: TestTeam, tmp_path: Path) -> None:
    copy = tmp_path / "seals.jsonl"
    inspect(sealed, lambda reader: seal_files.write(copy, "default", seal_rows(reader)))
    event = await first_of(sealed)
    tamper(sealed, f"UPDATE events SET actor = 'bob' WHERE id = {event}", "DELETE FROM audit_seals")
    await sealed.owner.call("seal_events", now=True)
    assert await found(sealed) == []
    details = [item.detail for item in verify(sealed, copy).findings]
    assert "seal 1 is not the one that was exported" in details
    assert f"event {event} was altered (seal 1)" in details


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("UPDATE audit_seals SET hash = replace(hash, substr(hash, 1, 1), 'x') WHERE number = 1", "seal 1 is damaged"),
        ("UPDATE audit_seals SET hash = previous WHERE number = 1", "the hash of seal 1 is not that of its events"),
        ("UPDATE audit_seals SET digests = x'00' WHERE number = 1", "seal 1 is damaged"),
        ("DELETE FROM audit_seals WHERE number = 1", "the seals between 0 and 2 are missing"),
        ("UPDATE audit_seals SET previous = hash WHERE number = 2", "seal 2 does not follow from seal 1"),
        ("UPDATE audit_seals SET last_id = last_id - 1 WHERE number = 1", "seal 2 does not begin where"),
    ],
)
async def test_a_seal_that_was_changed_is_found(sealed: TestTeam, change: str, said: str) -> None:
    tamper(sealed, change)
    assert any(said in detail for detail in await found(sealed))


async def test_sealing_waits_for_a_block_or_an_hour(team: TestTeam, clock: MovedClock) -> None:
    await seal_due(team.team)
    assert (await team.owner.call("get_audit_seals")).total == 0
    clock.advance(minutes=59)
    await seal_due(team.team)
    assert (await team.owner.call("get_audit_seals")).total == 0
    clock.advance(minutes=1)
    await seal_due(team.team)
    assert (await team.owner.call("get_audit_seals")).total == 1
    before = len(await team.events())
    clock.advance(hours=30)
    await seal_due(team.team)
    seals = await team.owner.call("get_audit_seals")
    assert seals.total <= 2  # what happened on the way in is sealed once; a quiet team writes nothing more
    assert len(await team.events()) == before


def verify(team: TestTeam, seals: Path) -> Verification:
    """As the command line does it."""
    check = Check(team.team.folder / "archive", seal_files.read(seals, "default"))

    def walk(reader: Reader) -> Verification:
        while check.step(reader):
            pass
        return check.result(reader)

    return inspect(team, walk)


def inspect(team: TestTeam, look: Callable[[Reader], T]) -> T:
    with closing(sqlite3.connect(database(team))) as connection:
        connection.row_factory = sqlite3.Row
        return look(SqliteTransaction(connection))


def seal_rows(reader: Reader) -> list[sqlite3.Row]:
    return reader.all("SELECT * FROM audit_seals ORDER BY number")


@pytest.mark.parametrize("name", ["events-000000000001-000000000099.jsonl.gz", None])
async def test_sealed_events_do_not_vanish_into_an_archive_that_never_was(sealed: TestTeam, name: str | None) -> None:
    last = (await sealed.owner.call("get_audit_seals")).seals[-1].last_id
    archived = "NULL" if name is None else f"'{name}'"
    tamper(
        sealed,
        f"DELETE FROM events WHERE id <= {last}",
        f"UPDATE audit_seals SET archived_to = {archived}, pruned_at = 1",
    )
    for given in ({}, {"without_archives": True}):
        result = await sealed.owner.call("verify_audit", **given)
        assert not result.ok
        assert "no archive of them was ever made" in result.findings[0].detail
        assert (result.events, result.sealed) == (0, last)
        assert "as it was sealed" not in result.text()


async def test_a_start_and_a_stop_seal_all_there_is(sealed: TestTeam) -> None:
    for hook in ("team_opened", "team_closed"):
        await sealed.owner.call("send_message", channel="general", content=hook)
        await sealed.server.plugins.notify(hook, team=sealed.team)
        assert (await sealed.owner.call("verify_audit")).unsealed == 0
    count = len((await sealed.owner.call("get_audit_seals")).seals)
    await sealed.server.plugins.notify("team_opened", team=sealed.team)
    assert len((await sealed.owner.call("get_audit_seals")).seals) == count, "nothing new is nothing to seal"


async def test_what_the_disk_no_longer_gives_is_named_and_the_rest_is_checked(
    sealed: TestTeam, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = verifying.stored_events

    def damaged(reader: object, first: int, last: int) -> object:
        if first == 1:
            raise sqlite3.DatabaseError("database disk image is malformed")
        return whole(reader, first, last)

    monkeypatch.setattr(verifying, "stored_events", damaged)
    last = (await sealed.team.database.read(lambda reader: verifying.queries.seals(reader, 0, 1)))[0]["last_id"]
    assert await found(sealed) == [f"events 1 to {last} cannot be read: database disk image is malformed"]
    for name in ("count", "seals"):
        with monkeypatch.context() as patch:
            patch.setattr(verifying.queries, name, lambda *_: damaged(None, 1, 1))
            answer = await sealed.owner.http.get("/api/audit/verify")
            assert (answer.status_code, answer.json()["ok"]) == (200, False), name
