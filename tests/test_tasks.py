"""Tasks: how they are made, change, end and are deleted, and what their history keeps."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from teammcp import Conflict, Forbidden, Gone, InvalidInput, NotFound, TeamError, hookimpl
from teammcp.testing import Member, MovedClock, TestTeam


@pytest.fixture
async def alice(team: TestTeam) -> Member:
    return await team.agent("alice")


@pytest.fixture
async def bob(team: TestTeam) -> Member:
    return await team.agent("bob")


async def make(member: Member, title: str = "Build it", **more: Any) -> int:
    """Create a task; its id."""
    return int((await member.call("create_task", title=title, **more)).task.id)


async def look(member: Member, task_id: int) -> Any:
    return (await member.call("get_task", task_id=task_id)).task


# -- making ----------------------------------------------------------------------------------------------------------


async def test_a_task_begins_with_what_it_is_given_and_sensible_defaults(alice: Member, bob: Member) -> None:
    goal = (await alice.call("create_goal", title="Ship")).goal.id
    answer = await alice.http.post(
        "/api/tasks",
        json={
            "title": "  Build it ",
            "assignee": "@BOB",
            "priority": "urgent",
            "labels": ["UI", "auth", "ui"],
            "requires": ["Python"],
            "metadata": {"pr": 7},
            "goal_id": goal,
        },
    )
    assert answer.status_code == 201
    task = answer.json()["task"]
    assert {name: task[name] for name in ("title", "assignee", "priority", "labels", "requires", "metadata")} == {
        "title": "Build it",
        "assignee": "bob",
        "priority": "urgent",
        "labels": ["auth", "ui"],
        "requires": ["python"],
        "metadata": {"pr": 7},
    }
    assert (task["creator"], task["status"], task["progress"], task["goal_id"]) == ("alice", "todo", 0, goal)
    plain = await look(alice, await make(alice))
    assert (plain.priority, plain.assignee, plain.labels, plain.metadata) == ("medium", None, [], None)
    assert (plain.max_attempts, plain.lease_seconds, plain.progress_seconds) == (3, 90, 1800)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({}, "title: is required"),
        ({"title": " "}, "title: must not be empty"),
        ({"title": "x" * 201}, "title: must have at most 200 characters, not 201$"),
        ({"title": "x", "status": "started"}, "status"),
        ({"title": "x", "priority": "asap"}, "priority"),
        ({"title": "x", "parent_id": 99}, "parent_id: there is no task 99"),
        ({"title": "x", "goal_id": 99}, "goal_id: there is no goal 99"),
        ({"title": "x", "depends_on": [98, 99]}, "depends_on: there is no task 98, 99"),
        ({"title": "x", "due_date": "tomorrow"}, "due_date: must be a date"),
        ({"title": "x", "due_date": "20260131"}, "due_date: must be a date"),
        ({"title": "x", "due_date": "2026-W05"}, "due_date: must be a date"),
        ({"title": "x", "due_date": "0001-01-01"}, "due_date: must be in a year"),
        ({"title": "x", "related_state": "phase"}, "target_value: say what"),
        ({"title": "x", "related_state": "with space", "target_value": 1}, "^related_state: must be made of [^;]*$"),
        ({"title": "x", "target_value": 1}, "related_state: say which field"),
        ({"title": "x", "related_state_project": "site"}, "related_state: say which field"),
        ({"title": "x", "checkin_interval": "hourly"}, "^checkin_interval: Input should be 'daily', [^;]*$"),
        ({"title": "x", "labels": ["two words"]}, "labels"),
        (
            {"title": "x", "status": "done", "related_state": "a", "target_value": 1},
            "status: a task with related_state",
        ),
    ],
)
async def test_what_is_wrong_is_named(alice: Member, arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        await alice.call("create_task", **arguments)
    assert (await alice.call("list_tasks")).total == 0


async def test_who_is_assigned_has_to_be_there(alice: Member, team: TestTeam) -> None:
    await team.agent("carol")
    await team.owner.call("retire_agent", name="carol")
    with pytest.raises(NotFound, match="assignee"):
        await alice.call("create_task", title="x", assignee="ghost")
    with pytest.raises(Gone, match="assignee: carol was retired"):
        await alice.call("create_task", title="x", assignee="carol")
    assert (await look(alice, await make(alice, assignee="me"))).assignee == "alice"


async def test_a_date_ends_with_its_day_where_the_assignee_lives(team: TestTeam, alice: Member, bob: Member) -> None:
    await team.owner.call("update_agent_profile", name="bob", time_zone="America/New_York")
    due = {}
    for name, arguments in {
        "theirs": {"due_date": "2026-01-31", "assignee": "bob"},
        "mine": {"due_date": "2026-01-31"},
        "local": {"due_date": "2026-01-31T09:30", "assignee": "bob"},
        "exact": {"due_date": "2026-01-31T09:30:00+02:00", "assignee": "bob"},
    }.items():
        answer = await alice.http.post("/api/tasks", json={"title": name, **arguments})
        due[name] = answer.json()["task"]["due_date"]
    assert due == {
        "theirs": "2026-02-01T04:59:59.999Z",
        "mine": "2026-01-31T23:59:59.999Z",
        "local": "2026-01-31T14:30:00.000Z",
        "exact": "2026-01-31T07:30:00.000Z",
    }


# -- from a message --------------------------------------------------------------------------------------------------


async def test_a_message_becomes_one_task(alice: Member, bob: Member, team: TestTeam) -> None:
    text = "\n  " + "word " * 40 + "\nand more"
    message = (await alice.call("send_message", channel="general", content=text)).id
    answer = await bob.http.post(f"/api/messages/{message}/task", json={"assignee": "me"})
    assert answer.status_code == 201
    task = answer.json()["task"]
    assert task["title"] == ("word " * 40)[:99].strip() + "…"
    assert (task["source_msg"], task["channel"], task["creator"]) == (message, "general", "bob")
    again = await alice.http.post("/api/tasks", json={"source_msg": message, "title": "Mine"})
    assert again.status_code == 409
    assert (again.json()["error"], again.json()["task"]["id"]) == ("task_exists", task["id"])
    await bob.call("delete_task", task_id=task["id"])
    own = await alice.call("create_task", source_msg=message, title="Mine")
    assert own.task.title == "Mine"


async def test_two_that_pin_a_message_at_once_make_one_task(alice: Member, bob: Member) -> None:
    message = (await alice.call("send_message", channel="general", content="do this")).id
    answers = await asyncio.gather(
        *(member.call("pin_task", message_id=message) for member in (alice, bob)), return_exceptions=True
    )
    (refused,) = [answer for answer in answers if isinstance(answer, Conflict)]
    assert refused.data["task"]["source_msg"] == message
    assert (await alice.call("list_tasks")).total == 1


async def test_a_message_without_words_has_a_task_with_its_number_for_a_title(alice: Member, team: TestTeam) -> None:
    message = (await alice.call("send_message", channel="general", content="x")).id
    blank = ("\u200b", message)  # as messages could be once
    await team.team.database.write(lambda tx: tx.execute("UPDATE messages SET content = ? WHERE id = ?", blank))
    assert (await alice.call("pin_task", message_id=message)).task.title == f"Message {message}"
    await alice.call("delete_message", id=message)
    with pytest.raises(Gone):
        await alice.call("pin_task", message_id=message)


# -- life ------------------------------------------------------------------------------------------------------------


async def test_the_times_of_a_life(alice: Member, clock: MovedClock) -> None:
    task_id, start = await make(alice, assignee="me"), clock.now()
    clock.advance(minutes=1)
    await alice.call("update_task", task_id=task_id, status="doing")
    clock.advance(minutes=1)
    await alice.call("update_task", task_id=task_id, status="blocked")
    await alice.call("update_task", task_id=task_id, status="doing")
    clock.advance(minutes=1)
    await alice.call("done_task", task_id=task_id, result="it works")
    done = await look(alice, task_id)
    assert (done.created_at, done.started_at, done.closed_at) == (start, start + 60_000, start + 180_000)
    assert (done.status, done.progress, done.result) == ("done", 100, "it works")
    await alice.call("update_task", task_id=task_id, status="todo", comment="it does not")
    open_again = await look(alice, task_id)
    assert (open_again.status, open_again.closed_at, open_again.progress) == ("todo", None, 0)


@pytest.mark.parametrize("status", ["done", "failed", "cancelled"])
async def test_every_end_has_its_time_also_when_a_task_begins_with_it(alice: Member, status: str) -> None:
    made = await look(alice, await make(alice, status=status))
    assert (made.status, made.closed_at) == (status, made.created_at)
    ended = await make(alice)
    await alice.call("update_task", task_id=ended, status=status)
    assert (await look(alice, ended)).closed_at is not None


async def test_nothing_given_changes_nothing(alice: Member, team: TestTeam, clock: MovedClock) -> None:
    task_id = await make(alice, labels=["a"])
    clock.advance(minutes=1)
    for arguments in ({}, {"labels": ["a"], "status": "todo", "title": "Build it"}):
        await alice.call("update_task", task_id=task_id, **arguments)
    task = await look(alice, task_id)
    assert task.updated_at == task.created_at
    assert len((await alice.call("get_task_history", task_id=task_id)).history) == 1
    assert await team.events("task.updated") == []


async def test_what_may_be_cleared_is_cleared_by_what_is_empty(alice: Member, bob: Member) -> None:
    parent, goal = await make(alice), (await alice.call("create_goal", title="Ship")).goal.id
    full = {
        "assignee": "bob",
        "due_date": "2026-01-31",
        "channel": "general",
        "checkin_interval": "daily",
        "related_state": "phase",
        "target_value": {},
        "parent_id": parent,
        "goal_id": goal,
        "labels": ["a"],
        "requires": ["b"],
        "depends_on": [await make(alice)],
        "metadata": {"a": 1},
        "description": "long",
    }
    task_id = await make(alice, **full)
    before = (await look(alice, task_id)).model_dump()
    assert all(before[name] for name in full if name != "target_value")
    assert before["target_value"] == {}
    empty = {name: {str: "", int: 0, list: [], dict: {}}[type(value)] for name, value in full.items()}
    del empty["target_value"]
    await alice.call("update_task", task_id=task_id, **empty)
    after = (await look(alice, task_id)).model_dump()
    assert not any(after[name] for name in [*full, "related_state_project"])


async def test_deleting_ends_a_task_and_with_subtasks_these_too(alice: Member, bob: Member, team: TestTeam) -> None:
    parent = await make(alice)
    child = await make(alice, parent_id=parent)
    below = await make(alice, parent_id=child, labels=["x"])
    with pytest.raises(Conflict) as caught:
        await alice.call("delete_task", task_id=parent)
    assert (caught.value.code, caught.value.data["subtasks"]) == ("has_subtasks", [child, below])
    with pytest.raises(Forbidden, match="ask alice or a manager"):
        await bob.call("delete_task", task_id=parent, with_subtasks=True)
    answer = await alice.http.delete(f"/api/tasks/{parent}?with_subtasks=true")
    assert answer.json() == {"id": parent, "deleted": True}
    for task_id in (parent, child, below):
        with pytest.raises(NotFound):
            await look(alice, task_id)
    assert (await alice.call("list_tasks", label="x")).total == 0
    assert [event.subject for event in await team.events("task.deleted")] == [str(below), str(child), str(parent)]


async def test_subtasks_of_others_are_not_deleted_along(alice: Member, bob: Member) -> None:
    parent = await make(alice)
    theirs = await make(bob, parent_id=parent)
    with pytest.raises(Forbidden, match="ask bob"):
        await alice.call("delete_task", task_id=parent, with_subtasks=True)
    assert (await look(bob, theirs)).parent_id == parent


# -- who may what ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "may"),
    [
        ("creator", {"title", "assignee", "status", "comment"}),
        ("manager", {"title", "assignee", "status", "comment"}),
        ("assignee", {"status", "comment"}),
        ("other", {"comment"}),
        ("observer", set()),
    ],
)
async def test_field_by_field(team: TestTeam, who: str, may: set[str]) -> None:
    members = {name: await team.agent(name) for name in ("creator", "assignee", "other")}
    for name in ("manager", "observer"):
        members[name] = await team.agent(name, access=name)
    values = {"title": "Other", "assignee": "other", "status": "doing", "comment": "hm"}
    for field, value in values.items():
        task_id = await make(members["creator"], assignee="assignee")
        change = members[who].call("update_task", task_id=task_id, **{field: value})
        if field in may:
            await change
            continue
        with pytest.raises(Forbidden) as caught:
            await change
        if who != "observer":
            assert f"cannot modify '{field}'; ask creator or a manager" in str(caught.value)
            assert (caught.value.code, caught.value.data) == ("not_yours", {"field": field})
    assert "comment" in may or who == "observer"


async def test_the_work_is_the_assignees(alice: Member, bob: Member) -> None:
    task_id = await make(alice, assignee="bob")
    work = {"status": "doing", "progress": 40, "result": "half", "labels": ["x"], "checkin_interval": "weekly"}
    await bob.call("update_task", task_id=task_id, **work, comment="going on")
    assert {name: getattr(await look(bob, task_id), name) for name in work} == work
    with pytest.raises(Forbidden):
        await bob.call("update_task", task_id=task_id, progress=50, weight=9)
    assert (await look(bob, task_id)).progress == 40


# -- history ---------------------------------------------------------------------------------------------------------


async def test_history_keeps_who_changed_what_from_what_to_what(alice: Member, bob: Member) -> None:
    task_id = await make(alice, assignee="bob", due_date="2026-01-31T00:00:00Z")
    await bob.call("update_task", task_id=task_id, status="doing", comment="starting")
    await alice.call("update_task", task_id=task_id, priority="high", due_date="", labels=["x"])
    await bob.call("update_task", task_id=task_id, comment="one question")
    answer = (await alice.http.get(f"/api/tasks/{task_id}/history")).json()
    entries = [
        (
            entry["actor"],
            entry["action"],
            entry["comment"],
            {c["field"]: (c["old"], c["new"]) for c in entry["changes"]},
        )
        for entry in answer["history"]
    ]
    assert entries == [
        ("alice", "created", "", {}),
        ("bob", "updated", "starting", {"status": ("todo", "doing")}),
        (
            "alice",
            "updated",
            "",
            {
                "priority": ("medium", "high"),
                "due_date": ("2026-01-31T00:00:00.000Z", None),
                "labels": ([], ["x"]),
            },
        ),
        ("bob", "updated", "one question", {}),
    ]
    first = await alice.call("get_task_history", task_id=task_id, limit=2)
    rest = await alice.call("get_task_history", task_id=task_id, after=first.history[-1].id)
    assert (first.more, rest.more, len(rest.history)) == (True, False, 2)


async def test_events_tell_of_each_change_and_leave_out_what_is_long(alice: Member, team: TestTeam) -> None:
    task_id = await make(alice, description="x" * 5000)
    await alice.call("update_task", task_id=task_id, title="Other", description="y" * 5000)
    await alice.call("done_task", task_id=task_id)
    created, updated, done = await team.events("task.created", "task.updated", "task.done")
    assert created.data["task"]["title"] == "Build it"
    assert "description" not in created.data["task"]
    assert updated.data["changes"][0] == {"field": "title", "old": "Build it", "new": "Other"}
    assert len(str(updated.data)) < 3000
    assert (done.subject, done.actor, done.data["task"]["status"]) == (str(task_id), "alice", "done")


# -- at the same moment ----------------------------------------------------------------------------------------------


class Interfering:
    """A plugin that makes another change just before a change is made."""

    def __init__(self) -> None:
        self.change: Any = None

    @hookimpl
    async def before_task_change(self, context: Any, change: Any) -> None:
        interfere, self.change = self.change, None
        if interfere is not None:
            await interfere()


interfering = Interfering()


@pytest.mark.teammcp(install={"interfering": interfering})
async def test_a_decision_about_what_has_changed_meanwhile_is_refused(alice: Member, bob: Member) -> None:
    task_id = await make(alice, assignee="bob")
    interfering.change = lambda: bob.call("done_task", task_id=task_id)
    with pytest.raises(Conflict) as caught:
        await alice.call("update_task", task_id=task_id, status="cancelled")
    assert (caught.value.code, caught.value.data["status"]) == ("task_changed", "done")
    interfering.change = lambda: alice.call("update_task", task_id=task_id, assignee="")
    with pytest.raises(Forbidden):
        await bob.call("update_task", task_id=task_id, result="mine")
    interfering.change = lambda: alice.call("delete_task", task_id=task_id)
    with pytest.raises(NotFound):
        await alice.call("update_task", task_id=task_id, title="x")


@pytest.mark.teammcp(install={"interfering": interfering})
async def test_subtasks_that_come_between_keep_a_task_from_being_deleted(alice: Member) -> None:
    task_id = await make(alice)
    interfering.change = lambda: make(alice, parent_id=task_id)
    with pytest.raises(Conflict, match="has 1 subtasks"):
        await alice.call("delete_task", task_id=task_id)


async def test_a_key_makes_a_repeated_call_harmless(alice: Member) -> None:
    answers = [await alice.call("create_task", title="x", idem_key="k") for _ in range(2)]
    assert answers[0] == answers[1]
    assert (await alice.call("list_tasks")).total == 1


# -- plugins ---------------------------------------------------------------------------------------------------------


class Rules:
    """Writes titles with a capital, never lets a task be urgent, and once answers nonsense."""

    @hookimpl
    def before_task_change(self, context: Any, change: Any) -> Any:
        values = dict(change.values)
        if change.action == "deleted":
            raise TeamError("Tasks are kept.", code="kept")
        if "title" in values:
            values["title"] = values["title"].capitalize()
        if values.get("priority") == "urgent":
            values["priority"] = "at once"
        return change.model_copy(update={"values": values})


@pytest.mark.teammcp(install={"rules": Rules()})
async def test_a_plugin_changes_and_refuses_and_what_it_answers_is_checked(alice: Member) -> None:
    task_id = await make(alice, "build it")
    assert (await look(alice, task_id)).title == "Build it"
    await alice.call("update_task", task_id=task_id, title="test it")
    assert (await look(alice, task_id)).title == "Test it"
    with pytest.raises(InvalidInput, match="priority"):
        await alice.call("update_task", task_id=task_id, priority="urgent")
    with pytest.raises(TeamError, match="kept"):
        await alice.call("delete_task", task_id=task_id)
