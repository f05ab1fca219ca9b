"""Whom the server tells of a change, and of what: never who made it, never who may not know."""

from __future__ import annotations

from typing import Any

import pytest

from teammcp import Deferred, Refused, hookimpl
from teammcp.testing import Member, MovedClock, TestTeam


@pytest.fixture
async def alice(team: TestTeam) -> Member:
    return await team.agent("alice")


@pytest.fixture
async def bob(team: TestTeam) -> Member:
    return await team.agent("bob")


async def make(member: Member, **more: Any) -> int:
    return int((await member.call("create_task", title="Build it", **more)).task.id)


async def told(member: Member) -> list[str]:
    """What is new in a member's inbox from the server; acknowledged afterwards."""
    inbox = await member.call("get_inbox")
    entries = [entry for entry in inbox.channels if "system" in entry.channel]
    if entries:
        items = [{"channel": entry.channel, "ack_id": entry.ack_id} for entry in entries]
        await member.call("ack_inbox", items=items)
    assert all(message.from_agent == "system" for entry in entries for message in entry.messages)
    return [message.content for entry in entries for message in entry.messages]


async def test_who_gets_a_task_is_told(alice: Member, bob: Member) -> None:
    task_id = await make(alice, assignee="bob")
    message = (await bob.call("get_inbox")).channels[0].messages[0]
    assert message.content == f"alice assigned task {task_id} to you: Build it"
    assert message.metadata == {"task_id": task_id}
    assert await told(alice) == []
    await make(alice, assignee="me")
    assert await told(alice) == []


async def test_numbers_of_tasks_have_no_two_owners(alice: Member, bob: Member) -> None:
    numbers = [await make(alice, assignee=name) for name in ("bob", "me", "bob")]
    assert numbers == sorted(set(numbers))


async def test_the_creator_hears_of_the_work_and_the_assignee_of_decisions(alice: Member, bob: Member) -> None:
    task_id = await make(alice, assignee="bob")
    await told(bob)
    for change, to_alice, to_bob in (
        ((bob, {"status": "doing"}), ["bob started task {}: Build it"], []),
        (
            (bob, {"status": "blocked", "comment": "no key"}),
            ["bob is blocked in task {}: Build it — no key"],
            [],
        ),
        ((alice, {"comment": "look\n  there"}), [], ["alice commented on task {}: Build it — look there"]),
        ((bob, {"status": "done", "result": "works"}), ["bob finished task {}: Build it — works"], []),
        (
            (alice, {"status": "todo", "comment": "not quite"}),
            [],
            ["alice reopened task {}: Build it — not quite"],
        ),
        ((bob, {"status": "failed"}), ["bob marked task {}: Build it as failed"], []),
        ((alice, {"priority": "high", "title": "Build"}), [], []),
    ):
        member, arguments = change
        await member.call("update_task", task_id=task_id, **arguments)
        assert await told(alice) == [line.format(task_id) for line in to_alice]
        assert await told(bob) == [line.format(task_id) for line in to_bob]


async def test_who_is_given_a_task_and_who_loses_it_hear_of_it(team: TestTeam, alice: Member, bob: Member) -> None:
    carol, boss = await team.agent("carol"), await team.agent("boss", access="manager")
    task_id = await make(alice, assignee="bob")
    await told(bob)
    await boss.call("update_task", task_id=task_id, assignee="carol", status="doing", comment="bob is away")
    assert await told(carol) == [f"boss assigned task {task_id} to you: Build it — bob is away"]
    assert await told(bob) == [f"boss reassigned task {task_id} to carol: Build it"]
    assert await told(alice) == [f"boss started task {task_id}: Build it — bob is away"]
    await boss.call("update_task", task_id=task_id, assignee="")
    assert await told(carol) == [f"boss reassigned task {task_id} to nobody: Build it"]


async def test_who_was_retired_is_not_told_and_stops_nothing(team: TestTeam, alice: Member, bob: Member) -> None:
    task_id = await make(alice, assignee="bob")
    await team.owner.call("retire_agent", name="bob")
    await alice.call("update_task", task_id=task_id, status="cancelled")
    await team.owner.call("retire_agent", name="alice")
    assert (await team.owner.call("update_task", task_id=task_id, status="todo")).task.status == "todo"


async def test_a_change_that_fails_tells_nobody(alice: Member, bob: Member, team: TestTeam) -> None:
    for wrong in ({"parent_id": 99}, {"depends_on": [99]}):
        with pytest.raises(Exception, match="there is no task 99"):
            await make(alice, assignee="bob", **wrong)
    assert await told(bob) == []
    task_id = await make(alice)
    with pytest.raises(Exception, match="there is no goal 99"):
        await alice.call("update_task", task_id=task_id, assignee="bob", goal_id=99)
    assert await told(bob) == []
    assert [event.kind for event in await team.events("message.sent")] == []


async def test_who_is_called_in_a_comment_hears_of_it_once(team: TestTeam, alice: Member, bob: Member) -> None:
    carol = await team.agent("carol")
    task_id = await make(alice, assignee="bob")
    await told(bob)
    await alice.call("update_task", task_id=task_id, comment="@carol, @bob and @alice: look at `@dave`")
    said = f"task {task_id}: Build it — @carol, @bob and @alice: look at `@dave`"
    assert await told(carol) == [f"alice called you in {said}"]
    assert await told(bob) == [f"alice commented on {said}"]
    assert await told(alice) == []


async def test_who_may_not_see_a_task_is_not_called(team: TestTeam, alice: Member, bob: Member) -> None:
    await alice.call("create_channel", id="plans", type="topic", members=[])
    task_id = await make(alice, channel="plans")
    await alice.call("update_task", task_id=task_id, comment="@bob must not know")
    assert await told(bob) == []


async def test_a_report_tells_the_creator_of_what_blocks_and_whom_it_calls(
    team: TestTeam, alice: Member, bob: Member
) -> None:
    carol = await team.agent("carol")
    task_id = await make(alice)
    claim = {"task_id": task_id, "fencing_token": (await bob.call("claim_task", task_id=task_id)).fencing_token}
    await bob.call("update_task_progress", **claim, progress=50, comment="half of it")
    assert await told(alice) == []
    await bob.call("update_task_progress", **claim, status="blocked", comment="no key, @carol")
    assert await told(alice) == [f"bob is blocked in task {task_id}: Build it — no key, @carol"]
    assert await told(carol) == [f"bob called you in task {task_id}: Build it — no key, @carol"]
    await bob.call("update_task_progress", **claim, status="blocked")
    assert await told(alice) == []


class NoLetters:
    """Refuses what the server wants to tell bob, and makes what it wants to tell carol wait."""

    @hookimpl
    def before_message(self, draft: Any) -> Any:
        if "bob" in draft.channel:
            raise Refused("Nothing for bob.")
        return Deferred(None) if "carol" in draft.channel else None


@pytest.mark.teammcp(install={"no-letters": NoLetters()})
@pytest.mark.parametrize("name", ["bob", "carol"])
async def test_a_plugin_that_keeps_a_message_back_does_not_keep_the_change_back(
    team: TestTeam, alice: Member, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    member = await team.agent(name)
    task_id = await make(alice, assignee=name)
    assert (await member.call("get_task", task_id=task_id)).task.assignee == name
    assert await told(member) == []
    assert f"{name} is not told of task" in caplog.text


async def test_what_is_due_stands_in_the_inbox_until_it_is_done(alice: Member, bob: Member, clock: MovedClock) -> None:
    assert "tasks_due" not in (await bob.call("get_inbox")).sections
    later = await make(alice, assignee="bob", due_date="2026-01-03")
    over = await make(alice, assignee="bob", due_date="2026-01-01T00:00:00Z", priority="low")
    soon = await make(alice, assignee="bob", due_date="2026-01-02T11:00:00Z")
    await make(alice, assignee="alice", due_date="2026-01-01")
    due = (await bob.call("get_inbox")).sections["tasks_due"]
    assert due[0] == {
        "id": over,
        "title": "Build it",
        "status": "todo",
        "priority": "low",
        "due_date": "2026-01-01T00:00:00.000Z",
        "overdue": True,
    }
    assert [(task["id"], task["overdue"]) for task in due] == [(over, True), (soon, False)]
    await bob.log_in()
    page = (await bob.http.get("/inbox")).text
    assert f'href="/tasks/{over}"' in page
    assert "Tasks due" in page
    await bob.call("done_task", task_id=over)
    clock.advance(days=2)
    assert [task["id"] for task in (await bob.call("get_inbox")).sections["tasks_due"]] == [soon, later]
