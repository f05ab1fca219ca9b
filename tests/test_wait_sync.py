"""Waiting for messages, and following the team's events by long polls."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from typing import Any

import pytest

from teammcp import Gone, InvalidInput
from teammcp.errors import Unauthorized
from teammcp.events.runs import id_in
from teammcp.testing import Member, MovedClock, TestTeam

LONG = 20
"""Seconds that no wait here may take: who waits is woken."""


async def say(member: Member, content: str, channel: str = "general", **more: Any) -> int:
    message_id: int = (await member.call("send_message", channel=channel, content=content, **more)).id
    return message_id


async def offered(member: Member, timeout: float = 0, **more: Any) -> list[int]:
    return [message.id for message in (await member.call("wait_for_messages", timeout=timeout, **more)).messages]


async def begin(work: Coroutine[Any, Any, Any], team: TestTeam) -> asyncio.Task[Any]:
    """Start a wait; return once it follows the hub."""
    before = len(team.team.hub)
    task = asyncio.create_task(work)
    while len(team.team.hub) == before and not task.done():  # noqa: ASYNC110 - nobody tells of it
        await asyncio.sleep(0.001)
    await team.team.database.read(lambda reader: reader.value("SELECT 1"))  # behind the look that a wait begins with
    return task


async def still_waiting(task: asyncio.Task[Any], team: TestTeam) -> bool:
    await team.server.settle()
    for _ in range(3):
        await team.team.database.read(lambda reader: reader.value("SELECT 1"))
        await asyncio.sleep(0.005)
    return not task.done()


# -- what wakes ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("channel", "content", "more"),
    [
        ("general", "@bob look", {}),
        ("general", "look", {"mentions": ["bob"]}),
        ("general", "@all look", {}),
        ("dm:bob", "look", {}),
        ("general", "to be acknowledged", {"ack_required": True}),
    ],
)
async def test_what_is_addressed_to_somebody_ends_its_wait(
    team: TestTeam, channel: str, content: str, more: dict[str, Any]
) -> None:
    alice, bob = await team.agent("alice"), await team.agent("bob")
    wait = await begin(offered(bob, LONG), team)
    assert await still_waiting(wait, team)
    before = time.monotonic()
    message = await say(alice, content, channel, **more)
    assert await wait == [message]
    assert time.monotonic() - before < 2


async def test_what_came_before_is_handed_out_at_once_and_once(team: TestTeam) -> None:
    alice, bob = await team.agent("alice"), await team.agent("bob")
    sent = [await say(alice, f"@bob {number}") for number in range(5)]
    first = await bob.call("wait_for_messages", timeout=LONG, limit=3)
    assert [message.id for message in first.messages] == sent[:3]
    assert first.more
    assert "call again" in first.text()
    assert await offered(bob, LONG) == sent[3:]
    assert await offered(bob) == []


async def test_what_was_seen_in_the_inbox_wakes_nobody(team: TestTeam) -> None:
    alice, bob = await team.agent("alice"), await team.agent("bob")
    await say(alice, "@bob")
    await bob.call("get_inbox")
    assert await offered(bob) == []
    last = await say(alice, "@bob again")
    await bob.call("ack_inbox", items=[{"channel": "general", "ack_id": last}])
    assert await offered(bob) == []


async def test_other_traffic_does_not_end_a_wait(team: TestTeam) -> None:
    alice, bob, carol = await team.agent("alice"), await team.agent("bob"), await team.agent("carol")
    old = await say(alice, "@bob, known already")
    assert await offered(bob) == [old]
    wait = await begin(offered(bob, LONG), team)
    await say(alice, "@carol hello")
    await say(alice, "for everybody to read")
    await say(carol, "hi", "dm:alice")
    await say(bob, "@bob is me")
    await alice.call("edit_message", id=old, content="@bob, known already, with a comma")
    await alice.call("add_reaction", message_id=old, emoji="👍")
    await alice.call("pin_message", message_id=old)
    await carol.call("ack_inbox", items=[{"channel": "general", "ack_id": old}])
    assert await still_waiting(wait, team)
    called = await say(alice, "@bob now")
    assert await wait == [called]


async def test_an_edit_that_adds_a_mention_ends_a_wait(team: TestTeam) -> None:
    alice, bob = await team.agent("alice"), await team.agent("bob")
    for before, after in (("hello", "hello @bob"), ("all of you", "@all of you")):
        message = await say(alice, before)
        wait = await begin(offered(bob, LONG), team)
        await alice.call("edit_message", id=message, content=after)
        assert await wait == [message]


async def test_a_deleted_message_is_not_handed_out(team: TestTeam) -> None:
    alice, bob = await team.agent("alice"), await team.agent("bob")
    message = await say(alice, "@bob")
    await alice.call("delete_message", id=message)
    assert await offered(bob) == []


async def test_concurrent_waits_of_one_agent_share_without_loss(team: TestTeam) -> None:
    alice, bob = await team.agent("alice"), await team.agent("bob")
    waits = [await begin(offered(bob, LONG), team) for _ in range(3)]
    sent = await say(alice, "@bob")
    await asyncio.wait(waits, return_when="FIRST_COMPLETED")
    await still_waiting(waits[0], team)
    assert [message for wait in waits if wait.done() for message in await wait] == [sent]
    assert await offered(bob) == []
    for wait in waits:
        wait.cancel()
    await asyncio.gather(*waits, return_exceptions=True)


async def test_many_senders_and_waits_hand_out_each_message_once(team: TestTeam) -> None:
    alice, bob = await team.agent("alice"), await team.agent("bob")
    got: list[int] = []

    async def listen() -> None:
        while len(got) < 30:
            got.extend(await offered(bob, 0.2, limit=2))

    listeners = [asyncio.create_task(listen()) for _ in range(3)]
    sent = await asyncio.gather(*(say(alice, f"@bob {number}") for number in range(30)))
    await asyncio.wait_for(asyncio.gather(*listeners), LONG)
    assert sorted(got) == sorted(sent)


async def test_a_wait_without_a_message_ends_in_time_and_with_nothing(team: TestTeam) -> None:
    bob = await team.agent("bob")
    before = time.monotonic()
    result = await bob.call("wait_for_messages", timeout=0.2)
    assert 0.15 < time.monotonic() - before < 2
    assert result.messages == []
    assert result.text() == "(nothing new)"
    for timeout in (-1, 241, 10**9):
        with pytest.raises(InvalidInput, match="timeout"):
            await bob.call("wait_for_messages", timeout=timeout)


async def test_a_stopping_server_ends_a_wait(team: TestTeam) -> None:
    bob = await team.agent("bob")
    wait = await begin(offered(bob, LONG), team)
    team.server.end_streams()
    assert await asyncio.wait_for(wait, 2) == []


@pytest.mark.parametrize("name", ["rotate_key", "retire_agent"])
async def test_a_key_that_is_no_longer_valid_ends_what_is_held_for_it(team: TestTeam, name: str) -> None:
    bob = await team.agent("bob")
    await team.agent("alice")
    cursor = (await bob.call("sync")).cursor
    directive = (await bob.call("send_directive", to_agent="alice", instruction="Look")).directive.id
    calls = [
        offered(bob, LONG),
        bob.call("sync", since=cursor, wait_ms=20_000, kinds=["message.edited"]),
        bob.call("wait_directive", directive_id=directive, timeout=LONG),
        bob.call("get_agent_output", agent="bob", wait_ms=20_000),
    ]
    held = [await begin(call, team) for call in calls]
    await team.owner.call("rotate_key", name="alice")
    for task in held:
        assert await still_waiting(task, team)
    await team.owner.call(name, name="bob")
    for task in held:
        with pytest.raises(Unauthorized, match="not valid any more"):
            await asyncio.wait_for(task, 2)
    assert len(team.team.hub) == 0


async def test_what_a_new_key_waits_for_is_its_own(team: TestTeam) -> None:
    alice, bob = await team.agent("alice"), await team.agent("bob")
    old = await begin(offered(bob, LONG), team)
    bob = team.member("bob", (await bob.call("rotate_key", name="bob")).apiKey)
    message = await say(alice, "@bob")
    assert await offered(bob, LONG) == [message]
    with pytest.raises(Unauthorized):
        await old
    assert (await bob.call("sync", since=1, kinds=["message.sent"])).events


async def test_a_cancelled_wait_has_handed_out_nothing(team: TestTeam) -> None:
    alice, bob = await team.agent("alice"), await team.agent("bob")
    wait = await begin(offered(bob, LONG), team)
    wait.cancel()
    await asyncio.gather(wait, return_exceptions=True)
    assert len(team.team.hub) == 0
    message = await say(alice, "@bob")
    assert await offered(bob) == [message]


async def test_whoever_waits_is_here(team: TestTeam, clock: MovedClock) -> None:
    bob = await team.agent("bob")
    wait = await begin(offered(bob, LONG), team)
    clock.advance(minutes=3)
    team.team.presence.sweep()
    assert team.team.presence.online("bob")
    wait.cancel()
    await asyncio.gather(wait, return_exceptions=True)
    clock.advance(minutes=11)
    team.team.presence.sweep()
    assert not team.team.presence.online("bob")


# -- sync ------------------------------------------------------------------------------------------------------------


async def test_sync_goes_on_where_it_ended(team: TestTeam) -> None:
    alice, bob = await team.agent("alice"), await team.agent("bob")
    start = (await bob.call("sync")).cursor
    sent = [await say(alice, f"{number}") for number in range(3)]
    first = await bob.call("sync", since=start, kinds=["message.*"])
    assert [event["subject"] for event in first.events] == [str(message) for message in sent]
    assert (await bob.call("sync", since=first.cursor, kinds=["message.*"])).events == []
    everything = await bob.call("sync", since=0)
    ids = [event["id"] for event in everything.events]
    assert ids == sorted(ids)
    assert "agent.registered" in {event["kind"] for event in everything.events}


async def test_sync_waits_for_the_first_event_and_no_longer_than_told(team: TestTeam) -> None:
    alice, bob = await team.agent("alice"), await team.agent("bob")
    cursor = (await bob.call("sync")).cursor
    before = time.monotonic()
    assert (await bob.call("sync", since=cursor, wait_ms=100, kinds=["message.sent"])).events == []
    assert 0.08 < time.monotonic() - before < 2
    poll = await begin(bob.call("sync", since=cursor, wait_ms=20_000, kinds=["message.sent"]), team)
    await alice.call("create_channel", id="noise")
    assert not poll.done()
    message = await say(alice, "signal")
    assert [event["subject"] for event in (await poll).events] == [str(message)]
    with pytest.raises(InvalidInput, match="wait_ms"):
        await bob.call("sync", since=0, wait_ms=30_001)
    with pytest.raises(InvalidInput, match="kinds"):
        await bob.call("sync", since=0, kinds=["not a kind"])


async def test_sync_comes_in_pages_that_lose_nothing(team: TestTeam) -> None:
    alice = await team.agent("alice")
    message = await say(alice, "x")
    for _ in range(300):
        await alice.call("add_reaction", message_id=message, emoji="👍")
        await alice.call("remove_reaction", message_id=message, emoji="👍")
    cursor, seen = 0, []
    while True:
        page = await alice.call("sync", since=cursor)
        if not page.events:
            break
        assert len(page.events) <= 500
        seen += [event["id"] for event in page.events]
        cursor = page.cursor
    assert seen == [event.id for event in await team.events()]


async def test_a_cursor_of_the_future_is_told_where_to_go_on(team: TestTeam) -> None:
    alice = await team.agent("alice")
    now = (await alice.call("sync")).cursor
    for future in (id_in(now) + 1, 10**12):
        with pytest.raises(Gone) as told:
            await alice.call("sync", since=future, kinds=["message.sent"])
    await say(alice, "x")
    assert len((await alice.call("sync", since=told.value.data["since"], kinds=["message.sent"])).events) == 1
    assert (await alice.call("sync", since=id_in(now))).events
