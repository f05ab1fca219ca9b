"""The team's memory: values, versions, conflicts, deleting, lists, history."""

from __future__ import annotations

import asyncio
import json
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from teammcp import Forbidden, InvalidInput
from teammcp.testing import Member, TestTeam

in_one_team = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30)


@pytest.fixture
async def alice(team: TestTeam) -> Member:
    return await team.agent("alice")


@pytest.fixture
async def bob(team: TestTeam) -> Member:
    return await team.agent("bob")


async def test_what_is_kept_is_there_for_all(alice: Member, bob: Member) -> None:
    written = await alice.call("set_memory", key="deploy steps", value={"do": [1, None, "é"]})
    assert (written.ok, written.version, written.created, written.conflict) == (True, 1, True, False)
    found = await bob.call("get_memory", key="deploy steps")
    assert (found.found, found.value, found.version, found.writer) == (True, {"do": [1, None, "é"]}, 1, "alice")


@pytest.mark.parametrize("kept", [None, True, 0, -1.5, "", "null", [], {}, 2**70])
async def test_any_json_is_kept_as_it_is(alice: Member, kept: Any) -> None:
    await alice.call("set_memory", key="k", value=kept)
    answer = await alice.http.get("/api/memory/keys/k")
    body = json.loads(answer.text, parse_int=int)
    assert (body["value"], body["found"]) == (kept, True)


@pytest.mark.parametrize(
    "wrong",
    [
        {"value": "x" * 65_535},
        {"value": float("nan")},
        {"key": ""},
        {"key": "  "},
        {"key": "a\nb"},
        {"key": "a/b"},
        {"key": "k" * 257},
        {"namespace": "a/b"},
        {"namespace": ".."},
        {"namespace": "x" * 65},
        {"key": "."},
        {"key": ".."},
        {"namespace": ""},
        {"expected_version": -1},
    ],
)
async def test_what_is_no_entry_is_refused(alice: Member, wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as caught:
        await alice.call("set_memory", **{"key": "k", "value": 1, **wrong})
    assert next(iter(wrong)) in caught.value.detail


async def test_what_is_not_there_is_not_found(alice: Member) -> None:
    found = await alice.call("get_memory", key="none")
    assert (found.found, found.value, found.version) == (False, None, 0)
    assert (await alice.call("get_memory_history", key="none")).versions == []


async def test_a_conflict_says_what_is_there_and_writes_nothing(alice: Member, bob: Member) -> None:
    await alice.call("set_memory", key="k", value="first", expected_version=0)
    lost = await bob.call("set_memory", key="k", value="mine", expected_version=0)
    assert (lost.ok, lost.conflict, lost.version) == (False, True, None)
    assert (lost.current_version, lost.current_value, lost.current_writer) == (1, "first", "alice")
    assert (await alice.call("get_memory", key="k")).value == "first"
    won = await bob.call("set_memory", key="k", value="mine", expected_version=1)
    assert (won.ok, won.version, won.created) == (True, 2, False)
    none = await bob.call("set_memory", key="new", value=1, expected_version=3)
    assert (none.conflict, none.current_version, none.current_value) == (True, 0, None)
    assert "version 0" in none.text()


async def test_of_many_at_once_one_wins(alice: Member) -> None:
    await alice.call("set_memory", key="count", value=0)
    answers = await asyncio.gather(
        *(alice.call("set_memory", key="count", value=number, expected_version=1) for number in range(20))
    )
    assert sorted(answer.ok for answer in answers) == [False] * 19 + [True]
    assert (await alice.call("get_memory", key="count")).version == 2


async def test_deleting_keeps_history_and_counts_on(team: TestTeam, alice: Member) -> None:
    await alice.call("set_memory", key="k", value=1)
    assert (await alice.call("delete_memory", key="k", expected_version=4)).conflict is True
    gone = await alice.call("delete_memory", key="k", expected_version=1)
    assert (gone.ok, gone.deleted, gone.version) == (True, True, 2)
    again = await alice.call("delete_memory", key="k")
    assert (again.ok, again.deleted, again.version) == (True, False, None)
    found = await alice.call("get_memory", key="k")
    assert (found.found, found.value, found.version) == (False, None, 2)
    made = await alice.call("set_memory", key="k", value=2, expected_version=0)
    assert (made.version, made.created) == (3, True)
    history = (await alice.call("get_memory_history", key="k")).versions
    assert [(each.version, each.action, each.value) for each in history] == [
        (3, "set", 2),
        (2, "deleted", None),
        (1, "set", 1),
    ]
    assert [event.kind for event in await team.events("memory.set", "memory.deleted")] == [
        "memory.set",
        "memory.deleted",
        "memory.set",
    ]


async def test_history_comes_in_pages(alice: Member) -> None:
    for number in range(5):
        await alice.call("set_memory", key="k", value=number)
    page = (await alice.call("get_memory_history", key="k", limit=2)).versions
    rest = (await alice.call("get_memory_history", key="k", before=page[-1].version)).versions
    assert [each.value for each in [*page, *rest]] == [4, 3, 2, 1, 0]


async def test_one_clock_counts_the_writes_of_all_keys(alice: Member, bob: Member) -> None:
    clocks = [
        (await alice.call("set_memory", key="a", value=1)).lclock,
        (await bob.call("set_memory", key="b", value=1, namespace="other")).lclock,
        (await alice.call("delete_memory", key="a")).lclock,
        (await bob.call("set_memory", key="a", value=1)).lclock,
    ]
    assert clocks == [1, 2, 3, 4]
    assert (await bob.call("set_memory", key="a", value=1, expected_version=1)).lclock is None
    assert (await bob.call("get_memory", key="b", namespace="other")).lclock == 2


async def test_a_namespace_is_called_as_one_likes(alice: Member) -> None:
    for name in ("运维", "odd name?&#% <b>", "a.b:c-d", "..."):
        await alice.call("set_memory", key="k", value=name, namespace=name)
        answer = await alice.http.get("/api/memory/keys/k", params={"namespace": name})
        assert answer.json()["value"] == name


async def test_namespaces_are_apart(alice: Member) -> None:
    await alice.call("set_memory", key="k", value="main")
    await alice.call("set_memory", key="k", value="other", namespace="other")
    assert (await alice.call("get_memory", key="k")).value == "main"
    assert (await alice.call("get_memory", key="k", namespace="other")).value == "other"
    listed = (await alice.call("list_memory_namespaces")).namespaces
    assert [(each.namespace, each.keys) for each in listed] == [("default", 1), ("other", 1)]
    await alice.call("delete_memory", key="k", namespace="other")
    assert [each.namespace for each in (await alice.call("list_memory_namespaces")).namespaces] == ["default"]


async def test_keys_are_listed_by_prefix_and_in_pages(alice: Member) -> None:
    for key in ("b", "a:2", "a:1", "a", "数据:一", "a:10"):
        await alice.call("set_memory", key=key, value=key)
    listed = await alice.call("list_memory")
    assert [entry.key for entry in listed.entries] == ["a", "a:1", "a:10", "a:2", "b", "数据:一"]
    assert (listed.total, listed.next) == (6, None)
    assert [entry.key for entry in (await alice.call("list_memory", prefix="a:")).entries] == ["a:1", "a:10", "a:2"]
    assert (await alice.call("list_memory", prefix="a")).entries[0].key == "a"
    assert [entry.key for entry in (await alice.call("list_memory", prefix="数")).entries] == ["数据:一"]
    first = await alice.call("list_memory", prefix="a", limit=2)
    second = await alice.call("list_memory", prefix="a", limit=2, after=first.next)
    assert [entry.key for entry in [*first.entries, *second.entries]] == ["a", "a:1", "a:10", "a:2"]
    assert second.next is None


async def test_values_come_on_request_and_long_ones_not(alice: Member) -> None:
    await alice.call("set_memory", key="long", value="x" * 5000)
    await alice.call("set_memory", key="short", value=[1])
    assert all(entry.value_omitted for entry in (await alice.call("list_memory")).entries)
    long, short = (await alice.call("list_memory", values=True)).entries
    assert (long.value, long.value_omitted, long.bytes) == (None, True, 5002)
    assert (short.value, short.value_omitted) == ([1], False)


async def test_an_observer_only_reads(team: TestTeam, alice: Member) -> None:
    guest = await team.agent("guest", access="observer")
    await alice.call("set_memory", key="k", value=1)
    assert (await guest.call("get_memory", key="k")).value == 1
    for operation, arguments in (("set_memory", {"key": "k", "value": 2}), ("delete_memory", {"key": "k"})):
        with pytest.raises(Forbidden):
            await guest.call(operation, **arguments)


EXPECTED = st.sampled_from([None, 0, 1, 2, 3])
WRITES = st.lists(
    st.tuples(st.sampled_from(["set", "delete"]), st.sampled_from("ab"), EXPECTED, st.integers(0, 9)), max_size=12
)
NUMBERS = count()
"""Each run has a namespace of its own, since they share a team."""


@in_one_team
@given(writes=WRITES)
async def test_versions_never_repeat_and_no_write_is_lost(
    alice: Member, writes: list[tuple[str, str, int | None, int]]
) -> None:
    """A model of the memory, and the memory, side by side."""
    space = f"run-{next(NUMBERS)}"
    values: dict[str, Any] = {}
    versions: dict[str, list[int]] = {"a": [], "b": []}
    last_clock = 0
    for what, key, expected, value in writes:
        there = key in values
        current = versions[key][-1] if there else 0
        arguments = {"key": key, "namespace": space, "expected_version": expected}
        arguments = {name: given for name, given in arguments.items() if given is not None}
        if what == "set":
            arguments["value"] = value
        answer = await alice.call(f"{what}_memory", **arguments)
        if expected is not None and expected != current:
            assert (answer.conflict, answer.current_version, answer.current_value) == (True, current, values.get(key))
        elif what == "delete" and not there:
            assert (answer.ok, answer.version) == (True, None)
        else:
            before = versions[key][-1] if versions[key] else 0
            assert answer.version == before + 1
            assert answer.lclock > last_clock
            versions[key].append(answer.version)
            last_clock = answer.lclock
            values.pop(key, None)
            if what == "set":
                values[key] = value
    entries = (await alice.call("list_memory", namespace=space, values=True)).entries
    assert {entry.key: entry.value for entry in entries} == values
    for key, made in versions.items():
        history = (await alice.call("get_memory_history", key=key, namespace=space)).versions
        assert [each.version for each in history] == made[::-1]
    for key in values:
        await alice.call("delete_memory", key=key, namespace=space)
