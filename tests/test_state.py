"""Shared state: values, versions, deletion, history, projects, several fields at once."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from teammcp import Conflict, InvalidInput, NotFound
from teammcp.testing import Member, MovedClock, TestTeam


@pytest.fixture
async def alice(team: TestTeam) -> Member:
    return await team.agent("alice")


@pytest.fixture
async def bob(team: TestTeam) -> Member:
    return await team.agent("bob")


async def value(member: Member, field: str, project_id: str = "default") -> Any:
    """What a field holds, with its version; None if there is no such field."""
    found = (await member.call("get_state", field=field, project_id=project_id)).root
    return None if found is None else (found.value, found.version)


# -- values ----------------------------------------------------------------------------------------------------------


async def test_what_is_set_is_there_for_all(alice: Member, bob: Member) -> None:
    written = await alice.call("set_state", field="phase", value={"name": "plan", "done": [1, 2.5, None, "é"]})
    assert (written.version, written.created) == (1, True)
    found = (await bob.call("get_state", field="phase")).root
    assert found.value == {"name": "plan", "done": [1, 2.5, None, "é"]}
    assert (found.project_id, found.owner, found.updated_by, found.version) == ("default", "alice", "alice", 1)
    assert (found.approver, found.approval_required, found.subscribers) == (None, False, [])


@pytest.mark.parametrize("kept", [None, True, 0, -1.5, "", "null", [], {}, {"a": {"b": [None]}}, 2**70])
async def test_any_json_is_kept_as_it_is(alice: Member, kept: Any) -> None:
    await alice.call("set_state", field="f", value=kept)
    answer = await alice.http.get("/api/state", params={"field": "f"})
    assert json.loads(answer.text, parse_int=int)["value"] == kept
    assert await value(alice, "f") == (kept, 1)


async def test_null_is_a_value_and_no_field_is_null(alice: Member) -> None:
    await alice.call("set_state", field="empty", value=None)
    assert (await alice.call("get_state", field="empty")).root.version == 1
    assert (await alice.http.get("/api/state", params={"field": "none"})).json() is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"value": "x" * 65_535},  # the quotation marks count
        {"value": float("nan")},
        {"value": "\ud800"},
        {"value": json.loads("[" * 17 + "]" * 17)},
        {"value": {1, 2}},
        {"value": 10**5000},
        {"value": 1, "field": ""},
        {"value": 1, "field": "a b"},
        {"value": 1, "field": ".."},
        {"value": 1, "field": "a\n"},
        {"value": 1, "field": "phäse"},
        {"value": 1, "field": "f" * 257},
        {"value": 1, "project_id": "a/b"},
        {"value": 1, "reason": "r" * 2001},
        {"value": 1, "expected_version": -1},
        {"value": 1, "owner": ""},
        {"value": 1, "subscribers": ["alice"] * 101},
    ],
)
async def test_what_is_no_field_is_refused(alice: Member, wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        await alice.call("set_state", **{"field": "f", **wrong})
    assert (await alice.call("get_state")).root.total == 0


async def test_what_just_fits_is_kept(alice: Member) -> None:
    largest, deepest = "x" * 65_534, json.loads("[" * 16 + "]" * 16)
    await alice.call("set_state", field=".A.b:c-1_2", value=largest, project_id="p" * 256)
    assert await value(alice, ".A.b:c-1_2", "p" * 256) == (largest, 1)
    await alice.call("set_state", field="f" * 256, value=deepest)
    assert await value(alice, "f" * 256) == (deepest, 1)


async def test_unknown_members_are_not_made_owners(alice: Member) -> None:
    for name in ({"owner": "nobody"}, {"approver": "nobody"}, {"subscribers": ["nobody"]}):
        with pytest.raises(NotFound, match=next(iter(name))):
            await alice.call("set_state", field="f", value=1, **name)


# -- versions --------------------------------------------------------------------------------------------------------


async def test_each_write_is_a_version_and_an_old_one_is_a_conflict(alice: Member, bob: Member, team: TestTeam) -> None:
    for expected in range(3):
        assert (await alice.call("set_state", field="n", value=expected, expected_version=expected)).version == (
            expected + 1
        )
    await team.owner.call("set_state", field="n", value={"by": "owner"})
    with pytest.raises(Conflict) as conflict:
        await alice.call("set_state", field="n", value=9, expected_version=3)
    assert conflict.value.code == "version_conflict"
    assert conflict.value.data == {
        "expected_version": 3,
        "current_version": 4,
        "current_value": {"by": "owner"},
        "current_writer": "owner",
    }
    assert await value(bob, "n") == ({"by": "owner"}, 4)


async def test_zero_makes_only_what_is_not_there(alice: Member) -> None:
    await alice.call("set_state", field="n", value=1, expected_version=0)
    with pytest.raises(Conflict) as conflict:
        await alice.call("set_state", field="n", value=2, expected_version=0)
    assert conflict.value.data["current_version"] == 1
    with pytest.raises(Conflict) as conflict:
        await alice.call("set_state", field="other", value=2, expected_version=1)
    assert conflict.value.data["current_version"] == 0


async def test_of_many_writers_of_one_version_one_wins(team: TestTeam, alice: Member) -> None:
    await alice.call("set_state", field="n", value="first")
    writes = [alice.call("set_state", field="n", value=number, expected_version=1) for number in range(30)]
    outcomes = await asyncio.gather(*writes, return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Conflict"] * 29 + ["StateWritten"]
    assert len(await team.events("state.changed")) == 2


async def test_a_deleted_field_made_again_goes_on_counting(alice: Member, bob: Member) -> None:
    await alice.call("set_state", field="lock", value="alice")
    deleted = await alice.call("delete_state", field="lock", expected_version=1, reason="done")
    assert (deleted.version, deleted.deleted) == (2, True)
    assert await value(bob, "lock") is None
    assert (await bob.call("get_state")).root.total == 0
    with pytest.raises(Conflict) as conflict:
        await bob.call("set_state", field="lock", value="bob", expected_version=2)
    assert conflict.value.data["current_version"] == 0
    made = await bob.call("set_state", field="lock", value="bob", expected_version=0)
    assert (made.version, made.created) == (3, True)
    assert (await alice.call("get_state", field="lock")).root.owner == "bob"


async def test_what_is_not_there_is_not_deleted(alice: Member) -> None:
    with pytest.raises(NotFound):
        await alice.call("delete_state", field="f")
    await alice.call("set_state", field="f", value=1)
    with pytest.raises(Conflict):
        await alice.call("delete_state", field="f", expected_version=7)
    await alice.call("delete_state", field="f")
    with pytest.raises(NotFound):
        await alice.call("delete_state", field="f")


# -- several at once -------------------------------------------------------------------------------------------------


async def test_several_fields_are_set_at_once(alice: Member, team: TestTeam) -> None:
    await alice.call("set_state", field="a", value=1)
    conclusions = [{"field": "a", "value": 2, "expected_version": 1, "reason": "agreed"}, {"field": "b", "value": None}]
    done = await alice.call("conclude_state", conclusions=conclusions)
    assert [(item.field, item.version, item.created) for item in done.fields] == [("a", 2, False), ("b", 1, True)]
    assert [event.data["field"] for event in await team.events("state.changed")] == ["a", "a", "b"]


async def test_if_one_cannot_be_set_none_is(alice: Member, bob: Member, team: TestTeam) -> None:
    await bob.call("set_state", field="his", value=1)
    for last, error in (({"field": "his"}, "not_owner"), ({"field": "new", "expected_version": 3}, "version_conflict")):
        answer = await alice.http.post(
            "/api/state/conclude",
            json={"conclusions": [{"field": "mine", "value": 1}, {"value": 2, **last}]},
        )
        problem = answer.json()
        assert (problem["error"], problem["failed_field"]) == (error, last["field"])
    assert await value(alice, "mine") is None
    assert [event.data["field"] for event in await team.events("state.changed")] == ["his"]


async def test_a_field_is_concluded_once(alice: Member) -> None:
    with pytest.raises(InvalidInput, match="'a' is there more than once"):
        await alice.call("conclude_state", conclusions=[{"field": "a", "value": 1}, {"field": "a", "value": 2}])


# -- history, projects, REST -----------------------------------------------------------------------------------------


async def test_history_keeps_everything(alice: Member, bob: Member, clock: MovedClock) -> None:
    await alice.call("set_state", field="f", value=1, reason="begin")
    clock.advance(minutes=1)
    await alice.call("set_state", field="f", value=[2], owner="bob")
    await bob.call("set_state", field="g", value="other")
    await bob.call("delete_state", field="f", reason="no longer needed")
    await alice.call("set_state", field="f", value=3)
    entries = (await alice.call("get_state_history", field="f")).root
    assert [(entry.version, entry.action, entry.old_value, entry.value) for entry in entries] == [
        (4, "created", None, 3),
        (3, "deleted", [2], None),
        (2, "changed", 1, [2]),
        (1, "created", None, 1),
    ]
    assert [(entry.changed_by, entry.owner, entry.reason) for entry in entries] == [
        ("alice", "alice", ""),
        ("bob", "bob", "no longer needed"),
        ("alice", "bob", ""),
        ("alice", "alice", "begin"),
    ]
    assert entries[-1].changed_at == clock.now() - 60_000
    everything = (await alice.call("get_state_history")).root
    assert [entry.field for entry in everything] == ["f", "f", "g", "f", "f"]


@pytest.mark.parametrize("field", ["f", None])
async def test_history_is_turned_page_by_page(alice: Member, field: str | None) -> None:
    for number in range(7):
        await alice.call("set_state", field="f", value=number)
    await alice.call("set_state", field="f", value="elsewhere", project_id="other")
    which: dict[str, Any] = {"limit": 3} if field is None else {"limit": 3, "field": field}
    seen: list[Any] = []
    while page := (await alice.call("get_state_history", **which)).root:
        seen += [entry.value for entry in page]
        which["before"] = page[-1].id
    assert seen == [6, 5, 4, 3, 2, 1, 0]
    assert (await alice.call("get_state_history", field="unknown")).root == []


async def test_projects_count_their_fields(alice: Member, clock: MovedClock) -> None:
    for project, count in (("a", 3), ("b", 1), ("c", 2)):
        for number in range(count):
            await alice.call("set_state", field=f"f{number}", value=number, project_id=project)
    clock.advance(minutes=1)
    await alice.call("delete_state", field="f0", project_id="a")
    await alice.call("delete_state", field="f0", project_id="b")
    found = await alice.call("list_state_projects", limit=1)
    assert [(project.project_id, project.fields) for project in found.projects] == [("a", 2)]
    assert (found.projects[0].updated_at, found.projects[0].updated_by) == (clock.now(), "alice")
    rest = await alice.call("list_state_projects", after=found.next)
    assert [(project.project_id, project.fields) for project in rest.projects] == [("c", 2)]
    assert rest.next is None


async def test_a_project_is_read_page_by_page(alice: Member) -> None:
    for name in ("b", "c", "a"):
        await alice.call("set_state", field=name, value=name.upper())
    page = (await alice.call("get_state", limit=2, offset=1)).root
    assert [(item.field, item.value) for item in page.items] == [("b", "B"), ("c", "C")]
    assert (page.total, page.limit, page.offset) == (3, 2, 1)


async def test_rest_has_the_shapes_it_should(alice: Member) -> None:
    made = await alice.http.post("/api/state", json={"project_id": "p", "field": "f", "value": {"a": [1, 2]}})
    assert made.status_code == 200
    assert made.json() == {
        "success": True,
        "project_id": "p",
        "field": "f",
        "version": 1,
        "created": True,
        "deleted": False,
    }
    one = (await alice.http.get("/api/state", params={"project_id": "p", "field": "f"})).json()
    assert (one["value"], one["updated_at"], one["subscribers"]) == ({"a": [1, 2]}, "2026-01-01T12:00:00.000Z", [])
    listed = (await alice.http.get("/api/state", params={"project_id": "p"})).json()
    assert (listed["items"], listed["total"], listed["limit"], listed["offset"]) == ([one], 1, 100, 0)
    conflict = await alice.http.post(
        "/api/state", json={"project_id": "p", "field": "f", "value": 1, "expected_version": 0}
    )
    assert conflict.status_code == 409
    assert conflict.json()["current_value"] == {"a": [1, 2]}
    history = (await alice.http.get("/api/state/history", params={"project_id": "p"})).json()
    assert [entry["version"] for entry in history] == [1]
    gone = await alice.http.delete("/api/state", params={"project_id": "p", "field": "f", "expected_version": "1"})
    assert gone.json()["deleted"]
    assert (await alice.http.get("/api/state/projects")).json() == {"projects": [], "next": None}


async def test_tools_answer_in_few_words(alice: Member) -> None:
    async with alice.mcp() as client:
        made = await client.call_tool("set_state", {"field": "plan", "value": {"step": 1}})
        assert made.content[0].text == "plan created: version 1"  # type: ignore[union-attr]
        one = await client.call_tool("get_state", {"field": "plan"})
        said = 'default.plan = {"step": 1} (version 1 by alice, 2026-01-01T12:00; owner alice)'
        assert one.content[0].text.splitlines()[1:-1] == [said]  # type: ignore[union-attr]
        assert one.structured_content["result"]["value"] == {"step": 1}
        none = await client.call_tool("get_state", {"field": "none"})
        assert none.structured_content == {"result": None}
        history = await client.call_tool("get_state_history", {})
        assert '1 plan = {"step": 1} (version 1 by alice, 2026-01-01T12:00)' in history.content[0].text  # type: ignore[union-attr]


async def test_events_tell_what_changed_but_not_at_any_length(alice: Member, team: TestTeam) -> None:
    await alice.call("set_state", field="f", value="x" * 5000)
    await alice.call("set_state", field="f", value=2, reason="shorter")
    await alice.call("delete_state", field="f")
    long, short, gone = await team.events("state.changed", "state.deleted")
    assert (long.data["value"], long.data["value_omitted"], long.data["old_value"]) == (None, True, None)
    assert (short.data["value"], short.data["old_value"], short.data["old_value_omitted"]) == (2, None, True)
    assert (short.subject, short.data["version"], short.data["reason"]) == ("default/f", 2, "shorter")
    assert (gone.kind, gone.data["old_value"], gone.data["version"]) == ("state.deleted", 2, 3)
    assert {event.channel or event.agents for event in (long, short, gone)} == {None}
    assert len(long.json) < 1000


async def test_a_repeated_call_is_carried_out_once(alice: Member) -> None:
    first = await alice.call("set_state", field="f", value=1, idem_key="k")
    again = await alice.call("set_state", field="f", value=1, idem_key="k")
    assert (first.version, again.version) == (1, 1)
    assert await value(alice, "f") == (1, 1)
