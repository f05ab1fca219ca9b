"""Operations that wait by a rule, from the settings or made by an owner."""

from __future__ import annotations

from typing import Any

import pytest
from teammcp_approvals import memory

from teammcp import Conflict, Deferred, Forbidden, InvalidInput, NotFound, Refused
from teammcp.features.schedules.operations.runs import run_due
from teammcp.testing import Member, MovedClock, TestTeam


def with_rules(*rules: dict[str, Any], **settings: Any) -> pytest.MarkDecorator:
    """Settings with rules."""
    return pytest.mark.teammcp(plugins={"approvals": {"rules": list(rules), **settings}})


@pytest.fixture
async def alice(team: TestTeam) -> Member:
    return await team.agent("alice")


@pytest.fixture
async def maria(team: TestTeam) -> Member:
    """A manager."""
    return await team.agent("maria", access="manager")


async def general(member: Member) -> list[str]:
    """What stands in #general."""
    return [message.content for message in (await member.call("get_history", channel="general")).messages]


async def say(member: Member, content: str, channel: str = "general") -> Any:
    """Send a message: the number of the approval that it waits for, or the result."""
    sent = await member.call("send_message", channel=channel, content=content)
    return sent.result["approval_id"] if isinstance(sent, Deferred) else sent


@with_rules({"operation": "send_message", "arguments": {"channel": "gen*"}, "who": ["agent"], "note": "press"})
async def test_a_call_waits_by_its_name_and_arguments(alice: Member, maria: Member, team: TestTeam) -> None:
    await team.owner.call("create_channel", id="other")
    await say(alice, "free", "other")
    await say(team.owner, "a person may")
    number = await say(alice, "hello press")
    found = await alice.call("get_approval", approval_id=number)
    assert (found.kind, found.operation, found.why, found.approvers) == (
        "operation",
        "send_message",
        "press",
        ["manager"],
    )
    assert found.arguments == {"channel": "general", "content": "hello press"}
    assert await general(maria) == ["a person may"]
    done = await maria.call("resolve_approval", approval_id=number, approved=True)
    assert done.approval_status == "approved"
    history = (await maria.call("get_history", channel="general")).messages
    assert [(each.from_agent, each.content) for each in history][-1] == ("alice", "hello press")
    assert done.result["id"] == history[-1].id


@with_rules({"operation": "*"})
async def test_no_rule_stops_reading_secrets_files_or_the_server(alice: Member, maria: Member, team: TestTeam) -> None:
    for operation in ("get_agents", "get_inbox", "get_pending_approvals", "heartbeat"):
        assert not isinstance(await alice.call(operation), Deferred)
    assert isinstance(await say(alice, "this waits"), int)
    assert (await alice.call("rotate_key", name="alice")).apiKey
    assert (await maria.call("upload_file", name="a.txt", content=b"a")).file_id
    assert await maria.call("request_approval", title="x", approvers=["owner"])


async def test_a_rule_on_everything_leaves_an_agent_its_inbox(team: TestTeam) -> None:
    vega = await team.agent("vega")
    await team.owner.call("set_state", field="phase", value="plan")
    await team.owner.call("add_approval_rule", operation="*", who=["vega"])
    assert isinstance(await vega.call("send_message", channel="general", content="hello"), Deferred)
    await team.owner.call("send_message", channel="general", content="@vega are you there?")
    assert not isinstance(await vega.call("wait_for_messages", timeout=0), Deferred)
    [entry, *_] = (await vega.call("get_inbox")).channels
    for name, arguments in (
        ("ack_inbox", {"items": [{"channel": entry.channel, "ack_id": entry.ack_id}]}),
        ("heartbeat", {}),
        ("subscribe_state", {"fields": ["phase"]}),
    ):
        assert not isinstance(await vega.call(name, **arguments), Deferred), name


@with_rules({"operation": "send_*", "approvers": ["maria", "owner"], "quorum": 2, "expires_minutes": 5})
async def test_quorum_counts_heads(alice: Member, maria: Member, team: TestTeam, clock: MovedClock) -> None:
    number = await say(alice, "two must agree")
    first = await maria.call("resolve_approval", approval_id=number, approved=True)
    assert (first.approval_status, first.approvals, first.quorum) == ("pending", 1, 2)
    with pytest.raises(Conflict, match="maria has decided"):
        await maria.call("resolve_approval", approval_id=number, approved=False)
    assert (await maria.call("get_pending_approvals")).root == []
    assert [each.approval_id for each in (await team.owner.call("get_pending_approvals")).root] == [number]
    assert await general(alice) == []
    second = await team.owner.call("resolve_approval", approval_id=number, approved=True)
    assert second.approval_status == "approved"
    assert await general(alice) == ["two must agree"]
    number = await say(alice, "one is against")
    await maria.call("resolve_approval", approval_id=number, approved=True)
    await team.owner.call("resolve_approval", approval_id=number, approved=False)
    assert (await alice.call("get_approval", approval_id=number)).status == "rejected"
    number = await say(alice, "late")
    clock.advance(minutes=5)
    with pytest.raises(Conflict, match="is over"):
        await maria.call("resolve_approval", approval_id=number, approved=True)


@with_rules({"operation": "send_message", "approvers": ["maria"]})
async def test_an_approver_needs_another_for_its_own(maria: Member, team: TestTeam) -> None:
    number = await say(maria, "mine")
    with pytest.raises(Forbidden, match="own proposal"):
        await maria.call("resolve_approval", approval_id=number, approved=True)
    await team.owner.call("resolve_approval", approval_id=number, approved=True)
    number = await say(team.owner, "the owner's")
    await team.owner.call("resolve_approval", approval_id=number, approved=True)
    decided = [event.data for event in await team.events("approval.decided")]
    assert [each.get("self_approved", False) for each in decided] == [False, True]
    assert await general(maria) == ["mine", "the owner's"]


@with_rules({"operation": "send_message", "approvers": ["nobody"], "quorum": 3})
async def test_a_rule_that_nobody_can_satisfy_lets_nothing_through(alice: Member) -> None:
    with pytest.raises(Refused, match="needs 3 approvals"):
        await say(alice, "hello")


@with_rules({"operation": "send_message"})
async def test_what_fails_is_told_and_leaves_nothing(alice: Member, maria: Member, team: TestTeam) -> None:
    await team.owner.call("add_approval_rule", operation="create_channel")
    deferred = await alice.call("create_channel", id="plans")
    number = await say(alice, "soon")
    await team.owner.call("retire_agent", name="alice")
    failed = await maria.call("resolve_approval", approval_id=number, approved=True)
    assert (failed.success, failed.approval_status, failed.error) == (False, "failed", "alice was retired.")
    bob = await team.agent("bob")
    other = await bob.call("create_channel", id="plans")
    await maria.call("resolve_approval", approval_id=other.result["approval_id"], approved=True)
    third = await bob.call("create_channel", id="plans", name="again")
    failed = await maria.call("resolve_approval", approval_id=third.result["approval_id"], approved=True)
    assert failed.approval_status == "failed"
    assert "plans" in failed.error
    assert deferred.result["approval_id"] != other.result["approval_id"]
    note = (await bob.call("get_inbox")).channels[0].messages[-1].content
    assert "could not be done" in note


@with_rules({"operation": "set_state"})
async def test_two_rules_on_one_call_ask_one_after_the_other(alice: Member, maria: Member, team: TestTeam) -> None:
    made = await alice.call("set_state", field="plan", value=1)
    await maria.call("resolve_approval", approval_id=made.result["approval_id"], approved=True)
    assert (await alice.call("get_state", field="plan")).root.value == 1
    bob = await team.agent("bob")
    first = (await bob.call("set_state", field="plan", value=2)).result["approval_id"]
    done = await maria.call("resolve_approval", approval_id=first, approved=True)
    assert done.approval_status == "approved"
    second = done.result["approval_id"]
    assert (await alice.call("get_state", field="plan")).root.value == 1
    assert [each.approval_id for each in (await alice.call("get_pending_approvals")).root] == [second]
    await alice.call("resolve_approval", approval_id=second, approved=True)
    assert (await alice.call("get_state", field="plan")).root.updated_by == "bob"


@with_rules({"operation": "set_state"})
async def test_who_approves_a_rule_and_the_field_is_asked_once(alice: Member, team: TestTeam) -> None:
    made = await alice.call("set_state", field="plan", value=1)
    await team.owner.call("resolve_approval", approval_id=made.result["approval_id"], approved=True)
    bob = await team.agent("bob")
    first = (await bob.call("set_state", field="plan", value=2)).result["approval_id"]
    await team.owner.call("resolve_approval", approval_id=first, approved=True)
    assert (await alice.call("get_state", field="plan")).root.value == 2


async def test_owners_make_and_delete_rules(alice: Member, maria: Member, team: TestTeam) -> None:
    with pytest.raises(Forbidden):
        await maria.call("add_approval_rule", operation="send_message")
    made = await team.owner.call(
        "add_approval_rule", operation="send_message", arguments={"content": "*urgent*"}, approvers=["@maria"]
    )
    await say(alice, "calm")
    number = await say(alice, "urgent!")
    assert (await maria.call("get_approval", approval_id=number)).approvers == ["maria"]
    (listed,) = (await alice.call("list_approval_rules")).root
    assert listed == made
    assert (await team.owner.call("delete_approval_rule", rule_id=made.id)).root == []
    await say(alice, "urgent again")
    assert await general(alice) == ["calm", "urgent again"]
    with pytest.raises(NotFound):
        await team.owner.call("delete_approval_rule", rule_id=made.id)
    assert (await maria.call("get_approval", approval_id=number)).status == "pending"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"operation": "send_mesage"}, "there is no operation"),
        ({"operation": "get_agents"}, "cannot wait"),
        ({"operation": "register_agent"}, "cannot wait"),
        ({"operation": "upload_file"}, "cannot wait"),
        ({"operation": "resolve_approval"}, "cannot wait"),
        ({"operation": "send_message", "arguments": {"chanel": "x"}}, "no argument 'chanel'"),
        ({"operation": "send_message", "quorum": 0}, "quorum"),
        ({"operation": "send_message", "approvers": []}, "approvers"),
    ],
)
async def test_a_rule_that_makes_no_sense_is_refused(team: TestTeam, wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        await team.owner.call("add_approval_rule", **wrong)


@with_rules({"operation": "send_message"})
async def test_a_scheduled_message_waits_as_well(
    alice: Member, maria: Member, team: TestTeam, clock: MovedClock
) -> None:
    await alice.call("schedule_message", channel="general", content="from a schedule", every="1 hour")
    clock.advance(hours=1, seconds=1)
    await run_due(team.team)
    (waiting,) = (await maria.call("get_pending_approvals")).root
    assert (waiting.proposed_by, waiting.arguments["content"]) == ("alice", "from a schedule")
    assert await general(alice) == []


@with_rules({"operation": "send_message", "arguments": {"channel": "plans"}})
async def test_what_is_private_is_shown_to_those_it_concerns(alice: Member, maria: Member, team: TestTeam) -> None:
    await alice.call("create_channel", id="plans", type="topic")
    eve = await team.agent("eve")
    number = await say(alice, "xyzzy", "plans")
    for found in (await eve.call("list_approvals")).root, (await eve.call("get_pending_approvals")).root:
        assert found == []
    with pytest.raises(NotFound):
        await eve.call("get_approval", approval_id=number)
    with pytest.raises(NotFound):
        await eve.call("resolve_approval", approval_id=number, approved=True)
    (asked,) = await team.events("approval.requested")
    assert asked.agents == ("alice", "maria", "owner")
    assert "xyzzy" not in asked.json
    assert (await maria.call("get_approval", approval_id=number)).arguments["content"] == "xyzzy"


async def test_rules_are_there_after_a_restart(team: TestTeam, alice: Member) -> None:
    await team.owner.call("add_approval_rule", operation="send_message")
    await team.owner.call("add_permission_rule", tool="Bash", decision="deny")
    before = (await alice.call("list_approval_rules")).root
    number = await say(alice, "waits")
    await memory.load(team.team)
    assert (await alice.call("list_approval_rules")).root == before
    assert await say(alice, "waits too") == number + 1


@with_rules({"operation": "send_message", "approvers": ["member"]})
async def test_who_came_after_the_question_does_not_decide_it(alice: Member, team: TestTeam, clock: MovedClock) -> None:
    bob = await team.agent("bob")
    number = await say(alice, "hello")
    clock.advance(seconds=1)
    puppet = await team.agent("puppet")
    with pytest.raises(Forbidden, match="you came to the team after"):
        await puppet.call("resolve_approval", approval_id=number, approved=True)
    assert (await bob.call("resolve_approval", approval_id=number, approved=True)).approval_status == "approved"
    number = await say(alice, "hello again")
    assert (await puppet.call("resolve_approval", approval_id=number, approved=True)).approval_status == "approved"
