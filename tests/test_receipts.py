"""How far a message got: stored, offered, read, acknowledged, answered."""

from __future__ import annotations

from typing import Any

import pytest

from teammcp import NotFound
from teammcp.testing import Member, MovedClock, TestTeam


async def say(member: Member, content: str, channel: str = "general", **more: Any) -> int:
    message_id: int = (await member.call("send_message", channel=channel, content=content, **more)).id
    return message_id


async def states(member: Member, message: int) -> dict[str, str]:
    receipt = await member.call("get_receipt", message_id=message)
    return {recipient.agent: recipient.state for recipient in receipt.recipients}


async def of(member: Member, message: int, reader: str) -> Any:
    receipt = await member.call("get_receipt", message_id=message)
    return next(recipient for recipient in receipt.recipients if recipient.agent == reader)


async def test_each_step_of_an_addressed_message_has_its_time(team: TestTeam, clock: MovedClock) -> None:
    alice, bob = await team.agent("alice"), await team.agent("bob")
    message = await say(alice, "@bob please")
    start = clock.now()
    assert (await of(alice, message, "bob")).state == "stored"
    clock.advance(minutes=1)
    await bob.call("wait_for_messages", timeout=0)
    offered = await of(alice, message, "bob")
    assert (offered.state, offered.offered_at, offered.offered_by, offered.read_at) == (
        "offered", start + 60_000, "wait", None,
    )  # fmt: skip
    clock.advance(minutes=1)
    await bob.call("get_inbox")
    read = await of(alice, message, "bob")
    assert (read.state, read.offered_at, read.read_at, read.acked_at) == (
        "read", start + 60_000, start + 120_000, None,
    )  # fmt: skip
    clock.advance(minutes=1)
    await bob.call("ack_inbox", items=[{"channel": "general", "ack_id": message}])
    acked = await of(alice, message, "bob")
    assert (acked.state, acked.read_at, acked.acked_at) == ("acked", start + 120_000, start + 180_000)
    clock.advance(minutes=1)
    answer = await say(bob, "done", replyTo=message)
    await say(bob, "really", replyTo=message)
    answered = await of(alice, message, "bob")
    assert (answered.state, answered.answer, answered.answered_at) == ("answered", answer, start + 240_000)
    await bob.call("get_inbox")
    await bob.call("ack_inbox", items=[{"channel": "general", "ack_id": message}])
    assert (await of(alice, message, "bob")).acked_at == start + 180_000


async def test_those_who_were_not_addressed_are_known_by_their_cursor(team: TestTeam, clock: MovedClock) -> None:
    alice, bob, carol = await team.agent("alice"), await team.agent("bob"), await team.agent("carol")
    message = await say(alice, "for everybody")
    assert await states(alice, message) == {"bob": "stored", "carol": "stored", "owner": "stored"}
    clock.advance(minutes=1)
    await bob.call("get_inbox")
    await carol.call("get_inbox")
    await carol.call("ack_inbox", items=[{"channel": "general", "ack_id": message}])
    assert await states(alice, message) == {"bob": "read", "carol": "acked", "owner": "stored"}
    later = await say(alice, "later")
    assert await states(alice, later) == {"bob": "stored", "carol": "stored", "owner": "stored"}
    assert await states(alice, message) == {"bob": "read", "carol": "acked", "owner": "stored"}


async def test_reading_history_or_search_is_no_receipt(team: TestTeam) -> None:
    alice, bob = await team.agent("alice"), await team.agent("bob")
    message = await say(alice, "@bob hello")
    await bob.call("get_history")
    await bob.call("search_messages", query="hello")
    assert (await states(alice, message))["bob"] == "stored"


async def test_a_summary_says_read_only_of_what_it_shows(team: TestTeam) -> None:
    alice, bob = await team.agent("alice"), await team.agent("bob")
    hidden = await say(alice, "hidden")
    called = await say(alice, "@bob called")
    for number in range(25):
        last = await say(alice, f"{number}")
    await bob.call("get_inbox")
    assert (await states(alice, hidden))["bob"] == "stored"
    assert (await states(alice, called))["bob"] == "read"
    await bob.call("ack_inbox", items=[{"channel": "general", "ack_id": last}])
    for message in (hidden, called, last):
        assert (await states(alice, message))["bob"] == "acked"


async def test_ack_required_asks_every_member_and_keeps_a_row_for_each(team: TestTeam) -> None:
    alice, bob = await team.agent("alice"), await team.agent("bob")
    await team.agent("carol")
    message = await say(alice, "read this, all of you", ack_required=True)
    receipt = await alice.call("get_receipt", message_id=message)
    assert receipt.ack_required
    assert {recipient.agent for recipient in receipt.recipients} == {"bob", "carol", "owner"}
    assert "bob: stored" in receipt.text()
    waited = await bob.call("wait_for_messages", timeout=0)
    assert [item.ack_required for item in waited.messages] == [True]
    await bob.call("ack_inbox", items=[{"channel": "general", "ack_id": message}])
    assert await states(alice, message) == {"bob": "acked", "carol": "stored", "owner": "stored"}
    assert (await of(alice, message, "bob")).offered_by == "wait"


async def test_a_direct_message_has_one_recipient(team: TestTeam) -> None:
    alice, bob = await team.agent("alice"), await team.agent("bob")
    message = await say(alice, "psst", "dm:bob")
    assert await states(alice, message) == {"bob": "stored"}
    await say(bob, "what?", "dm:alice", replyTo=message)
    assert await states(alice, message) == {"bob": "answered"}
    assert await states(bob, message) == {"bob": "answered"}


async def test_whoever_came_later_is_no_recipient_unless_called(team: TestTeam, clock: MovedClock) -> None:
    alice = await team.agent("alice")
    message = await say(alice, "early")
    clock.advance(seconds=1)
    dave = await team.agent("dave")
    assert "dave" not in await states(alice, message)
    await alice.call("edit_message", id=message, content="early, but @dave should know")
    assert (await states(alice, message))["dave"] == "stored"
    await dave.call("get_inbox")
    assert (await states(alice, message))["dave"] == "read"


async def test_a_deleted_answer_is_none(team: TestTeam) -> None:
    alice, bob = await team.agent("alice"), await team.agent("bob")
    message = await say(alice, "@bob?")
    answer = await say(bob, "yes", replyTo=message)
    assert (await states(alice, message))["bob"] == "answered"
    await bob.call("delete_message", id=answer)
    assert (await states(alice, message))["bob"] == "stored"


async def test_a_receipt_over_rest(team: TestTeam) -> None:
    alice = await team.agent("alice")
    await team.agent("bob")
    message = await say(alice, "@bob")
    answer = (await alice.http.get(f"/api/messages/{message}/receipt")).json()
    assert (answer["message_id"], answer["channel"], answer["ack_required"]) == (message, "general", False)
    bob = next(item for item in answer["recipients"] if item["agent"] == "bob")
    assert bob["state"] == "stored"
    with pytest.raises(NotFound):
        await alice.call("get_receipt", message_id=10**9)
