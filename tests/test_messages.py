"""Messages: sending, priorities, history, edits, deletion, repeated calls."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from teammcp import Conflict, Forbidden, Gone, InvalidInput, NotFound
from teammcp.testing import Member, MovedClock, TestTeam


async def say(member: Member, content: str, channel: str = "general", **more: Any) -> int:
    message_id: int = (await member.call("send_message", channel=channel, content=content, **more)).id
    return message_id


async def history(member: Member, **arguments: Any) -> list[int]:
    return [message.id for message in (await member.call("get_history", **arguments)).messages]


# -- sending ---------------------------------------------------------------------------------------------------------


async def test_a_message_comes_back_as_it_was_sent(team: TestTeam, clock: MovedClock) -> None:
    alice = await team.agent("alice")
    metadata = {"kind": "report", "nested": {"好": [1, 2.5, None, True]}}
    content = "first line\n\n  *second* <b>line</b> 👋🏽\u2028 end "
    sent = await alice.http.post("/api/send", json={"channel": "general", "content": content, "metadata": metadata})
    assert sent.status_code == 200
    assert sent.json().items() >= {
        "id": 1, "timestamp": "2026-01-01T12:00:00.000Z", "priority": "later", "channel": "general",
    }.items()  # fmt: skip
    (message,) = (await alice.http.get("/api/history")).json()["messages"]
    assert message == {
        "id": 1,
        "channel_id": "general",
        "from_agent": "alice",
        "from_kind": "agent",
        "content": content,
        "mentions": [],
        "reply_to": None,
        "thread": None,
        "replies": 0,
        "metadata": metadata,
        "priority": "later",
        "ack_required": False,
        "reply_by": None,
        "created_at": "2026-01-01T12:00:00.000Z",
        "edited_at": None,
        "deleted": False,
        "pinned": False,
        "reactions": [],
        "files": [],
    }
    (event,) = await team.events("message.sent")
    assert (event.actor, event.subject, event.channel) == ("alice", "1", "general")
    assert {key: value for key, value in event.data.items() if key != "addressed"} == message


async def test_content_has_1_to_10_000_characters(team: TestTeam) -> None:
    alice = await team.agent("alice")
    for content in ("x", "x" * 10_000, "李" * 10_000, "😀" * 10_000):
        message = await say(alice, content)
        assert (await alice.call("get_message", message_id=message)).content == content
        await alice.call("edit_message", id=message, content=content[::-1])
    for content in ("", " ", "\n\t\u3000", "x" * 10_001, "a\x00b"):
        for operation, arguments in (
            ("send_message", {"channel": "general"}),
            ("send_dm", {"recipient": "owner"}),
            ("edit_message", {"id": message}),
        ):
            with pytest.raises(InvalidInput, match="content"):
                await alice.call(operation, content=content, **arguments)


async def test_wrong_arguments_are_named(team: TestTeam) -> None:
    alice = await team.agent("alice")
    good = {"channel": "general", "content": "x"}
    deep: Any = {}
    for _ in range(20):
        deep = {"a": deep}
    for field, value in (
        ("priority", "urgent"),
        ("mentions", "bob"),
        ("mentions", [1]),
        ("metadata", "text"),
        ("metadata", {"big": "x" * 20_000}),
        ("metadata", deep),
        ("replyTo", "1"),
        ("replyTo", 0),
        ("content", 7),
        ("content", None),
        ("channel", None),
        ("auto_add_mentions", "yes"),
        ("files", [0]),
        ("nonsense", 1),
    ):
        answer = await alice.http.post("/api/send", json={**good, field: value})
        assert answer.status_code == 400, (field, value, answer.text)
        assert field in answer.json()["detail"], (field, answer.text)
    assert await history(alice) == []


async def test_where_nothing_can_be_sent(team: TestTeam) -> None:
    alice = await team.agent("alice")
    for channel in ("nowhere", "dm:ghost", ""):
        with pytest.raises(NotFound, match="channel"):
            await say(alice, "x", channel)


async def test_what_was_sent_is_there_in_full_or_not_at_all(team: TestTeam) -> None:
    alice = await team.agent("alice")
    with pytest.raises(InvalidInput):
        await say(alice, "apple @owner", files=[99])
    with pytest.raises(InvalidInput):
        await say(alice, "apple @owner", "dm:owner", replyTo=99)
    assert await history(alice) == []
    assert (await alice.call("search_messages", query="apple")).results == []
    assert await team.events("message.sent") == []
    assert (await team.owner.call("get_inbox")).total_unread == 0


# -- priorities ------------------------------------------------------------------------------------------------------


async def test_priorities_follow_from_sender_and_audience(team: TestTeam) -> None:
    alice, boss = await team.agent("alice"), await team.agent("boss", access="manager")

    async def priority(member: Member, channel: str = "general", content: str = "x", **more: Any) -> tuple[Any, ...]:
        sent = await member.call("send_message", channel=channel, content=content, **more)
        stored = await member.call("get_message", message_id=sent.id)
        assert stored.priority == sent.priority
        return sent.priority, sent.priority_downgraded, sent.original_priority

    assert await priority(alice) == ("later", None, None)
    assert await priority(alice, content="@boss") == ("next", None, None)
    assert await priority(alice, mentions=["boss"]) == ("next", None, None)
    assert await priority(alice, "dm:boss") == ("next", None, None)
    assert await priority(alice, priority="next") == ("next", None, None)
    assert await priority(alice, content="@boss", priority="later") == ("later", None, None)
    assert await priority(alice, priority="now") == ("next", True, "now")
    assert await priority(boss, priority="now") == ("now", None, None)
    assert await priority(boss) == ("later", None, None)
    assert await priority(team.owner) == ("now", None, None)
    assert await priority(team.owner, priority="later") == ("later", None, None)


# -- history ---------------------------------------------------------------------------------------------------------


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30)
@given(st.integers(0, 12), st.integers(1, 5), st.sampled_from(["before", "after"]))
async def test_pages_in_both_directions_visit_each_message_once(
    team: TestTeam, count: int, limit: int, direction: str
) -> None:
    channel = f"c{len(team.team.directory.channels)}"
    await team.owner.call("create_channel", id=channel)
    sent = [await say(team.owner, f"{number}", channel) for number in range(count)]
    seen: list[int] = []
    page = await team.owner.call("get_history", channel=channel, limit=limit)
    if direction == "after" and sent:
        seen = sent[:1]
        page = await team.owner.call("get_history", channel=channel, limit=limit, after=sent[0])
    while page.messages:
        ids = [message.id for message in page.messages]
        seen = [*ids, *seen] if direction == "before" else [*seen, *ids]
        assert page.hasMore == (len(seen) < count)
        mark = ids[0] if direction == "before" else ids[-1]
        page = await team.owner.call("get_history", channel=channel, limit=limit, **{direction: mark})
    assert seen == sent
    assert not page.hasMore


async def test_around_a_message(team: TestTeam) -> None:
    alice = await team.agent("alice")
    sent = [await say(alice, f"{number}") for number in range(9)]
    for target in sent:
        for limit in (1, 2, 3, 4, 9, 20):
            page = await alice.call("get_history", around=target, limit=limit)
            ids = [message.id for message in page.messages]
            assert target in ids
            assert len(ids) <= limit
            start = sent.index(ids[0])
            assert ids == sent[start : start + len(ids)]
            assert page.hasMore == (start > 0)


async def test_wrong_marks_are_told(team: TestTeam) -> None:
    alice = await team.agent("alice")
    message = await say(alice, "x", "dm:owner")
    for field in ("before", "after", "around"):
        for mark in (message, 10**6):
            with pytest.raises(InvalidInput, match=field):
                await history(alice, channel="general", **{field: mark})
    with pytest.raises(InvalidInput):
        await history(alice, channel="dm:owner", before=message, after=message)
    for limit in (0, 201):
        with pytest.raises(InvalidInput, match="limit"):
            await history(alice, limit=limit)


async def test_messages_of_one_channel_are_in_the_order_of_their_events(team: TestTeam) -> None:
    members = [await team.agent(name) for name in ("a1", "b1", "c1", "d1")]
    await asyncio.gather(*(say(member, f"{number}") for number in range(10) for member in members))
    ids = await history(members[0], limit=200)
    assert len(ids) == 40
    assert ids == sorted(ids)
    assert [int(event.subject) for event in await team.events("message.sent")] == ids


# -- edits and deletion ----------------------------------------------------------------------------------------------


async def test_an_edit_keeps_what_was_said_before(team: TestTeam, clock: MovedClock) -> None:
    alice, bob = await team.agent("alice"), await team.agent("bob")
    message = await say(alice, "one", metadata={"k": 1})
    for content in ("two", "three"):
        clock.advance(minutes=1)
        edited = await alice.http.put(f"/api/messages/{message}", json={"content": content})
        assert edited.status_code == 200
        assert edited.json().keys() == {"id", "content", "edited_at"}
    now = await bob.call("get_message", message_id=message)
    assert (now.content, now.edited_at, now.metadata) == ("three", clock.now(), {"k": 1})
    edits = (await bob.call("get_edits", message_id=message)).edits
    assert [(edit.content, edit.replaced_at) for edit in edits] == [
        ("one", clock.now() - 60_000), ("two", clock.now()),
    ]  # fmt: skip
    assert [event.data["content"] for event in await team.events("message.edited")] == ["two", "three"]
    for member in (bob, team.owner):
        with pytest.raises(Forbidden, match="sender"):
            await member.call("edit_message", id=message, content="x")


async def test_an_edit_changes_who_is_mentioned_and_keeps_who_was_named_beside_the_text(team: TestTeam) -> None:
    alice, bob = await team.agent("alice"), await team.agent("bob")
    for name in ("carol", "dave"):
        await team.agent(name)
    message = await say(alice, "@carol look", mentions=["dave"])
    await alice.call("edit_message", id=message, content="@bob look")
    assert (await alice.call("get_message", message_id=message)).mentions == ["dave", "bob"]
    assert [item.id for item in (await bob.call("wait_for_messages", timeout=0)).messages] == [message]
    (event,) = await team.events("message.edited")
    assert event.data["addressed"] == ["bob"]


async def test_a_deleted_message_leaves_its_place_and_nothing_else(team: TestTeam) -> None:
    alice, bob = await team.agent("alice"), await team.agent("bob")
    upload = await alice.call("upload_file", name="f.txt", content=b"f", channel="general")
    message = await say(alice, "apple @bob", metadata={"secret": 1}, files=[upload.file_id])
    await alice.call("edit_message", id=message, content="apples @bob")
    await bob.call("add_reaction", message_id=message, emoji="👍")
    await bob.call("pin_message", message_id=message)
    answer = await alice.http.delete(f"/api/messages/{message}")
    assert answer.json() == {"id": message, "deleted": True}
    (stub,) = (await bob.call("get_history")).messages
    assert (stub.deleted, stub.content, stub.mentions, stub.metadata, stub.reactions, stub.files, stub.pinned) == (
        True, "", [], None, [], [], False,
    )  # fmt: skip
    assert "apple" not in stub.text()
    assert (await bob.call("search_messages", query="apple*")).results == []
    assert (await bob.call("search_messages", query="has:file")).results == []
    assert (await bob.call("get_pinned_messages", channel_id="general")).pins == []
    assert (await bob.call("get_inbox")).total_unread == 0
    (event,) = await team.events("message.deleted")
    assert event.data.get("content") is None
    for operation, arguments in (
        ("edit_message", {"id": message, "content": "x"}),
        ("delete_message", {"id": message}),
        ("add_reaction", {"message_id": message, "emoji": "👍"}),
        ("pin_message", {"message_id": message}),
        ("get_edits", {"message_id": message}),
    ):
        with pytest.raises(Gone):
            await alice.call(operation, **arguments)


async def test_who_may_delete(team: TestTeam) -> None:
    alice, bob = await team.agent("alice"), await team.agent("bob")
    boss = await team.agent("boss", access="manager")
    first, second = await say(alice, "1"), await say(alice, "2", "dm:boss")
    with pytest.raises(Forbidden):
        await bob.call("delete_message", id=first)
    with pytest.raises(Forbidden):
        await boss.call("delete_message", id=second)
    await boss.call("delete_message", id=first)
    await alice.call("delete_message", id=second)


async def test_two_changes_at_the_same_moment_do_not_harm_each_other(team: TestTeam) -> None:
    alice = await team.agent("alice")
    message = await say(alice, "zero")
    results = await asyncio.gather(
        alice.call("edit_message", id=message, content="one"),
        alice.call("edit_message", id=message, content="two"),
        alice.call("delete_message", id=message),
        alice.call("delete_message", id=message),
        alice.call("edit_message", id=message, content="three"),
        return_exceptions=True,
    )
    kinds = [type(result).__name__ for result in results]
    assert set(kinds) <= {"EditedMessage", "DeletedMessage", "Gone"}
    assert kinds.count("DeletedMessage") == 1
    for word in ("zero", "one", "two", "three"):
        assert (await alice.call("search_messages", query=word)).results == []


# -- repeated calls --------------------------------------------------------------------------------------------------


async def test_a_repeated_send_is_one_message(team: TestTeam) -> None:
    alice, bob = await team.agent("alice"), await team.agent("bob")
    body = {"channel": "general", "content": "once"}
    for headers, extra in (({"Idempotency-Key": "header-1"}, {}), ({}, {"idem_key": "argument-1"})):
        first = await alice.http.post("/api/send", json={**body, **extra}, headers=headers)
        again = await alice.http.post("/api/send", json={**body, **extra}, headers=headers)
        assert first.status_code == again.status_code == 200
        assert first.json() == again.json()
        other = await alice.http.post("/api/send", json={**body, **extra, "content": "other"}, headers=headers)
        assert (other.status_code, other.json()["error"]) == (409, "idempotency_key_reused")
        foreign = await bob.http.post("/api/send", json={**body, **extra}, headers=headers)
        assert foreign.json()["id"] != first.json()["id"]
    assert len(await history(alice)) == 4
    failed = await alice.http.post(
        "/api/send", json={"channel": "later", "content": "x"}, headers={"Idempotency-Key": "retry"}
    )
    assert failed.status_code == 404
    await alice.call("create_channel", id="later")
    retried = await alice.http.post(
        "/api/send", json={"channel": "later", "content": "x"}, headers={"Idempotency-Key": "retry"}
    )
    assert retried.status_code == 200


async def test_a_key_serves_one_operation(team: TestTeam) -> None:
    alice = await team.agent("alice")
    await alice.call("send_message", channel="general", content="x", idem_key="k")
    with pytest.raises(Conflict):
        await alice.call("send_dm", recipient="owner", content="x", idem_key="k")
