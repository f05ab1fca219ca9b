"""Goals: what they are, whose they are, and how far they are."""

from __future__ import annotations

from typing import Any

import pytest

from teammcp import Forbidden, InvalidInput, NotFound
from teammcp.testing import Member, MovedClock, TestTeam


@pytest.fixture
async def alice(team: TestTeam) -> Member:
    return await team.agent("alice")


async def make(member: Member, title: str = "Ship", **more: Any) -> int:
    return int((await member.call("create_goal", title=title, **more)).goal.id)


async def look(member: Member, goal_id: int) -> Any:
    return (await member.call("get_goal", goal_id=goal_id)).goal


async def test_a_goal_is_made_changed_and_closed(alice: Member, clock: MovedClock, team: TestTeam) -> None:
    answer = await alice.http.post("/api/goals", json={"title": " Ship ", "description": "by June"})
    assert answer.status_code == 201
    goal = answer.json()["goal"]
    assert (goal["title"], goal["status"], goal["progress"], goal["tasks"]) == ("Ship", "open", 0, {})
    assert (goal["creator"], goal["closed_at"]) == ("alice", None)
    clock.advance(minutes=1)
    changed = await alice.http.patch(f"/api/goals/{goal['id']}", json={"status": "achieved", "title": "Shipped"})
    goal = changed.json()["goal"]
    assert (goal["title"], goal["status"], goal["progress"], goal["closed_at"]) == (
        "Shipped",
        "achieved",
        100,
        goal["updated_at"],
    )
    again = await alice.call("update_goal", goal_id=goal["id"], status="open")
    assert (again.goal.closed_at, again.goal.progress) == (None, 0)
    await alice.call("update_goal", goal_id=goal["id"], status="open")
    kinds = [event.kind for event in await team.events("goal.created", "goal.updated")]
    assert kinds == ["goal.created", "goal.updated", "goal.updated"]


async def test_progress_is_the_weighted_mean_of_its_tasks(alice: Member) -> None:
    goal = await make(alice)
    await alice.call("create_task", title="done", goal_id=goal, status="done", weight=3)
    half = (await alice.call("create_task", title="half", goal_id=goal, progress=50)).task.id
    await alice.call("create_task", title="never", goal_id=goal, status="cancelled", weight=100)
    seen = await look(alice, goal)
    assert (seen.progress, seen.tasks) == (88, {"done": 1, "todo": 1, "cancelled": 1})
    await alice.call("done_task", task_id=half)
    assert (await look(alice, goal)).progress == 100
    await alice.call("delete_task", task_id=half)
    assert (await look(alice, goal)).tasks == {"done": 1, "cancelled": 1}


async def test_progress_of_a_task_with_subtasks_counts_in(alice: Member) -> None:
    goal = await make(alice)
    parent = (await alice.call("create_task", title="all", goal_id=goal)).task.id
    part = (await alice.call("create_task", title="part", parent_id=parent)).task.id
    await alice.call("create_task", title="other part", parent_id=parent)
    await alice.call("done_task", task_id=part)
    seen = await look(alice, goal)
    assert (seen.progress, seen.tasks) == (50, {"todo": 1})


async def test_goals_below_count_in_unless_they_are_dropped(alice: Member) -> None:
    top = await make(alice)
    kept, dropped = await make(alice, "Kept", parent_id=top), await make(alice, "Dropped", parent_id=top)
    below = await make(alice, "Below", parent_id=kept)
    for goal, status in ((top, "todo"), (kept, "done"), (dropped, "todo"), (below, "done")):
        await alice.call("create_task", title="x", goal_id=goal, status=status)
    assert (await look(alice, top)).progress == 50
    await alice.call("update_goal", goal_id=dropped, status="dropped")
    seen = await look(alice, top)
    assert (seen.progress, seen.tasks) == (67, {"done": 2, "todo": 1})
    assert (await look(alice, dropped)).progress == 0
    await alice.call("create_task", title="left over", goal_id=kept)
    assert (await look(alice, top)).progress == 50
    await alice.call("update_goal", goal_id=kept, status="achieved")
    assert (await look(alice, top)).progress == 75


async def test_goals_are_listed_by_id_and_by_status(alice: Member) -> None:
    first, second = await make(alice), await make(alice, "Grow")
    await alice.call("update_goal", goal_id=first, status="dropped")
    assert [goal.id for goal in (await alice.call("list_goals")).goals] == [first, second]
    listed = (await alice.http.get("/api/goals", params={"status": "open"})).json()["goals"]
    assert [goal["title"] for goal in listed] == ["Grow"]


async def test_a_goal_is_no_part_of_itself(alice: Member) -> None:
    top = await make(alice)
    middle = await make(alice, parent_id=top)
    low = await make(alice, parent_id=middle)
    with pytest.raises(InvalidInput, match=f"parent_id: .*{top} → {low} → {middle} → {top}"):
        await alice.call("update_goal", goal_id=top, parent_id=low)
    with pytest.raises(InvalidInput, match="part of itself"):
        await alice.call("update_goal", goal_id=low, parent_id=low)
    for _ in range(5):
        low = await make(alice, parent_id=low)
    with pytest.raises(InvalidInput, match="nested 8 deep"):
        await make(alice, parent_id=low)
    await alice.call("update_goal", goal_id=middle, parent_id=0)
    assert (await look(alice, middle)).parent_id is None


async def test_goals_that_are_moved_with_those_below_them_stay_within_the_depth(alice: Member) -> None:
    tops = []
    for _ in range(2):
        tops.append(low := await make(alice))
        for _ in range(4):
            low = await make(alice, parent_id=low)
    with pytest.raises(InvalidInput, match="parent_id: goals may be nested 8 deep"):
        await alice.call("update_goal", goal_id=tops[0], parent_id=low)
    await alice.call("update_goal", goal_id=tops[0], parent_id=tops[1])


async def test_a_goal_is_its_creators_and_the_managers(team: TestTeam, alice: Member) -> None:
    bob, boss = await team.agent("bob"), await team.agent("boss", access="manager")
    goal = await make(alice)
    with pytest.raises(Forbidden, match="ask alice or a manager"):
        await bob.call("update_goal", goal_id=goal, title="Mine")
    assert (await boss.call("update_goal", goal_id=goal, title="Ours")).goal.title == "Ours"


async def test_what_is_not_there_is_said(alice: Member) -> None:
    for operation in ("get_goal", "update_goal"):
        with pytest.raises(NotFound, match="no goal 99"):
            await alice.call(operation, goal_id=99)
    with pytest.raises(InvalidInput, match="parent_id: there is no goal 99"):
        await make(alice, parent_id=99)
