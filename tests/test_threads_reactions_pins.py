"""What hangs on messages: threads, reactions, pins."""

from __future__ import annotations

from typing import Any

import pytest

from teammcp import Conflict, InvalidInput, NotFound
from teammcp.features.messages.models import EMOJI
from teammcp.testing import Member, MovedClock, TestTeam


async def say(member: Member, content: str, channel: str = "general", **more: Any) -> int:
    message_id: int = (await member.call("send_message", channel=channel, content=content, **more)).id
    return message_id


# -- threads ---------------------------------------------------------------------------------------------------------


async def test_a_thread_holds_every_answer_however_deep(team: TestTeam) -> None:
    alice, bob = await team.agent("alice"), await team.agent("bob")
    root = await say(alice, "root")
    await say(bob, "unrelated")
    first = await say(bob, "first", replyTo=root)
    second = await say(alice, "second", replyTo=first)
    third = await say(bob, "third", replyTo=root)
    for start in (root, first, second, third):
        thread = await bob.call("get_thread", message_id=start)
        assert thread.root.id == root
        assert [reply.id for reply in thread.replies] == [first, second, third]
        assert not thread.hasMore
    assert thread.root.replies == 3
    assert [(reply.reply_to, reply.thread) for reply in thread.replies] == [(root, root), (first, root), (root, root)]
    assert thread.text().count("\n") == 5
    pages, after = [], 0
    while True:
        page = await bob.call("get_thread", message_id=root, limit=2, after=after)
        pages += [reply.id for reply in page.replies]
        if not page.hasMore:
            break
        after = pages[-1]
    assert pages == [first, second, third]


async def test_an_answer_must_be_to_a_message_of_the_same_channel(team: TestTeam) -> None:
    alice = await team.agent("alice")
    await team.agent("bob")
    await alice.call("create_channel", id="dev")
    here, letter = await say(alice, "here"), await say(alice, "letter", "dm:bob")
    for channel, wrong in (("dev", here), ("general", letter), ("dm:bob", here), ("general", 10**6)):
        with pytest.raises(InvalidInput, match="replyTo"):
            await say(alice, "answer", channel, replyTo=wrong)
    assert (await alice.call("get_thread", message_id=here)).replies == []


async def test_a_thread_outlives_its_messages(team: TestTeam) -> None:
    alice, bob = await team.agent("alice"), await team.agent("bob")
    root = await say(alice, "root")
    gone, kept = await say(bob, "gone", replyTo=root), await say(bob, "kept", replyTo=root)
    await bob.call("delete_message", id=gone)
    await alice.call("delete_message", id=root)
    thread = await alice.call("get_thread", message_id=kept)
    assert (thread.root.deleted, thread.root.replies) == (True, 1)
    assert [(reply.id, reply.content) for reply in thread.replies] == [(gone, ""), (kept, "kept")]
    late = await say(alice, "late", replyTo=root)
    assert (await alice.call("get_message", message_id=late)).thread == root


# -- reactions -------------------------------------------------------------------------------------------------------


async def test_each_member_reacts_once_with_each_emoji(team: TestTeam, clock: MovedClock) -> None:
    alice, bob = await team.agent("alice"), await team.agent("bob")
    message = await say(alice, "hello")
    assert (await bob.call("add_reaction", message_id=message, emoji="🎉")).changed
    clock.advance(seconds=1)
    assert (await alice.call("add_reaction", message_id=message, emoji="👍")).changed
    clock.advance(seconds=1)
    assert (await alice.call("add_reaction", message_id=message, emoji="🎉")).changed
    assert not (await alice.call("add_reaction", message_id=message, emoji="🎉")).changed
    shown = (await bob.call("get_message", message_id=message)).reactions
    assert [(item.emoji, item.agents) for item in shown] == [("🎉", ["bob", "alice"]), ("👍", ["alice"])]
    assert not (await bob.call("remove_reaction", message_id=message, emoji="👍")).changed
    assert (await bob.call("remove_reaction", message_id=message, emoji="🎉")).changed
    shown = (await bob.call("get_history")).messages[0].reactions
    assert [(item.emoji, item.agents) for item in shown] == [("👍", ["alice"]), ("🎉", ["alice"])]
    assert [event.actor for event in await team.events("reaction.added")] == ["bob", "alice", "alice"]
    assert [event.actor for event in await team.events("reaction.removed")] == ["bob"]


async def test_every_emoji_over_rest(team: TestTeam) -> None:
    alice = await team.agent("alice")
    message = await say(alice, "hello")
    path = f"/api/messages/{message}/reactions"
    for emoji in EMOJI:
        assert (await alice.http.post(path, json={"emoji": emoji})).status_code == 200
        assert (await alice.http.delete(f"{path}/{emoji}")).json()["changed"]
    for emoji in ("💩", "+1", "", "👍👍"):
        answer = await alice.http.post(path, json={"emoji": emoji})
        assert answer.status_code == 400
        assert "emoji" in answer.json()["detail"]
        assert "👍" in answer.json()["detail"]


# -- pins ------------------------------------------------------------------------------------------------------------


async def test_pins_are_listed_newest_first(team: TestTeam, clock: MovedClock) -> None:
    alice, bob = await team.agent("alice"), await team.agent("bob")
    first, second = await say(alice, "one"), await say(alice, "two")
    await bob.call("pin_message", message_id=second)
    clock.advance(seconds=1)
    await alice.call("pin_message", message_id=first)
    clock.advance(seconds=1)
    await alice.call("pin_message", message_id=second)
    pins = (await alice.http.get("/api/channels/general/pins")).json()["pins"]
    assert [(pin["message_id"], pin["pinned_by"], pin["content"]) for pin in pins] == [
        (first, "alice", "one"), (second, "bob", "two"),
    ]  # fmt: skip
    assert pins[0].keys() == {
        "message_id", "channel_id", "pinned_by", "pinned_at", "from_agent", "from_kind", "content", "created_at",
    }  # fmt: skip
    assert [message.pinned for message in (await bob.call("get_history")).messages] == [True, True]
    assert len(await team.events("message.pinned")) == 2
    await bob.call("unpin_message", message_id=first)
    with pytest.raises(Conflict, match="not pinned"):
        await bob.call("unpin_message", message_id=first)
    assert [pin.message_id for pin in (await bob.call("get_pinned_messages", channel_id="general")).pins] == [second]
    assert len(await team.events("message.unpinned")) == 1


async def test_a_pin_shows_what_the_message_says_now(team: TestTeam) -> None:
    alice = await team.agent("alice")
    message = await say(alice, "old")
    await alice.call("pin_message", message_id=message)
    await alice.call("edit_message", id=message, content="new")
    assert (await alice.call("get_pinned_messages", channel_id="general")).pins[0].content == "new"
    for operation in ("pin_message", "unpin_message"):
        with pytest.raises(NotFound):
            await alice.call(operation, message_id=10**6)
    with pytest.raises(NotFound):
        await alice.call("get_pinned_messages", channel_id="nowhere")
