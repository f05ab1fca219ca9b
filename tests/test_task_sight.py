"""Who sees a task: with a topic or a direct message as its channel whoever reads that, and nobody else by any way."""

from __future__ import annotations

import json
from typing import Any

import pytest

from teammcp import Forbidden, InvalidInput, NotFound, TeamError
from teammcp.testing import Member, TestTeam

SECRET = "xyzzy"


@pytest.fixture
async def carol(team: TestTeam) -> Member:
    """A member of #plans, as dave is."""
    carol = await team.agent("carol")
    await team.agent("dave")
    await carol.call("create_channel", id="plans", type="topic", members=["dave"])
    return carol


@pytest.fixture
async def mallory(team: TestTeam) -> Member:
    """A member of the team, but not of #plans."""
    return await team.agent("mallory")


async def make(member: Member, title: str = SECRET, **more: Any) -> int:
    return int((await member.call("create_task", title=title, **more)).task.id)


@pytest.mark.parametrize("access", ["member", "manager", "owner"])
async def test_a_task_of_a_topic_does_not_exist_for_others(team: TestTeam, carol: Member, access: str) -> None:
    mallory = team.owner if access == "owner" else await team.agent("mallory", access=access)
    task_id = await make(carol, channel="plans", assignee="dave", labels=["x"])
    ways: dict[str, dict[str, Any]] = {
        "get_task": {},
        "get_task_history": {},
        "update_task": {"comment": "hi"},
        "done_task": {},
        "delete_task": {},
        "claim_task": {},
        "update_task_progress": {"fencing_token": 1},
        "complete_task": {"fencing_token": 1},
        "fail_task": {"fencing_token": 1},
        "release_task": {"fencing_token": 1},
    }
    for operation, more in ways.items():
        said = []
        for number in (task_id, 10**6):
            with pytest.raises(NotFound) as caught:
                await mallory.call(operation, task_id=number, **more)
            said.append(str(caught.value).replace(str(number), "N"))
        assert said[0] == said[1], operation
    for narrowed in ({}, {"label": "x"}, {"query": SECRET}, {"assignee": "dave"}, {"creator": "carol"}):
        listed = await mallory.call("list_tasks", **narrowed)
        assert (listed.total, listed.tasks) == (0, [])
    assert (await mallory.call("claim_next_task")).reason == "none"
    assert SECRET not in json.dumps((await mallory.call("sync", since=0)).events)
    assert (await carol.call("list_tasks")).total == 1


async def test_it_cannot_be_pointed_at_either(carol: Member, mallory: Member) -> None:
    task_id = await make(carol, channel="plans")
    mine = await make(mallory, "mine")
    for field, value in (("parent_id", task_id), ("depends_on", [task_id])):
        for operation, arguments in (("create_task", {"title": "x"}), ("update_task", {"task_id": mine})):
            with pytest.raises(InvalidInput, match=f"{field}: there is no task {task_id}"):
                await mallory.call(operation, **arguments, **{field: value})


async def test_as_part_of_another_task_it_is_a_number_without_a_name(carol: Member, mallory: Member) -> None:
    seen = await make(mallory, "seen", progress=10)
    await make(carol, channel="plans", parent_id=seen, assignee="dave", progress=50)
    hidden = await make(carol, channel="plans")
    await carol.call("create_task", title="open", parent_id=seen)
    waiting = await make(carol, "waiting", depends_on=[hidden])
    task = (await mallory.call("get_task", task_id=seen)).task
    assert [(child.title, child.assignee) for child in task.children] == [(None, None), ("open", None)]
    assert "not yours to see" in task.text()
    below = (await mallory.call("get_task", task_id=waiting)).task
    assert [(ref.id, ref.title) for ref in below.dependencies] == [(hidden, None)]
    assert SECRET not in task.model_dump_json() + below.model_dump_json()
    assert SECRET in (await carol.call("get_task", task_id=seen)).text()


async def test_an_owner_deletes_no_subtasks_out_of_its_sight_by_name(team: TestTeam, carol: Member) -> None:
    parent = await make(team.owner, "parent")
    child = await make(carol, channel="plans", parent_id=parent)
    with pytest.raises(TeamError) as caught:
        await team.owner.call("delete_task", task_id=parent)
    assert caught.value.data["subtasks"] == []
    assert SECRET not in str(caught.value)
    assert (await carol.call("get_task", task_id=child)).task.parent_id == parent


async def test_subtasks_take_over_the_channel_unless_they_are_given_one(carol: Member, mallory: Member) -> None:
    parent = await make(carol, channel="plans")
    child = (await carol.call("create_task", title=SECRET, parent_id=parent)).task
    assert child.channel == "plans"
    with pytest.raises(NotFound):
        await mallory.call("get_task", task_id=child.id)
    public = (await carol.call("create_task", title="public", parent_id=parent, channel="general")).task
    assert (await mallory.call("get_task", task_id=public.id)).task.channel == "general"


async def test_it_is_given_to_nobody_who_cannot_see_it(carol: Member, mallory: Member) -> None:
    with pytest.raises(InvalidInput, match="assignee: mallory cannot see the tasks of plans"):
        await make(carol, channel="plans", assignee="mallory")
    task_id = await make(carol, channel="plans", assignee="dave")
    with pytest.raises(InvalidInput, match="assignee: mallory"):
        await carol.call("update_task", task_id=task_id, assignee="mallory")
    open_one = await make(carol, "open", assignee="mallory")
    with pytest.raises(InvalidInput, match="channel: mallory"):
        await carol.call("update_task", task_id=open_one, channel="plans")


async def test_a_channel_has_to_be_the_actors_own(carol: Member, mallory: Member) -> None:
    with pytest.raises(NotFound):
        await make(mallory, channel="plans")
    mine = await make(mallory)
    with pytest.raises(NotFound):
        await mallory.call("update_task", task_id=mine, channel="plans")


async def test_a_message_makes_a_task_for_those_who_read_it(team: TestTeam, carol: Member, mallory: Member) -> None:
    letter = await carol.call("send_dm", recipient="dave", content=SECRET)
    with pytest.raises(NotFound):
        await mallory.call("pin_task", message_id=letter.id)
    with pytest.raises(NotFound):
        await mallory.call("create_task", source_msg=letter.id)
    task = (await carol.call("pin_task", message_id=letter.id)).task
    assert task.channel == "dm:carol:dave"
    for other in (mallory, team.owner):
        with pytest.raises(NotFound):
            await other.call("get_task", task_id=task.id)


async def test_a_task_may_stand_in_a_direct_message_that_is_yet_to_be_written(team: TestTeam, carol: Member) -> None:
    erin = await team.agent("erin")
    task_id = await make(carol, channel="dm:erin", assignee="erin")
    assert (await erin.call("get_task", task_id=task_id)).task.channel == "dm:carol:erin"
    (entry,) = (await erin.call("get_inbox")).channels
    assert entry.channel == "dm:erin:system"


async def test_moving_a_task_moves_who_sees_it(team: TestTeam, carol: Member, mallory: Member) -> None:
    task_id = await make(carol, "first")
    await carol.call("update_task", task_id=task_id, channel="plans", title=SECRET)
    with pytest.raises(NotFound):
        await mallory.call("get_task", task_id=task_id)
    events = [event for event in (await mallory.call("sync", since=0)).events if event["kind"] == "task.updated"]
    assert [event["data"] for event in events] == [{"task": {"id": task_id}, "changes": []}]
    await carol.call("update_task", task_id=task_id, channel="")
    assert (await mallory.call("get_task", task_id=task_id)).task.title == SECRET


async def test_who_leaves_the_channel_sees_its_tasks_no_more(team: TestTeam, carol: Member) -> None:
    dave = team.member("dave", (await team.owner.call("rotate_key", name="dave")).apiKey)
    task_id = await make(carol, channel="plans", assignee="dave", due_date="2026-01-01")
    assert (await dave.call("get_inbox")).sections["tasks_due"][0]["id"] == task_id
    await dave.call("leave_channel", channel="plans")
    with pytest.raises(NotFound):
        await dave.call("update_task", task_id=task_id, status="doing")
    assert (await dave.call("list_tasks", assignee="me")).total == 0
    assert "tasks_due" not in (await dave.call("get_inbox")).sections
    messages = (await dave.call("get_history", channel="dm:system")).messages
    await carol.call("update_task", task_id=task_id, status="cancelled")
    assert len((await dave.call("get_history", channel="dm:system")).messages) == len(messages)


async def test_a_goal_counts_for_each_what_it_sees(carol: Member, mallory: Member, team: TestTeam) -> None:
    goal = (await carol.call("create_goal", title="Ship")).goal.id
    await make(carol, channel="plans", goal_id=goal, status="done")
    await make(carol, "open", goal_id=goal)
    seen = {member.name: (await member.call("get_goal", goal_id=goal)).goal for member in (carol, mallory)}
    assert (seen["carol"].progress, seen["carol"].tasks) == (50, {"todo": 1, "done": 1})
    assert (seen["mallory"].progress, seen["mallory"].tasks) == (0, {"todo": 1})
    assert (await mallory.call("list_tasks", goal_id=goal)).total == 1
    assert all("progress" not in event.data["goal"] for event in await team.events("goal.created"))


async def test_observers_read(team: TestTeam, carol: Member) -> None:
    watcher = await team.agent("watcher", access="observer")
    task_id = await make(carol)
    assert (await watcher.call("list_tasks")).total == 1
    assert (await watcher.call("get_task", task_id=task_id)).task.title == SECRET
    for operation in ("done_task", "delete_task", "claim_task"):
        with pytest.raises(Forbidden, match="observer"):
            await watcher.call(operation, task_id=task_id)
