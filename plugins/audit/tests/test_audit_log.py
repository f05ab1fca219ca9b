"""The change log: filters, paging, what is hidden, export."""

from __future__ import annotations

import csv
import io
import json
import os
from typing import Any

import pytest
from teammcp_audit.changelog.exports import clear_exports
from teammcp_audit.places import export_folder

from teammcp import Forbidden, InvalidInput
from teammcp.testing import Member, MovedClock, TestTeam


async def log(member: Member, **filters: Any) -> list[Any]:
    return list((await member.call("get_changelog", **filters)).entries)


async def kinds(member: Member, **filters: Any) -> list[str]:
    return [entry.kind for entry in await log(member, **filters)]


@pytest.fixture
async def ann(team: TestTeam, clock: MovedClock) -> Member:
    ann = await team.agent("ann")
    clock.advance(hours=1)
    await ann.call("set_state", project_id="apollo", field="phase", value="plan", surface="mcp")
    await ann.call("set_state", project_id="apollo", field="phase", value="build")
    await ann.call("set_state", project_id="apollo2", field="phase", value="plan")
    clock.advance(hours=1)
    await ann.call("send_message", channel="general", content='a "quoted" word: 部署完成')
    return ann


async def test_the_newest_comes_first_with_what_it_changed(team: TestTeam, ann: Member) -> None:
    [newest, _, second, first] = await log(team.owner, actor="ann", limit=4)
    assert newest.kind == "message.sent"
    assert (first.surface, second.surface) == ("mcp", "rest")
    assert (second.subject, second.data["old_value"], second.data["value"]) == ("apollo/phase", "plan", "build")


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"kind": "state.*"}, ["apollo2/phase", "apollo/phase", "apollo/phase"]),
        ({"kind": "state.changed", "actor": "ann", "limit": 1}, ["apollo2/phase"]),
        ({"kind": "*.sen?"}, ["1"]),
        ({"kind": "state._hanged"}, []),
        ({"project_id": "apollo"}, ["apollo/phase", "apollo/phase"]),
        ({"project_id": "apollo", "field": "phase"}, ["apollo/phase", "apollo/phase"]),
        ({"project_id": "apollo", "kind": "state.deleted"}, []),
        ({"subject": "apollo2/phase"}, ["apollo2/phase"]),
        ({"channel": "general", "kind": "message.*"}, ["1"]),
        ({"text": "BUILD"}, ["apollo/phase"]),
        ({"text": '"quoted"'}, ["1"]),
        ({"text": "部署"}, ["1"]),
        ({"text": "100%"}, []),
        ({"since": "2026-01-01T13:30:00Z"}, ["1"]),
        (
            {"since": "2026-01-01T13:00:00Z", "until": "2026-01-01T14:00:00Z", "kind": "*.changed", "limit": 2},
            ["apollo2/phase", "apollo/phase"],
        ),
    ],
)
async def test_filters(team: TestTeam, ann: Member, filters: dict[str, Any], found: list[str]) -> None:
    assert [entry.subject for entry in await log(team.owner, **filters)] == found


async def test_what_came_from_one_surface(team: TestTeam, ann: Member) -> None:
    answer = await team.owner.http.get("/api/audit/changelog", params={"surface": "mcp"})
    assert [entry["subject"] for entry in answer.json()["entries"]] == ["apollo/phase"]


async def test_pages_lead_from_one_to_the_next_without_gaps(team: TestTeam, ann: Member) -> None:
    for number in range(12):
        await ann.call("send_message", channel="general", content=f"number {number}")
    for filters in ({}, {"actor": "ann"}, {"text": "number"}, {"kind": "message.*"}):
        everything = [entry.id for entry in await log(team.owner, limit=200, **filters)]
        found: list[int] = []
        before = None
        while page := await team.owner.call(
            "get_changelog", limit=5, **filters, **({} if before is None else {"before": before})
        ):
            found += [entry.id for entry in page.entries]
            before = page.next
            if before is None:
                break
        assert found == everything
        assert len(everything) >= 12


async def test_a_search_without_a_find_says_where_to_go_on(
    team: TestTeam, ann: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("teammcp_audit.changelog.entries.WINDOW", 1)
    monkeypatch.setattr("teammcp_audit.changelog.entries.LOOKED_AT", 1)
    first = await team.owner.call("get_changelog", text="plan")
    assert first.entries == []
    assert first.next is not None
    second = await team.owner.call("get_changelog", text="plan", before=first.next)
    assert [entry.subject for entry in second.entries] == ["apollo2/phase"]


@pytest.mark.parametrize("written", ["Überlingen", "ПРИВЕТ мир", "Straße 9", "Οδός", "50% of _it_", 'a "quote" \\ Ä'])
async def test_a_text_is_found_whatever_its_case(team: TestTeam, written: str) -> None:
    await team.owner.call("create_task", title=f"say {written} twice")
    await team.owner.call("create_task", title="something else, 9 of it, and a b")
    for asked in (written, written.upper(), written.lower(), written.casefold()):
        found = await log(team.owner, text=asked)
        assert [(entry.kind, entry.subject) for entry in found] == [("task.created", "1")], asked


async def test_filters_that_exclude_each_other_are_refused(team: TestTeam) -> None:
    for filters in ({"field": "x"}, {"project_id": "p", "subject": "s"}, {"kind": "No Kind"}, {"since": "soon"}):
        with pytest.raises(InvalidInput):
            await team.owner.call("get_changelog", **filters)
    with pytest.raises(InvalidInput, match="such as 2026-01-31"):
        await team.owner.call("get_changelog", since="soon")


async def test_what_is_private_is_shown_without_its_data_and_cannot_be_searched(team: TestTeam, ann: Member) -> None:
    bob, boss = await team.agent("bob"), await team.agent("boss", access="manager")
    await ann.call("send_dm", recipient="bob", content="the password is swordfish")
    await ann.call("create_channel", id="secret", type="topic", members=["bob"])
    await bob.call("send_message", channel="secret", content="swordfish again")
    for looker in (boss, team.owner):
        entries = [entry for entry in await log(looker, kind="message.sent") if entry.channel != "general"]
        assert [(entry.actor, entry.hidden, entry.data) for entry in entries] == [
            ("bob", True, None),
            ("ann", True, None),
        ]
        assert await log(looker, text="swordfish") == []
        for format in ("csv", "jsonl"):
            file = await looker.call("export_changelog", format=format)
            assert b"swordfish" not in b"".join([part async for part in file.open(0)])
    await ann.call("add_channel_member", channel="secret", agent_name="boss")
    assert [entry.channel for entry in await log(boss, text="swordfish")] == ["secret"]


async def test_only_managers_may_look(team: TestTeam, ann: Member) -> None:
    for operation in ("get_changelog", "export_changelog", "get_audit_seals", "verify_audit"):
        with pytest.raises(Forbidden):
            await ann.call(operation)


async def test_export_as_json_lines(team: TestTeam, ann: Member) -> None:
    answer = await team.owner.http.get("/api/audit/changelog/export", params={"kind": "state.*"})
    assert answer.headers["content-disposition"].startswith('attachment; filename="changelog-default.jsonl"')
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert [(line["subject"], line["data"]["value"]) for line in lines] == [
        ("apollo2/phase", "plan"),
        ("apollo/phase", "build"),
        ("apollo/phase", "plan"),
    ]


async def test_export_as_csv_that_no_spreadsheet_runs(team: TestTeam, ann: Member) -> None:
    await ann.call("set_state", field="-x", value=1, project_id="-p")
    answer = await team.owner.http.get("/api/audit/changelog/export", params={"format": "csv", "kind": "state.*"})
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert len(rows) == 4
    assert rows[0]["subject"] == "'-p/-x"
    assert json.loads(rows[1]["data"])["value"] == "plan"


async def test_exports_are_cleared_away(team: TestTeam, ann: Member, clock: MovedClock) -> None:
    await team.owner.call("export_changelog")
    folder = export_folder(team.team)
    await clear_exports(team.team)
    assert len(os.listdir(folder)) == 1
    clock.advance(minutes=61)
    await clear_exports(team.team)
    assert os.listdir(folder) == []


async def test_who_is_looked_for_may_be_written_in_any_way(team: TestTeam) -> None:
    ann = await team.agent("Ann")
    await ann.call("create_channel", id="plans")
    for actor in ("Ann", "ann", "@ANN"):
        assert {each.actor for each in (await team.owner.call("get_changelog", actor=actor)).entries} == {"Ann"}
    for channel in ("plans", "#Plans"):
        assert (await team.owner.call("get_changelog", channel=channel)).entries
    assert (await team.owner.call("get_changelog", actor="nobody")).entries == []
