"""Retention: old events go to an archive, the chain stays whole, and nothing is lost on the way."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from teammcp_audit.retention.operations import retain_events
from teammcp_audit.seals.operations import seal_due

from teammcp import Conflict
from teammcp.testing import MovedClock, TestTeam

pytestmark = pytest.mark.teammcp(plugins={"audit": {"keep_days": 2}})


@pytest.fixture
async def old(team: TestTeam, clock: MovedClock, monkeypatch: pytest.MonkeyPatch) -> TestTeam:
    """A team with two sealed blocks, one of which is old enough for the archive."""
    monkeypatch.setattr("teammcp_audit.retention.operations.KEPT_EVENTS", 3)
    ann = await team.agent("ann")
    for number in range(5):
        await ann.call("send_message", channel="general", content=f"old {number} \u2028 行")
    clock.advance(hours=2)
    await seal_due(team.team)
    clock.advance(days=3)
    for number in range(5):
        await ann.call("send_message", channel="general", content=f"new {number}")
    clock.advance(hours=2)
    await seal_due(team.team)
    return team


def archives(team: TestTeam) -> list[Path]:
    return sorted((team.team.folder / "archive").glob("*"))


async def test_old_events_leave_the_log_for_the_archive_and_the_chain_stays_whole(old: TestTeam) -> None:
    before = await old.events()
    first, second = (await old.owner.call("get_audit_seals")).seals
    await retain_events(old.team)
    left = await old.events()
    assert left[0].id == first.last_id + 1
    [file] = archives(old)
    lines = [json.loads(line) for line in gzip.decompress(file.read_bytes()).decode().split("\n") if line]
    assert [line["id"] for line in lines] == [event.id for event in before if event.id <= first.last_id]
    assert [json.loads(line["data"]) for line in lines] == [event.data for event in before if event.id <= first.last_id]
    result = await old.owner.call("verify_audit")
    assert (result.ok, result.events, result.not_checked) == (True, second.last_id, [])
    assert (await old.owner.call("get_audit_seals")).seals[0].archived_to == file.name
    assert [event.data["name"] for event in await old.events("audit.archived")] == [file.name]
    assert old.team.hub.pruned == first.last_id  # who would resume from before that is told so
    await retain_events(old.team)
    assert archives(old) == [file]


async def test_an_archive_that_is_not_there_is_a_finding_unless_it_is_kept_elsewhere(old: TestTeam) -> None:
    await retain_events(old.team)
    [file] = archives(old)
    file.unlink()
    result = await old.owner.call("verify_audit")
    assert (result.ok, result.not_checked) == (False, [file.name])
    assert [each.detail for each in result.findings] == [
        f"the archive {file.name} is not there, so its events cannot be checked"
    ]
    assert result.events < result.sealed
    result = await old.owner.call("verify_audit", without_archives=True)
    assert (result.ok, result.not_checked) == (True, [file.name])
    assert result.text().startswith("what was checked is as it was sealed: 2 seals, ")
    assert f"{result.events} of {result.sealed} events checked" in result.text()


@pytest.mark.parametrize("harm", ["change", "drop", "cut", "swap", "column"])
async def test_an_archive_that_was_tampered_with_is_found(old: TestTeam, harm: str) -> None:
    await retain_events(old.team)
    [file] = archives(old)
    lines = gzip.decompress(file.read_bytes()).decode().split("\n")
    if harm == "change":
        lines[3] = lines[3].replace('"actor": "', '"actor": "x')
    if harm == "column":
        lines[3] = lines[3].replace('"at": ', '"bt": ')
    if harm == "drop":
        del lines[3]
    if harm == "swap":
        lines[3], lines[4] = lines[4], lines[3]
    content = gzip.compress("\n".join(lines).encode())
    file.write_bytes(content[:-20] if harm == "cut" else content)
    found = [item.detail for item in (await old.owner.call("verify_audit")).findings]
    expected = {
        "change": ["event 4 was altered (seal 1)"],
        "drop": ["event 4 is missing (seal 1)"],
        "swap": [
            "event 5 is the one that was sealed as 4 (seal 1)",
            "event 4 is the one that was sealed as 5 (seal 1)",
        ],
        "column": [f"the archive {file.name} cannot be read: line 4 is no event"],
        "cut": [f"the archive {file.name} cannot be read: "],
    }
    assert all(said.startswith(start) for said, start in zip(found, expected[harm], strict=True)), found


async def test_events_stay_in_the_log_while_their_archive_is_damaged(old: TestTeam) -> None:
    before = len(await old.events())
    await old.owner.call("archive_events")
    [file] = archives(old)
    content = file.read_bytes()
    file.write_bytes(content[:-1])
    with pytest.raises(Conflict, match="stay in the log"):
        await old.owner.call("prune_events")
    with pytest.raises(Conflict, match="stay in the log"):
        await retain_events(old.team)
    assert len(await old.events()) == before + 1  # the archive is noted
    file.write_bytes(content)
    await retain_events(old.team)
    assert len(await old.events()) < before


async def test_what_was_tampered_with_is_not_archived(old: TestTeam) -> None:
    await old.team.database.write(lambda tx: tx.execute("UPDATE events SET actor = 'eve' WHERE id = 3"))
    with pytest.raises(Conflict, match="seal 1"):
        await old.owner.call("archive_events")
    assert archives(old) == []
    with pytest.raises(Conflict, match="seal 1"):
        await retain_events(old.team)
    assert (await old.events())[0].id == 1


async def test_the_newest_events_stay_however_old_they_are(old: TestTeam, clock: MovedClock) -> None:
    clock.advance(days=300)
    await retain_events(old.team)
    assert len(await old.events("message.sent")) >= 3


async def test_a_new_block_follows_the_chain_after_pruning(old: TestTeam, clock: MovedClock) -> None:
    await retain_events(old.team)
    await old.owner.call("send_message", channel="general", content="later")
    clock.advance(hours=2)
    await seal_due(old.team)
    result = await old.owner.call("verify_audit")
    assert (result.ok, result.seals, result.unsealed) == (True, 3, 0)
