"""Being told that a member is idle, done or reachable: each occasion once, and none of them for ever or in a flood."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import Any, cast

import hypothesis
import pytest
from hypothesis import strategies as st

from teammcp import Conflict, Forbidden, InvalidInput, NotFound
from teammcp.features.watches.plugin import tell_held
from teammcp.members.presence import Doing
from teammcp.testing import Member, MovedClock, TestTeam


@pytest.fixture
async def ann(team: TestTeam) -> Member:
    return await team.agent("ann")


@pytest.fixture
async def bob(team: TestTeam) -> Member:
    return await team.agent("bob")


async def becomes(team: TestTeam, status: Doing, name: str = "bob") -> None:
    """What a member's program says of it."""
    team.team.presence.set_status(name, status)
    await team.server.settle()


async def watch(member: Member, what: str, **more: Any) -> Any:
    return await member.call("notify_when", name="bob", what=what, **more)


async def notes(team: TestTeam, member: Member) -> list[str]:
    """What the server has told a member."""
    await team.server.settle()
    try:
        found = await member.call("get_history", channel="dm:system", limit=200)
    except NotFound:
        return []
    return [each.content for each in found.messages]


async def watches(member: Member) -> list[tuple[str, str]]:
    return [(each.agent, each.what) for each in (await member.call("list_notify_when")).watches]


async def test_who_waits_for_an_idle_member_is_told_once(team: TestTeam, ann: Member, bob: Member) -> None:
    await becomes(team, "busy")
    asked = await watch(ann, "idle")
    assert (asked.now, asked.watched) == (False, True)
    assert await watches(ann) == [("bob", "idle")]
    await becomes(team, "waiting")
    assert await notes(team, ann) == []
    await becomes(team, "idle")
    [note] = await notes(team, ann)
    assert "bob is idle now" in note
    await becomes(team, "busy")
    await becomes(team, "idle")
    assert len(await notes(team, ann)) == 1
    assert await watches(ann) == []
    assert [each.agents for each in await team.events("watch.set", "watch.told", "watch.ended")] == [("ann",)] * 3


async def test_the_notice_rings_as_any_message(team: TestTeam, ann: Member, bob: Member, clock: MovedClock) -> None:
    await becomes(team, "busy")
    await watch(ann, "idle")
    await becomes(team, "idle", "ann")
    clock.advance(seconds=2)
    waiting = asyncio.create_task(ann.call("wait_for_ring", session="claude:1", way="inbox_socket", timeout=20))
    await asyncio.sleep(0.05)
    await becomes(team, "idle")
    assert (await asyncio.wait_for(waiting, 10)).number != ""


async def test_what_is_so_already_is_said_at_once_and_is_not_waited_for(
    team: TestTeam, ann: Member, bob: Member
) -> None:
    await becomes(team, "idle")
    asked = await watch(ann, "idle")
    assert (asked.now, asked.watched) == (True, False)
    assert "bob has nothing to do now" in asked.text()
    with team.team.presence.connected("bob"):
        asked = await watch(ann, "reachable")
        assert (asked.now, asked.watched) == (True, False)
    assert await watches(ann) == []
    await becomes(team, "busy")
    await becomes(team, "idle")
    assert await notes(team, ann) == []


async def test_done_is_the_end_of_a_turn_and_not_that_nothing_was_begun(
    team: TestTeam, ann: Member, bob: Member
) -> None:
    await becomes(team, "idle")
    assert (await watch(ann, "done")).watched
    await becomes(team, "blocked")  # it is held, or was not reached
    await becomes(team, "idle")
    assert await notes(team, ann) == []
    await becomes(team, "busy")
    await becomes(team, "blocked")
    assert await notes(team, ann) == []
    await becomes(team, "idle")
    [note] = await notes(team, ann)
    assert "bob has ended its turn" in note


async def test_done_is_a_task_of_it_too_but_not_for_who_has_done_it_or_may_not_see_it(
    team: TestTeam, ann: Member, bob: Member
) -> None:
    eve = await team.agent("eve")
    await ann.call("create_channel", id="secret", type="topic", members=["bob"])
    for member in (ann, eve, team.owner):
        await watch(member, "done")
    hidden = await ann.call("create_task", title="The plan", channel="secret", assignee="bob")
    await bob.call("done_task", task_id=hidden.task.id, result="made")
    told = (await notes(team, ann))[-1]
    assert f"bob has done task {hidden.task.id}, The plan" in told
    assert not [note for note in await notes(team, eve) if "notify_when" in note]
    open_one = await ann.call("create_task", title="Look", assignee="bob")
    await watch(ann, "done")
    await ann.call("done_task", task_id=open_one.task.id, result="done it myself")
    assert not [note for note in await notes(team, ann) if "Look" in note and "notify_when" in note]
    assert [note for note in await notes(team, eve) if "Look" in note and "notify_when" in note]


async def test_reachable_is_a_way_that_was_not_there_and_waits_in_a_row_are_one(
    team: TestTeam, ann: Member, bob: Member, clock: MovedClock
) -> None:
    await becomes(team, "idle")
    assert (await watch(ann, "reachable", always=True)).now is False
    for _ in range(3):
        await bob.call("wait_for_ring", session="claude:1", way="inbox_socket", timeout=0)
        clock.advance(seconds=20)
        team.team.presence.sweep()
    [note] = await notes(team, ann)
    assert "bob can be reached now" in note
    clock.advance(minutes=2)
    team.team.presence.sweep()
    await bob.call("wait_for_messages", timeout=0)
    assert len(await notes(team, ann)) == 2
    await bob.call("end_wakes", session="claude:1")
    assert len(await notes(team, ann)) == 2


async def test_always_tells_at_most_once_a_minute_and_counts_the_rest(
    team: TestTeam, ann: Member, bob: Member, clock: MovedClock
) -> None:
    await watch(ann, "idle", always=True)
    for _ in range(6):
        await becomes(team, "busy")
        await becomes(team, "idle")
        clock.advance(seconds=1)
    assert len(await notes(team, ann)) == 1
    await tell_held(team.team)
    assert len(await notes(team, ann)) == 1, "the minute is not over"
    clock.advance(seconds=60)
    await tell_held(team.team)
    assert '"idle" was so 5 times more since 12:00Z' in (await notes(team, ann))[-1]
    await becomes(team, "busy")
    await becomes(team, "idle")
    clock.advance(seconds=60)
    await becomes(team, "busy")
    await becomes(team, "idle")
    assert "Since 12:01Z that was so once more" in (await notes(team, ann))[-1]
    await tell_held(team.team)
    assert len(await notes(team, ann)) == 3
    assert sum(event.data["times"] for event in await team.events("watch.told")) == 8


async def test_it_is_taken_back(team: TestTeam, ann: Member, bob: Member) -> None:
    await becomes(team, "busy")
    await watch(ann, "idle", always=True)
    answer = await watch(ann, "idle", off=True)
    assert (answer.watched, answer.now) == (False, False)
    await watch(ann, "done", off=True)
    await becomes(team, "idle")
    assert (await watches(ann), await notes(team, ann)) == ([], [])


async def restart(team: TestTeam) -> None:
    """The team is as after a restart of the server."""
    await team.server.teams.close(team.name)
    await team.server.teams.reopen(team.name)


async def test_a_restart_loses_no_occasion_and_makes_none(team: TestTeam, ann: Member, bob: Member) -> None:
    eve = await team.agent("eve")
    await becomes(team, "idle")
    await watch(eve, "idle", always=True)
    with team.team.presence.connected("bob"):
        await watch(eve, "reachable", always=True)
        await team.server.settle()
    await becomes(team, "busy")
    await watch(ann, "done")
    await restart(team)
    await bob.call("get_me")
    with team.team.presence.connected("bob"):
        assert await notes(team, eve) == [], "it was reachable before, as far as is known"
    await becomes(team, "idle")
    assert "ended its turn" in (await notes(team, ann))[-1]
    assert "is idle" in (await notes(team, eve))[-1]
    await restart(team)
    await becomes(team, "idle")
    assert (len(await notes(team, ann)), len(await notes(team, eve))) == (1, 1)


STEPS = st.lists(
    st.sampled_from(["online", "idle", "busy", "blocked", "waiting", "leave", "stream", "part", "restart", "minute"]),
    max_size=25,
)


async def test_whatever_happens_each_occasion_is_told_once(team: TestTeam, ann: Member, clock: MovedClock) -> None:
    plans: list[list[str]] = []

    @hypothesis.settings(max_examples=15, deadline=None, database=None)
    @hypothesis.given(STEPS)
    def draw(steps: list[str]) -> None:
        plans.append(steps)

    draw()
    for number, steps in enumerate(plans):
        name = (await team.agent(f"bob{number}")).name
        for what in ("idle", "done", "reachable"):
            await ann.call("notify_when", name=name, what=what, always=True)
        statuses, reach = await live(team, name, steps, clock)
        clock.advance(minutes=2)
        await tell_held(team.team)
        told = dict.fromkeys(("idle", "done", "reachable"), 0)
        for event in await team.events("watch.told"):
            if event.subject == name:
                told[event.data["what"]] += event.data["times"]
        turns = ["work" if each in {"busy", "waiting"} else each for each in statuses]
        assert told == {
            "idle": follows(["away", *statuses], "idle", {"busy", "waiting", "blocked", "away"}),
            "done": follows(turns, "idle", {"work"}),
            "reachable": follows([False, *reach], True, {False}),
        }, steps


async def live(team: TestTeam, name: str, steps: list[str], clock: MovedClock) -> tuple[list[str], list[bool]]:
    """Let it happen to a member; its statuses and whether it could be reached, as presence knew it."""
    statuses: list[str] = []
    reach: list[bool] = []
    for step in [*steps, "restart"]:
        presence = team.team.presence
        before = presence.status_of(name).status, presence.reachable(name)
        if step == "restart":
            await restart(team)
            continue
        if step == "leave":
            presence.leave(name)
        elif step in {"stream", "part"}:
            with presence.connected(name):
                pass
            clock.advance(seconds=31 if step == "part" else 1)
        elif step == "minute":
            clock.advance(minutes=1)
        else:
            presence.set_status(name, cast(Doing, step))
        if presence.status_of(name).status != before[0]:
            statuses.append(presence.status_of(name).status)
        if not before[1] and step in {"stream", "part"}:
            reach.append(True)
        presence.sweep()
        if (before[1] or step in {"stream", "part"}) and not presence.reachable(name):
            reach.append(False)
    await team.server.settle()
    return statuses, reach


def follows(seen: list[Any], what: Any, before: set[Any]) -> int:
    """How often it comes after what has to come before it, however much else there is between."""
    kept = [each for each in seen if each == what or each in before]
    return sum(each == what and earlier in before for earlier, each in pairwise(kept))


async def test_agents_that_would_wake_each_other_for_ever_are_refused(team: TestTeam, ann: Member, bob: Member) -> None:
    eve = await team.agent("eve")
    await watch(ann, "idle", always=True)
    await eve.call("notify_when", name="ann", what="done", always=True)
    with pytest.raises(Conflict, match="for ever"):
        await bob.call("notify_when", name="eve", what="idle", always=True)
    await bob.call("notify_when", name="eve", what="idle")
    await bob.call("notify_when", name="eve", what="reachable", always=True)
    await team.owner.call("notify_when", name="eve", what="done", always=True)


async def test_who_or_what_cannot_be_waited_for_is_refused(team: TestTeam, ann: Member, bob: Member) -> None:
    for name in ("ann", "owner"):
        with pytest.raises(InvalidInput):
            await ann.call("notify_when", name=name, what="idle")
    for name in ("nobody", "system"):
        with pytest.raises(NotFound):
            await ann.call("notify_when", name=name, what="idle")
    eye = await team.agent("eye", access="observer")
    with pytest.raises(Forbidden):
        await watch(eye, "idle")
    assert (await ann.call("notify_when", name="owner", what="reachable")).agent == "owner"


async def test_one_member_is_told_of_so_many_at_most(
    team: TestTeam, ann: Member, bob: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("teammcp.features.watches.operations.asking.MOST", 2)
    for what in ("idle", "done", "done"):
        await watch(ann, what)
    with pytest.raises(Conflict, match="list_notify_when"):
        await watch(ann, "reachable")
    await watch(ann, "idle", off=True)
    await watch(ann, "reachable")


async def test_who_is_retired_or_may_no_more_is_told_nothing_and_leaves_nothing(
    team: TestTeam, ann: Member, bob: Member
) -> None:
    eve = await team.agent("eve")
    await becomes(team, "busy")
    for member in (ann, eve):
        await watch(member, "done", always=True)
    await bob.call("notify_when", name="ann", what="reachable")
    await team.owner.call("update_agent_profile", name="eve", access="observer")
    await becomes(team, "idle")
    assert await notes(team, eve) == []
    assert await watches(eve) == []
    await team.owner.call("retire_agent", name="bob")
    assert "bob was retired" in (await notes(team, ann))[-1]
    assert await watches(ann) == []
    assert len(await team.events("watch.ended")) == 3
