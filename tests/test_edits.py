"""What an edit or a deletion changes of whom a message waits for: the same as if it had been sent as it is now."""

from __future__ import annotations

from typing import Any

import pytest

from teammcp import hookimpl, operations
from teammcp.features.inbox.jobs import watch
from teammcp.surfaces.unread import waiting as what_waits
from teammcp.testing import Member, MovedClock, TestTeam

# How a message that bob and eve may read can call them, and how it is sent.
TEXTS = ["please", "@bob please", "@eve please", "@bob @eve please", "@all please"]
WAYS: list[dict[str, Any]] = [{}, {"reply_by": 5}, {"ack_required": True}, {"reply_by": 5, "ack_required": True}]


@pytest.fixture
async def ann(team: TestTeam) -> Member:
    return await team.agent("ann")


@pytest.fixture
async def bob(team: TestTeam) -> Member:
    return await team.agent("bob")


@pytest.fixture
async def eve(team: TestTeam) -> Member:
    return await team.agent("eve")


async def say(member: Member, content: str, channel: str = "general", **more: Any) -> int:
    message_id: int = (await member.call("send_message", channel=channel, content=content, **more)).id
    return message_id


async def standing(team: TestTeam, reader: Member, sender: Member, message: int) -> dict[str, Any]:
    """All that a message asks of a reader, as every view tells it."""
    context = operations.enter(team.server, reader.key, "mcp", "127.0.0.1")
    mine = {view: await unanswered(reader, view) for view in ("waiting_for_me", "overdue")}
    theirs = (await sender.call("list_unanswered", view="waiting_for_others")).messages
    receipt = (await sender.call("get_receipt", message_id=message)).recipients
    channels = (await reader.call("get_channels")).root
    return {
        "notice": await what_waits(context),
        "mentions": next(each.mentions for each in channels if each.id == "general"),
        **{view: message in found for view, found in mine.items()},
        "awaited": any(reader.name in each.waiting_for for each in theirs if each.message.id == message),
        "asked": next(who.reply_by for who in receipt if who.agent == reader.name) is not None,
        "late_told": await late_told(sender, reader, message),
    }


async def unanswered(member: Member, view: str) -> list[int]:
    return [each.message.id for each in (await member.call("list_unanswered", view=view)).messages]


async def late_told(sender: Member, reader: Member, message: int) -> bool:
    """Whether the sender was told that this reader has not answered in time."""
    told = await sender.call("get_inbox", detail_limit=50, summary_threshold=200)
    notes = [each for channel in told.channels for each in channel.messages if each.from_agent == "system"]
    return any(f"from {reader.name}" in each.content and f"message {message}" in each.content for each in notes)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: "+".join(way) or "plain")
async def test_an_edited_message_asks_the_same_as_one_that_was_sent_so(
    team: TestTeam, ann: Member, bob: Member, eve: Member, clock: MovedClock, way: dict[str, Any]
) -> None:
    for before in TEXTS:
        for after in TEXTS:
            edited, sent = await say(ann, before, **way), 0
            await ann.call("edit_message", id=edited, content=after)
            standings = {}
            for message in (edited, sent):
                message = message or await say(ann, after, **way)
                clock.advance(minutes=6)
                await watch(team.team)
                names = {"bob": bob, "eve": eve}
                standings[message] = {name: await standing(team, who, ann, message) for name, who in names.items()}
                handed = [each.id for each in (await bob.call("wait_for_messages", timeout=0)).messages]
                assert (message in handed) is standings[message]["bob"]["waiting_for_me"], (before, after)
                await eve.call("wait_for_messages", timeout=0)
                await ann.call("delete_message", id=message)
            first, second = standings.values()
            assert first == second, (before, after)


async def test_who_is_called_no_more_is_not_overdue_and_wakes_nobody(
    team: TestTeam, ann: Member, bob: Member, eve: Member, clock: MovedClock
) -> None:
    message = await say(ann, "@bob please", reply_by=5)
    await ann.call("edit_message", id=message, content="@eve please")
    assert (await bob.call("wait_for_messages", timeout=0)).messages == []
    assert await unanswered(bob, "waiting_for_me") == []
    assert await unanswered(eve, "waiting_for_me") == [message]
    clock.advance(minutes=6)
    await watch(team.team)
    assert await unanswered(bob, "overdue") == []
    assert not await late_told(ann, bob, message)
    assert await late_told(ann, eve, message)
    (event,) = await team.events("message.edited")
    assert (event.data["addressed"], event.data["no_longer_addressed"]) == (["eve"], ["bob"])


async def test_an_edit_keeps_how_far_a_message_got_with_whom_it_still_calls(
    ann: Member, bob: Member, eve: Member
) -> None:
    message = await say(ann, "@bob @eve please")
    await bob.call("get_inbox")
    await say(eve, "yes", replyTo=message)
    await ann.call("edit_message", id=message, content="@bob @eve, please")
    receipt = (await ann.call("get_receipt", message_id=message)).recipients
    assert {who.agent: who.state for who in receipt if who.agent != "owner"} == {"bob": "read", "eve": "answered"}


async def test_an_edit_of_what_was_said_to_everybody_calls_nobody_who_came_since(
    team: TestTeam, ann: Member, bob: Member
) -> None:
    for text, more in (("@all look", {}), ("look", {"ack_required": True}), ("look", {"reply_by": 5})):
        message = await say(ann, text, **more)
        late = await team.agent(f"late{message}")
        await ann.call("edit_message", id=message, content=f"{text}!")
        assert (await late.call("get_inbox")).total_unread == 0
        assert await unanswered(late, "waiting_for_me") == []
        assert message in await unanswered(bob, "waiting_for_me")


async def test_who_acknowledged_and_is_asked_to_answer_now_is_waited_for(ann: Member, bob: Member, eve: Member) -> None:
    message = await say(ann, "@eve decides, the rest takes note", ack_required=True, reply_by=5)
    found = (await bob.call("get_inbox")).channels[0]
    await bob.call("ack_inbox", items=[{"channel": "general", "ack_id": found.ack_id}])
    assert await unanswered(bob, "waiting_for_me") == []
    await ann.call("edit_message", id=message, content="@bob decides, the rest takes note")
    assert await unanswered(bob, "waiting_for_me") == [message]
    await ann.call("edit_message", id=message, content="@eve decides, the rest takes note")
    assert await unanswered(bob, "waiting_for_me") == []


async def test_nobody_is_late_with_what_it_was_not_asked_for_in_time(
    ann: Member, bob: Member, eve: Member, clock: MovedClock
) -> None:
    message = await say(ann, "@bob please", reply_by=5)
    clock.advance(minutes=6)
    await ann.call("edit_message", id=message, content="@bob @eve please")
    assert await unanswered(bob, "overdue") == [message]
    assert await unanswered(eve, "waiting_for_me") == [message]
    assert await unanswered(eve, "overdue") == []


class Bounces:
    """A plugin that notes what did not reach its reader."""

    def __init__(self) -> None:
        self.names: list[str] = []

    @hookimpl
    def message_undelivered(self, agent: str) -> None:
        self.names.append(agent)


BOUNCES = Bounces()


@pytest.mark.teammcp(install={"bounces": BOUNCES})
async def test_an_edit_tells_its_author_whom_it_does_not_reach_as_sending_does(team: TestTeam, ann: Member) -> None:
    BOUNCES.names.clear()
    await team.agent("gone")
    await team.owner.call("retire_agent", name="gone")
    await team.agent("stranger")
    await ann.call("create_channel", id="dev")
    text = "@stranger @gone look"
    sent = await ann.call("send_message", channel="dev", content=text)
    message = await say(ann, "look", "dev")
    edited = await ann.call("edit_message", id=message, content=text)
    for answer in (sent, edited):
        assert (answer.not_members, answer.retired, answer.added_members) == (["stranger"], ["gone"], [])
        assert "Not members, so not notified: stranger" in answer.text()
        assert "Retired, so not reached: gone" in answer.text()
    await team.server.settle()
    assert BOUNCES.names == ["gone", "gone"]
    await ann.call("edit_message", id=message, content=f"{text}!")
    await team.server.settle()
    assert BOUNCES.names == ["gone", "gone"]


async def test_an_edit_may_make_members_of_those_it_names(team: TestTeam, ann: Member) -> None:
    stranger = await team.agent("stranger")
    await ann.call("create_channel", id="dev")
    message = await say(ann, "look", "dev")
    edited = await ann.call("edit_message", id=message, content="@stranger look", auto_add_mentions=True)
    assert (edited.not_members, edited.added_members) == ([], ["stranger"])
    assert [each.id for each in (await stranger.call("wait_for_messages", timeout=0)).messages] == [message]


async def test_in_a_direct_message_an_edit_takes_nothing_back(ann: Member, bob: Member) -> None:
    message = await say(ann, "@bob hello", "dm:bob", reply_by=5)
    await ann.call("edit_message", id=message, content="hello")
    assert await unanswered(bob, "waiting_for_me") == [message]
    assert [each.id for each in (await bob.call("wait_for_messages", timeout=0)).messages] == [message]
