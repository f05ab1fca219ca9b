"""Rules are about what a call does, however its names are written and whichever operation does it."""

from __future__ import annotations

from typing import Any

import pytest
from teammcp_approvals.rules.matching import can_wait, is_about
from teammcp_approvals.settings import Rule

from teammcp import Context, Deferred, Forbidden, Operation, Refused, Result, TeamError, hookimpl, operation
from teammcp.arguments.references import Reference, resolved
from teammcp.testing import Member, TestTeam

MEMBER = ["Bob", "bob", "BOB", "@bob", "@Bob", "Ｂｏｂ"]
CHANNEL = ["announcements", "#announcements", "ANNOUNCEMENTS", " announcements ", "#Announcements"]
DIRECT = ["dm:Bob", "dm:BOB", "dm:@bob", "dm:alice:bob", "dm:bob:alice", "#dm:bob", " dm:Bob "]
NAMING = {
    "agent",
    "agent_id",
    "agent_name",
    "assignee",
    "approver",
    "channel",
    "channel_id",
    "members",
    "mentions",
    "participating_channels",
    "recipient",
    "reports_to",
    "subscribers",
    "to",
    "to_agent",
}
"""What arguments are called that name a member or a channel; ``name`` and ``owner`` do so at times."""


@pytest.fixture
async def alice(team: TestTeam) -> Member:
    await team.agent("Bob")
    await team.agent("carol", access="observer")
    alice = await team.agent("alice")
    await alice.call("create_channel", id="announcements")
    return alice


async def spellings(context: Context, reference: Reference) -> list[list[str]]:
    """Of what an argument names, the ways in which one thing may be written that it takes."""
    found = []
    for names in (MEMBER, CHANNEL, DIRECT):
        try:
            await reference.resolve(context, names[0], "x")
        except TeamError:
            continue
        found.append(names)
    return found


async def test_a_rule_meets_every_spelling_of_a_name(alice: Member, team: TestTeam) -> None:
    context = Context.inside(team.team, team.team.directory.agents["alice"])
    swept = set()
    for each in filter(can_wait, team.server.registry):
        for name, reference in each.references.items():
            for names in await spellings(context, reference):
                swept.add((each.name, name))
                for written in names:
                    await _check(context, each, name, written, names)
    assert {"send_message", "send_dm", "set_state", "retire_agent", "update_task"} <= {name for name, _ in swept}
    assert len(swept) > 25


async def _check(context: Context, swept: Operation, name: str, written: str, names: list[str]) -> None:
    reference = swept.references[name]
    given = swept.arguments.model_construct(**{name: written})
    values = dict(await resolved(context, {name: reference}, given))
    for pattern in [*names, names[0][:-2] + "*", "*"]:
        rule = Rule(operation=swept.name.upper(), arguments={name: pattern})
        assert await is_about(context, rule, swept, values), (swept.name, name, written, pattern)
    for pattern in ("carol", "dm:carol", "nobody*"):
        rule = Rule(operation=swept.name, arguments={name: pattern})
        assert not await is_about(context, rule, swept, values), (swept.name, name, written, pattern)


def test_no_argument_names_a_member_or_channel_unsaid(team: TestTeam) -> None:
    missing = [
        f"{each.name}.{name}"
        for each in filter(can_wait, team.server.registry)
        for name in each.arguments.model_fields
        if name in NAMING and name not in each.references
    ]
    assert missing == []


# -- one by one, by calling --------------------------------------------------------------------------------------------


async def waits(team: TestTeam, member: Member, rule: dict[str, Any], call: dict[str, Any], name: str) -> bool:
    """Whether a call waits by a rule."""
    made = await team.owner.call("add_approval_rule", **rule)
    try:
        return isinstance(await member.call(name, **call), Deferred)
    finally:
        await team.owner.call("delete_approval_rule", rule_id=made.id)


@pytest.mark.parametrize("channel", CHANNEL)
async def test_a_rule_on_a_channel_holds_its_messages(alice: Member, team: TestTeam, channel: str) -> None:
    rule = {"operation": "send_message", "arguments": {"channel": "#Announcements"}}
    call = {"channel": channel, "content": "read this"}
    assert await waits(team, alice, rule, call, "send_message")
    (found,) = (await alice.call("list_approvals")).root
    assert found.arguments == {"channel": "announcements", "content": "read this"}, "as it will be done"


@pytest.mark.parametrize("given", [{}, {"name": "alice"}, {"name": "ALICE"}, {"name": "@alice"}])
async def test_the_caller_is_meant_where_nobody_is_named(alice: Member, team: TestTeam, given: dict[str, str]) -> None:
    rule = {"operation": "update_agent_profile", "arguments": {"name": "Alice"}, "who": ["@ALICE"]}
    assert await waits(team, alice, rule, {**given, "role": "chief"}, "update_agent_profile")


async def test_whose_calls_wait_is_told_by_name_in_any_spelling(alice: Member, team: TestTeam) -> None:
    for who, held in (("ALICE", True), ("@Alice", True), ("Agent", True), ("Member", True), ("bob", False)):
        rule = {"operation": "send_message", "who": [who]}
        call = {"channel": "general", "content": f"hello from {who}"}
        assert await waits(team, alice, rule, call, "send_message") is held, who


async def test_a_name_that_stands_for_nothing_is_refused_before_any_rule(alice: Member, team: TestTeam) -> None:
    await team.owner.call("add_approval_rule", operation="*")
    for name, call in (
        ("send_message", {"channel": "nowhere", "content": "x"}),
        ("send_dm", {"recipient": "bob:alice", "content": "x"}),
        ("create_task", {"title": "x", "assignee": "nobody"}),
    ):
        with pytest.raises(TeamError):
            await alice.call(name, **call)
    assert (await alice.call("list_approvals")).root == []


async def ground(alice: Member, team: TestTeam) -> dict[str, Any]:
    """Things to do something with, by name."""
    message = await alice.call("send_message", channel="announcements", content="read this")
    dm = await alice.call("send_dm", recipient="Bob", content="psst")
    task = (await alice.call("create_task", title="water", assignee="alice")).task
    below = (await alice.call("create_task", title="fill the can", parent_id=task.id)).task
    free = (await team.owner.call("create_task", title="feed")).task
    taken = (await team.owner.call("create_task", title="walk")).task
    claim = await alice.call("claim_task", task_id=taken.id)
    folder = await alice.call("create_folder", name="drafts", channel="announcements")
    goal = (await alice.call("create_goal", title="a garden")).goal
    await alice.call("add_channel_member", channel="announcements", agent_name="Bob")
    return {
        "message": message.id,
        "dm": dm.id,
        "task": task.id,
        "below": below.id,
        "free": free.id,
        "taken": {"task_id": taken.id, "fencing_token": claim.fencing_token},
        "folder": folder.id,
        "goal": goal.id,
    }


async def test_a_rule_holds_every_way_to_do_the_same(alice: Member, team: TestTeam) -> None:
    at = await ground(alice, team)
    there = {"channel": "announcements"}
    taken, free = at["taken"], {"task_id": at["free"]}
    number = str(taken["task_id"])
    ways: list[tuple[str, dict[str, Any], str, dict[str, str]]] = [
        ("send_message", {"channel": "dm:bob", "content": "a"}, "send_dm", {"recipient": "bob"}),
        ("send_message", {**there, "content": "hear @bob"}, "send_message", {"mentions": "bob"}),
        ("send_message", {"channel": "general", "content": "hear me, @all"}, "send_message", {"mentions": "bob"}),
        (
            "send_message",
            {"channel": "general", "content": "o", "mentions": ["all"]},
            "send_message",
            {"mentions": "b*"},
        ),
        ("edit_message", {"id": at["message"], "content": "@all"}, "send_message", {"mentions": "bob"}),
        ("send_message", {"channel": "dm:bob", "content": "b"}, "send_message", {"priority": "next"}),
        (
            "send_message",
            {**there, "content": "come, @carol", "auto_add_mentions": True},
            "add_channel_member",
            {"agent_name": "carol"},
        ),
        ("send_dm", {"recipient": "bob", "content": "c"}, "send_message", {"channel": "dm:bob"}),
        ("edit_message", {"id": at["message"], "content": "read that"}, "send_message", there),
        ("edit_message", {"id": at["message"], "content": "URGENT"}, "send_message", {"content": "*urgent*"}),
        ("edit_message", {"id": at["dm"], "content": "loud"}, "send_dm", {"recipient": "@Bob"}),
        ("create_channel", {"id": "plans", "members": ["bob"]}, "add_channel_member", {"agent_name": "Bob"}),
        ("update_channel", {**there, "name": "All of you"}, "create_channel", {"name": "all*"}),
        ("join_channel", there, "add_channel_member", there),
        ("leave_channel", there, "remove_channel_member", {"agent_name": "alice"}),
        ("add_channel_member", {**there, "agent_name": "alice"}, "join_channel", there),
        ("remove_channel_member", {**there, "agent_name": "alice"}, "leave_channel", there),
        ("rename_folder", {"folder_id": at["folder"], "name": "final"}, "create_folder", {"name": "final"}),
        ("conclude_state", {"conclusions": [{"field": "prod.url", "value": 1}]}, "set_state", {"field": "prod.*"}),
        ("done_task", {"task_id": at["task"]}, "update_task", {"status": "done"}),
        ("done_task", {"task_id": at["task"]}, "complete_task", {"fencing_token": "7"}),
        ("update_task", {"task_id": at["task"], "status": "done"}, "done_task", {}),
        ("update_task", {"task_id": at["task"], "status": "done"}, "complete_task", {}),
        ("update_task", {"task_id": at["task"], "status": "failed"}, "fail_task", {}),
        ("update_task", {"task_id": at["task"], "status": "todo"}, "release_task", {}),
        ("update_task", {"task_id": at["task"], "progress": 10}, "update_task_progress", {}),
        ("update_task", {"task_id": at["task"], "assignee": "me"}, "claim_task", {}),
        ("update_task", {"task_id": at["task"], "assignee": "bob"}, "create_task", {"assignee": "@Bob"}),
        ("complete_task", taken, "update_task", {"status": "done", "task_id": number}),
        ("complete_task", taken, "done_task", {"task_id": number}),
        ("fail_task", taken, "update_task", {"status": "failed"}),
        ("release_task", taken, "update_task", {"status": "todo"}),
        ("update_task_progress", {**taken, "progress": 5}, "update_task", {"progress": "5"}),
        ("claim_task", free, "update_task", {"assignee": "alice"}),
        ("claim_next_task", {}, "claim_task", {"task_id": str(at["free"])}),
        ("claim_next_task", {}, "update_task", {"assignee": "alice"}),
        ("create_task", {"title": "x", "parent_id": at["task"]}, "create_task", {"channel": "null"}),
        ("create_task", {"source_msg": at["message"]}, "create_task", there),
        ("create_task", {"source_msg": at["message"]}, "pin_task", {"message_id": str(at["message"])}),
        ("pin_task", {"message_id": at["message"]}, "create_task", there),
        ("delete_task", {"task_id": at["task"], "with_subtasks": True}, "delete_task", {"task_id": str(at["below"])}),
        ("update_goal", {"goal_id": at["goal"], "title": "a park"}, "create_goal", {"title": "* park"}),
    ]
    if "post_knowledge" in {each.name for each in team.server.registry}:
        posted = await alice.call("post_knowledge", title="water", body="is wet")
        await alice.call("retract_knowledge", content_id=posted.content_id)
        ways.append(("post_knowledge", {"title": "water", "body": "is wet"}, "revive_knowledge", {}))
    for name, call, other, pattern in ways:
        rule = {"operation": other, "arguments": pattern}
        assert await waits(team, alice, rule, call, name), (name, other)
    declared = {(each.name, other) for each in team.server.registry for other in each.amounts_to}
    assert declared == {(name, other) for name, _, other, _ in ways if (name, other) in declared}
    assert declared


async def test_what_does_something_else_does_not_wait(alice: Member, team: TestTeam) -> None:
    at = await ground(alice, team)
    for name, call, other, pattern in (
        ("send_message", {"channel": "general", "content": "a"}, "send_message", {"channel": "announcements"}),
        ("edit_message", {"id": at["message"], "content": "b"}, "send_message", {"channel": "general"}),
        ("edit_message", {"id": at["message"], "content": "c"}, "send_dm", {}),
        ("update_task", {"task_id": at["task"], "comment": "d"}, "create_task", {}),
        ("update_task", {"task_id": at["task"], "comment": "e"}, "done_task", {}),
        ("update_goal", {"goal_id": at["goal"], "status": "dropped"}, "create_goal", {}),
        ("conclude_state", {"conclusions": [{"field": "test", "value": 1}]}, "set_state", {"field": "prod.*"}),
    ):
        rule = {"operation": other, "arguments": pattern}
        assert not await waits(team, alice, rule, call, name), (name, other)


class Shouting:
    """A plugin with another way to send that cannot wait."""

    @staticmethod
    async def as_sent(context: Context, arguments: Any) -> list[dict[str, Any]]:
        return [{"channel": "announcements", "content": arguments.text}]

    @hookimpl
    def register_operations(self) -> list[Any]:
        @operation("POST /api/shout", tool=False, amounts_to={"send_message": self.as_sent})
        async def shout(context: Context, text: str) -> Agreed:
            """Shout."""
            return Agreed()

        return [shout]


class Agreed(Result):
    """Nothing."""


@pytest.mark.teammcp(install={"shouting": Shouting()})
async def test_what_cannot_wait_and_does_what_waits_is_refused(alice: Member, team: TestTeam) -> None:
    assert isinstance(await alice.call("shout", text="hello"), Agreed)
    await team.owner.call("add_approval_rule", operation="send_message", arguments={"channel": "announcements"})
    with pytest.raises(Refused, match="waits for approval"):
        await alice.call("shout", text="hello")


async def test_what_waits_by_the_meaning_of_a_call_is_done_as_it_was_made(alice: Member, team: TestTeam) -> None:
    sent = await alice.call("send_message", channel="announcements", content="read this")
    await team.owner.call("add_approval_rule", operation="send_message", arguments={"channel": "announcements"})
    edit = await alice.call("edit_message", id=sent.id, content="read that")
    assert (await team.owner.call("get_message", message_id=sent.id)).content == "read this"
    await team.owner.call("resolve_approval", approval_id=edit.result["approval_id"], approved=True)
    assert (await team.owner.call("get_message", message_id=sent.id)).content == "read that"


@pytest.mark.teammcp(permissions={"set_state": "manager", "done_task": "manager", "send_dm": "owner"})
async def test_an_access_level_is_needed_for_every_way_to_do_the_same(alice: Member) -> None:
    task = (await alice.call("create_task", title="water")).task
    await alice.call("update_task", task_id=task.id, progress=50)
    await alice.call("send_message", channel="general", content="hello")
    for name, call in (
        ("conclude_state", {"conclusions": [{"field": "phase", "value": 1}]}),
        ("update_task", {"task_id": task.id, "status": "done"}),
        ("send_message", {"channel": "dm:bob", "content": "hello"}),
    ):
        with pytest.raises(Forbidden, match="needs access level"):
            await alice.call(name, **call)
