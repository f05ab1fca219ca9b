"""Subscribers of fields: what others change waits in the inbox until it is acknowledged."""

from __future__ import annotations

from typing import Any

import pytest

from teammcp import NotFound
from teammcp.testing import Member, TestTeam


@pytest.fixture
async def alice(team: TestTeam) -> Member:
    """Somebody who has made three fields."""
    alice = await team.agent("alice")
    for field in ("phase", "budget", "lead"):
        await alice.call("set_state", field=field, value="first")
    return alice


@pytest.fixture
async def bob(team: TestTeam, alice: Member) -> Member:
    """Somebody who follows two of them."""
    bob = await team.agent("bob")
    await bob.call("subscribe_state", fields=["phase", "budget"])
    return bob


async def news(member: Member) -> list[dict[str, Any]]:
    """What the member's inbox says about the state."""
    found: list[dict[str, Any]] = (await member.call("get_inbox")).sections.get("state_changes", [])
    return found


async def test_what_others_change_waits_until_it_is_acknowledged(alice: Member, bob: Member) -> None:
    assert await news(bob) == []
    await alice.call("set_state", field="phase", value="build")
    await alice.call("set_state", field="phase", value="review")
    await alice.call("set_state", field="lead", value="not followed")
    (change,) = await news(bob)
    assert change == {
        "project_id": "default",
        "field": "phase",
        "version": 3,
        "changed_by": "alice",
        "changed_at": "2026-01-01T12:00:00.000Z",
        "value": "review",
        "value_omitted": False,
        "deleted": False,
        "changes_missed": 2,
    }
    assert await news(bob) == [change]  # looking at it is not dealing with it
    done = await bob.call("ack_state", items=[{"field": "phase", "version": 3}])
    assert done.acknowledged == 1
    assert await news(bob) == []
    assert await news(alice) == []


async def test_what_changes_meanwhile_is_not_acknowledged_along(alice: Member, bob: Member) -> None:
    await alice.call("set_state", field="phase", value="build")
    (seen,) = await news(bob)
    await alice.call("set_state", field="phase", value="review")
    await bob.call("ack_state", items=[{"field": "phase", "version": seen["version"]}])
    (change,) = await news(bob)
    assert (change["version"], change["changes_missed"]) == (3, 1)
    assert (await bob.call("ack_state", items=[{"field": "phase", "version": 99}])).acknowledged == 1
    await alice.call("set_state", field="phase", value="done")
    assert [change["version"] for change in await news(bob)] == [4]
    assert (await bob.call("ack_state", items=[{"field": "phase", "version": 2}])).acknowledged == 0
    assert [change["version"] for change in await news(bob)] == [4]


async def test_own_changes_are_no_news_and_deal_with_earlier_ones(alice: Member, team: TestTeam) -> None:
    manager = await team.agent("carol", access="manager")
    await manager.call("subscribe_state", fields=["phase"])
    await alice.call("set_state", field="phase", value="build")
    await manager.call("set_state", field="phase", value="review")
    assert await news(manager) == []


async def test_deletion_is_news_and_so_is_a_field_made_again(alice: Member, bob: Member) -> None:
    await alice.call("delete_state", field="budget")
    (gone,) = await news(bob)
    assert (gone["deleted"], gone["value"], gone["version"]) == (True, None, 2)
    await bob.call("ack_state", items=[{"field": "budget", "version": 2}])
    await alice.call("set_state", field="budget", value=10)
    assert [(change["value"], change["deleted"]) for change in await news(bob)] == [(10, False)]


async def test_members_can_be_subscribed_with_a_change(alice: Member, team: TestTeam) -> None:
    carol = await team.agent("carol")
    await alice.call("set_state", field="plan", value={"text": "x" * 600}, subscribers=["alice", "carol"])
    (change,) = await news(carol)
    assert (change["field"], change["value"], change["value_omitted"]) == ("plan", None, True)
    assert (change["version"], change["changes_missed"]) == (1, 1)
    assert await news(alice) == []
    assert (await carol.call("get_state", field="plan")).root.subscribers == ["alice", "carol"]


async def test_subscriptions_end(alice: Member, bob: Member) -> None:
    await alice.call("set_state", field="phase", value="build")
    ended = await bob.call("unsubscribe_state", fields=["phase"])
    assert ended.unsubscribed == ["phase"]
    assert await news(bob) == []
    await alice.call("delete_state", field="budget")
    await bob.call("unsubscribe_state", fields=["budget"])  # also once it is deleted
    assert await news(bob) == []


async def test_to_subscribe_again_loses_nothing(alice: Member, bob: Member, team: TestTeam) -> None:
    await alice.call("set_state", field="phase", value="build")
    await bob.call("subscribe_state", fields=["phase"])
    assert [change["version"] for change in await news(bob)] == [2]
    assert [event.data["fields"] for event in await team.events("state.subscribed")] == [["phase", "budget"]]


async def test_unknown_fields_are_named(bob: Member, alice: Member) -> None:
    await alice.call("delete_state", field="lead")
    calls: list[tuple[str, dict[str, Any], list[str]]] = [
        ("subscribe_state", {"fields": ["phase", "lead", "none"]}, ["lead", "none"]),
        ("unsubscribe_state", {"fields": ["none"]}, ["none"]),
        ("ack_state", {"items": [{"field": "none", "version": 1}]}, ["none"]),
        ("subscribe_state", {"fields": ["phase"], "project_id": "other"}, ["phase"]),
    ]
    for operation, arguments, unknown in calls:
        with pytest.raises(NotFound) as error:
            await bob.call(operation, **arguments)
        assert error.value.data["unknown_fields"] == unknown


async def test_a_tool_result_says_that_something_waits(alice: Member, bob: Member) -> None:
    async with bob.mcp() as client:
        assert "unread" not in (await client.call_tool("get_agents", {})).structured_content
        await alice.call("set_state", field="phase", value="build")
        await alice.call("set_state", field="budget", value=5)
        told = (await client.call_tool("get_agents", {})).structured_content
        assert told["unread"] == {"state": 2}


async def test_an_observer_may_follow_but_not_set(alice: Member, team: TestTeam) -> None:
    watcher = await team.agent("watcher", access="observer")
    await watcher.call("subscribe_state", fields=["phase"])
    await alice.call("set_state", field="phase", value="build")
    assert len(await news(watcher)) == 1
    assert (await watcher.http.post("/api/state", json={"field": "x", "value": 1})).status_code == 403


async def test_there_is_more_news_than_is_shown_at_once(alice: Member, team: TestTeam) -> None:
    carol = await team.agent("carol")
    names = [f"f{number}" for number in range(60)]
    for start in (0, 30):
        conclusions = [{"field": name, "value": 0} for name in names[start : start + 30]]
        await alice.call("conclude_state", conclusions=conclusions)
    await carol.call("subscribe_state", fields=names)
    await alice.call("conclude_state", conclusions=[{"field": name, "value": 1} for name in names])
    seen: list[str] = []
    while changes := await news(carol):
        seen += [change["field"] for change in changes]
        await carol.call("ack_state", items=[{"field": item["field"], "version": item["version"]} for item in changes])
    assert sorted(seen) == sorted(names)
