"""The inbox: what waits for a member, and that nothing is ever lost on the way to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from teammcp import Forbidden, InvalidInput, NotFound, Reader, hookimpl, operations
from teammcp.surfaces.unread import waiting as what_waits
from teammcp.testing import Member, TestTeam


async def say(member: Member, content: str, channel: str = "general", **more: Any) -> int:
    message_id: int = (await member.call("send_message", channel=channel, content=content, **more)).id
    return message_id


async def entry(member: Member, channel: str = "general", **arguments: Any) -> Any:
    """A channel's part of the inbox, or None."""
    inbox = await member.call("get_inbox", **arguments)
    assert inbox.total_unread == sum(item.unread_count for item in inbox.channels)
    assert inbox.channel_count == len(inbox.channels)
    return next((item for item in inbox.channels if item.channel == channel), None)


async def unread(member: Member, channel: str = "general") -> tuple[int, int]:
    """What the list of channels says: unread messages, mentions."""
    found = next(item for item in (await member.call("get_channels")).root if item.id == channel)
    return found.unread, found.mentions


async def acknowledge(member: Member, *items: tuple[str, int]) -> Any:
    return await member.call("ack_inbox", items=[{"channel": name, "ack_id": ack_id} for name, ack_id in items])


async def notices(team: TestTeam, member: Member) -> dict[str, int]:
    context = operations.enter(team.server, member.key, "mcp", "127.0.0.1")
    return await what_waits(context)


async def test_acknowledging_again_writes_nothing(team: TestTeam) -> None:
    ann, ben = await team.agent("ann"), await team.agent("ben")
    first, last = await say(ann, "@ben one"), await say(ann, "@ben two")
    await acknowledge(ben, ("general", last))
    for again in (last, first):
        await acknowledge(ben, ("general", again))
    assert len(await team.events("inbox.acked")) == 1


# -- against a naive model -------------------------------------------------------------------------------------------

NAMES = ["ann", "ben", "cat"]


@dataclass
class Model:
    """Unread messages as sets, without any cleverness."""

    messages: list[tuple[int, str]] = field(default_factory=list)
    """Id and sender of what is there, in order."""
    unread: dict[str, set[int]] = field(default_factory=dict)
    """Of each member of the channel."""
    addressed: set[tuple[int, str]] = field(default_factory=set)
    """Which member was ever called by which message, while in the channel."""
    shown: dict[str, int] = field(default_factory=dict)
    """The ack_id that each member was given last."""
    late: set[tuple[int, str]] = field(default_factory=set)
    """Which member was called by which message only when it was edited, and was not shown it since."""
    back: set[tuple[int, str]] = field(default_factory=set)
    """Which of these lay behind the member already."""

    def join(self, name: str) -> None:
        self.unread.setdefault(name, set())

    def leave(self, name: str) -> None:
        for message in self.unread.pop(name, set()):
            for calls in (self.addressed, self.late, self.back):
                calls.discard((message, name))

    def send(self, name: str, message: int, called: str | None) -> None:
        self.join(name)
        self.messages.append((message, name))
        for other in self.unread.keys() - {name}:
            self.unread[other].add(message)
        self.call(name, message, called)

    def call(self, sender: str, message: int, called: str | None) -> None:
        if called in self.unread and called != sender and (message, called) not in self.addressed:
            self.unread[called].add(message)
            self.addressed.add((message, called))

    def edit(self, sender: str, message: int, called: str | None) -> None:
        for gone in {item for item in self.addressed if item[0] == message and item[1] != called}:
            self.addressed.discard(gone)
            if gone in self.back:
                self.unread[gone[1]].discard(message)
            self.late.discard(gone)
            self.back.discard(gone)
        known = called is None or (message, called) in self.addressed
        behind = called in self.unread and message not in self.unread[called]
        self.call(sender, message, called)
        if called is not None and not known and (message, called) in self.addressed:
            self.late.add((message, called))
            if behind:
                self.back.add((message, called))

    def delete(self, message: int) -> None:
        self.messages = [item for item in self.messages if item[0] != message]
        for waiting in self.unread.values():
            waiting.discard(message)

    def acknowledge(self, name: str, ack_id: int) -> None:
        kept = {message for message, late in self.late if late == name}
        self.back |= {(message, name) for message in kept if message <= ack_id}
        self.unread[name] = {message for message in self.unread[name] if message > ack_id or message in kept}


_members: WeakKeyDictionary[TestTeam, dict[str, Member]] = WeakKeyDictionary()
"""The members of the test's team: every example uses the same ones, in a channel of its own."""

who = st.sampled_from(NAMES)
call = st.sampled_from([*NAMES, None])
index = st.integers(0, 30)
steps = st.one_of(
    st.tuples(st.just("send"), who, call, index),
    st.tuples(st.just("edit"), who, call, index),
    st.tuples(st.just("delete"), who, call, index),
    st.tuples(st.sampled_from(["list", "acknowledge", "acknowledge one", "join", "leave", "read"]), who, call, index),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@given(st.lists(steps, min_size=5, max_size=40), st.integers(1, 6))
async def test_unread_is_what_a_naive_model_says(
    team: TestTeam, plan: list[tuple[str, str, str | None, int]], threshold: int
) -> None:
    channel = f"c{len(team.team.directory.channels)}"
    members = _members.setdefault(team, {})
    for name in NAMES:
        if name not in members:
            members[name] = await team.agent(name)
    await team.owner.call("create_channel", id=channel, members=["ann", "ben"])
    model = Model(unread={"ann": set(), "ben": set()})
    for action, name, called, number in plan:
        await _step(model, members[name], channel, action, called, number)
        for reader in NAMES:
            await _compare(model, members[reader], channel, threshold)


async def _step(model: Model, member: Member, channel: str, action: str, called: str | None, number: int) -> None:
    name = member.name
    text = f"text @{called}" if called else "text"
    own = [message for message, sender in model.messages if sender == name]
    if action == "send":
        model.send(name, await say(member, text, channel), called)
    elif action == "edit" and own:
        message = own[number % len(own)]
        await member.call("edit_message", id=message, content=text)
        model.edit(name, message, called)
    elif action == "delete" and own:
        message = own[number % len(own)]
        await member.call("delete_message", id=message)
        model.delete(message)
    elif action == "join":
        await member.call("join_channel", channel=channel)
        model.join(name)
    elif action == "leave":
        await member.call("leave_channel", channel=channel)
        model.leave(name)
    elif action == "acknowledge" and name in model.unread and name in model.shown:
        await acknowledge(member, (channel, model.shown[name]))
        model.acknowledge(name, model.shown[name])
    elif action == "acknowledge one" and name in model.unread and model.messages:
        message = model.messages[number % len(model.messages)][0]
        await acknowledge(member, (channel, message))
        model.acknowledge(name, message)
    elif action == "list":
        if (found := await entry(member, channel)) is not None:
            model.shown[name] = found.ack_id
    elif action == "read":
        await member.call("get_history", channel=channel)


async def _compare(model: Model, member: Member, channel: str, threshold: int) -> None:
    expected = model.unread.get(member.name, set())
    called = {message for message in expected if (message, member.name) in model.addressed}
    assert await unread(member, channel) == (len(expected), len(called))
    found = await entry(member, channel, summary_threshold=threshold)
    if not expected:
        assert found is None
        return
    assert found.unread_count == len(expected)
    ids = [message.id for message in found.messages]
    model.late -= {(message.id, member.name) for message in [*found.messages, *found.mentions]}
    if len(expected) <= threshold:
        assert (found.delivery_mode, ids, found.ack_id) == ("messages", sorted(expected), max(expected))
    else:
        mentions = {message.id for message in found.mentions}
        assert found.delivery_mode == "summary"
        assert mentions == set(sorted(called)[:10]) - set(ids)
        assert ids == sorted(expected.intersection(ids))
        # Who was called by an edit of what it had behind it finds that among the mentions, not among the last few.
        assert set(sorted(expected)[-5:]) - set(ids) <= (mentions if len(called) <= 10 else called)
        assert found.ack_id == (max(expected) if len(called) <= 10 else sorted(called)[9])


# -- modes -----------------------------------------------------------------------------------------------------------


async def test_a_quiet_channel_shows_every_unread_message(team: TestTeam) -> None:
    alice, bob = await team.agent("alice"), await team.agent("bob")
    sent = [await say(alice, f"message {number}") for number in range(20)]
    found = await entry(bob)
    assert found.delivery_mode == "messages"
    assert [message.id for message in found.messages] == sent
    assert (found.unread_count, found.ack_id) == (20, sent[-1])
    await acknowledge(bob, ("general", found.ack_id))
    assert (await bob.call("get_inbox")).text() == "(inbox is clear)"


async def test_a_busy_channel_shows_mentions_the_last_few_and_first_lines(team: TestTeam) -> None:
    alice, bob = await team.agent("alice"), await team.agent("bob")
    called = await say(alice, "@bob, first of all:\n" + "x" * 500)
    for number in range(30):
        await say(alice, f"message {number}\nsecond line")
    found = await entry(bob)
    assert (found.delivery_mode, found.unread_count) == ("summary", 31)
    assert [message.id for message in found.mentions] == [called]
    assert [message.content[:10] for message in found.messages] == [f"message {number}" for number in range(25, 30)]
    assert found.topic_summary.split(" | ") == [f"alice: message {number}" for number in range(25)]
    assert found.ack_id == found.messages[-1].id
    assert "second line" not in found.topic_summary
    text = found.text()
    assert f"[{called}]" in text
    assert f"ack_id={found.ack_id}" in text


async def test_every_mention_is_shown_before_it_is_acknowledged(team: TestTeam) -> None:
    alice, bob = await team.agent("alice"), await team.agent("bob")
    called = [await say(alice, f"@bob {number}") for number in range(40)]
    seen: list[int] = []
    while (found := await entry(bob)) is not None:
        shown = sorted({message.id for message in [*found.mentions, *found.messages]})
        seen += [message for message in shown if message not in seen]
        assert {message for message in called if message <= found.ack_id} <= set(seen)
        await acknowledge(bob, ("general", found.ack_id))
    assert sorted(seen) == called


async def test_the_newest_channel_comes_first_and_direct_messages_are_there(team: TestTeam) -> None:
    alice, bob = await team.agent("alice"), await team.agent("bob")
    await alice.call("create_channel", id="topic", type="topic", members=["bob"])
    await say(alice, "1", "topic")
    await say(alice, "2", "dm:bob")
    inbox = await bob.call("get_inbox")
    assert {item.channel: item.channel_type for item in inbox.channels} == {"topic": "topic", "dm:alice:bob": "dm"}
    assert inbox.total_unread == 2


# -- promises --------------------------------------------------------------------------------------------------------


async def test_a_new_member_has_nothing_unread(team: TestTeam) -> None:
    alice = await team.agent("alice")
    await say(alice, "long ago")
    bob = await team.agent("bob")
    assert (await bob.call("get_inbox")).total_unread == 0
    assert await unread(bob) == (0, 0)
    await say(alice, "now")
    assert await unread(bob) == (1, 0)


async def test_sending_reads_nothing_of_others(team: TestTeam) -> None:
    alice, bob = await team.agent("alice"), await team.agent("bob")
    first = await say(alice, "@bob please")
    await say(bob, "I speak without having looked")
    await say(alice, "next")
    found = await entry(bob)
    assert found.messages[0].id == first
    assert found.unread_count == 2
    assert await unread(bob) == (2, 1)


@pytest.mark.parametrize(
    "read", ["get_history", "get_inbox", "search_messages", "sync", "get_thread", "wait_for_messages"]
)
async def test_reading_acknowledges_nothing(team: TestTeam, read: str) -> None:
    alice, bob = await team.agent("alice"), await team.agent("bob")
    message = await say(alice, "@bob hello")
    arguments: dict[str, Any] = {
        "search_messages": {"query": "hello"},
        "sync": {"since": 0},
        "get_thread": {"message_id": message},
        "wait_for_messages": {"timeout": 0},
    }.get(read, {})
    for _ in range(2):
        await bob.call(read, **arguments)
    assert await unread(bob) == (1, 1)
    assert [item.id for item in (await entry(bob)).messages] == [message]


async def test_what_was_listed_but_not_acknowledged_comes_again_and_what_came_meanwhile_too(team: TestTeam) -> None:
    alice, bob = await team.agent("alice"), await team.agent("bob")
    first = await say(alice, "one")
    listed = await entry(bob)
    second = await say(alice, "two")
    assert [message.id for message in (await entry(bob)).messages] == [first, second]
    await acknowledge(bob, ("general", listed.ack_id))
    assert [message.id for message in (await entry(bob)).messages] == [second]


async def test_markers_never_go_back(team: TestTeam) -> None:
    alice, bob = await team.agent("alice"), await team.agent("bob")
    first, second = await say(alice, "@bob one"), await say(alice, "@bob two")
    await acknowledge(bob, ("general", second))
    await acknowledge(bob, ("general", first))
    assert await unread(bob) == (0, 0)
    await say(alice, "three")
    await bob.call("get_inbox")
    assert await unread(bob) == (1, 0)


async def test_an_acknowledgement_is_of_all_items_or_of_none(team: TestTeam) -> None:
    alice, bob = await team.agent("alice"), await team.agent("bob")
    await team.agent("carol")
    await alice.call("create_channel", id="dev", members=["bob"])
    await alice.call("create_channel", id="other", type="topic")
    foreign = await say(alice, "x", "other")
    letter = await say(alice, "x", "dm:carol")
    here, there = await say(alice, "a"), await say(alice, "b", "dev")
    for bad, error in (
        (("dev", here), InvalidInput),
        (("dev", 10**9), InvalidInput),
        (("nowhere", 1), NotFound),
        (("other", foreign), NotFound),
        (("dm:alice:carol", letter), Forbidden),
    ):
        with pytest.raises(error):
            await acknowledge(bob, ("general", here), bad)
    assert await unread(bob) == (1, 0)
    done = await acknowledge(bob, ("general", here), ("#dev", there))
    assert done.acknowledged == 2
    assert (await bob.call("get_inbox")).total_unread == 0
    with pytest.raises(InvalidInput):
        await acknowledge(bob)


async def test_rest_has_the_established_shape(team: TestTeam) -> None:
    alice, bob = await team.agent("alice"), await team.agent("bob")
    message = await say(alice, "hi")
    inbox = (await bob.http.get("/api/inbox", params={"detail_limit": 5, "summary_threshold": 3})).json()
    assert inbox.keys() >= {"agent", "total_unread", "channel_count", "channels"}
    assert inbox["channels"][0].keys() >= {
        "channel", "channel_type", "channel_name", "unread_count", "delivery_mode", "messages", "mentions",
        "topic_summary", "ack_id",
    }  # fmt: skip
    answer = await bob.http.post("/api/inbox/ack", json={"items": [{"channel": "general", "ack_id": message}]})
    assert answer.json() == {"acknowledged": 1, "items": [{"channel": "general", "ack_id": message}]}


# -- edits and deletions ---------------------------------------------------------------------------------------------


async def test_a_mention_that_an_edit_adds_brings_the_message_back(team: TestTeam) -> None:
    alice, bob = await team.agent("alice"), await team.agent("bob")
    message = await say(alice, "somebody should look")
    await acknowledge(bob, ("general", message))
    assert await notices(team, bob) == {}
    await alice.call("edit_message", id=message, content="@bob should look")
    assert await notices(team, bob) == {"mentions": 1}
    found = await entry(bob)
    assert [item.id for item in found.messages] == [message]
    assert await unread(bob) == (1, 1)
    assert await notices(team, bob) == {}
    await acknowledge(bob, ("general", found.ack_id))
    assert await entry(bob) is None
    await alice.call("edit_message", id=message, content="@bob should really look")
    assert await entry(bob) is None


async def test_a_deleted_message_waits_for_nobody(team: TestTeam) -> None:
    alice, bob = await team.agent("alice"), await team.agent("bob")
    message = await say(alice, "@bob")
    await alice.call("delete_message", id=message)
    assert await entry(bob) is None
    assert await unread(bob) == (0, 0)
    assert await notices(team, bob) == {}


# -- notices ---------------------------------------------------------------------------------------------------------


class Endless:
    """A plugin that asks the database a question without end."""

    @hookimpl
    def notices(self, reader: Reader) -> dict[str, int] | None:
        endless = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
        return {"numbers": reader.value(endless)}


@pytest.mark.teammcp(install={"endless": Endless()})
async def test_a_question_without_end_is_ended_and_the_other_notices_are_there(team: TestTeam) -> None:
    alice, bob = await team.agent("alice"), await team.agent("bob")
    await say(alice, "@bob one")
    assert await notices(team, bob) == {"mentions": 1}
    fault = team.server.plugins.plugins["endless"].last_fault
    assert fault is not None
    assert "interrupted" in fault


async def test_a_notice_counts_what_was_addressed_and_not_read(team: TestTeam) -> None:
    alice, bob = await team.agent("alice"), await team.agent("bob")
    await say(alice, "nothing for bob")
    assert await notices(team, bob) == {}
    await say(alice, "@bob one")
    await say(alice, "@bob two")
    await say(alice, "a letter", "dm:bob")
    assert await notices(team, bob) == {"mentions": 2, "dms": 1}
    assert await notices(team, alice) == {}
    await bob.call("get_inbox")
    assert await notices(team, bob) == {}


# -- nothing is acknowledged unseen ------------------------------------------------------------------------------------


def shown_in(found: Any) -> set[int]:
    """The messages that a channel's part of an inbox shows whole."""
    return {message.id for message in [*found.messages, *found.mentions]}


@pytest.mark.parametrize("channel", ["dm:bob", "general", "plans"])
@pytest.mark.parametrize(
    ("content", "more"),
    [
        ("{} look", {}),
        ("{} @bob look", {}),
        ("{} @all look", {}),
        ("{} look", {"ack_required": True}),
        ("{} look", {"reply_by": 5}),
        ("{} " + "x" * 9000, {}),
        ("{} @bob " + "x" * 9000, {}),
    ],
)
async def test_whatever_is_acknowledged_was_shown(
    team: TestTeam, channel: str, content: str, more: dict[str, Any]
) -> None:
    alice, bob = await team.agent("alice"), await team.agent("bob")
    await alice.call("create_channel", id="plans", type="topic", members=["bob"])
    sent = {await say(alice, content.format(number), channel, **more): number for number in range(25)}
    place = "dm:alice:bob" if channel == "dm:bob" else channel
    addressed = channel == "dm:bob" or "@" in content or bool(more)
    whole: set[int] = set()
    lines: set[str] = set()
    rounds = 0
    while (found := await entry(bob, place)) is not None:
        rounds += 1
        whole |= shown_in(found)
        lines |= {line.split()[1] for line in found.topic_summary.split(" | ") if line}
        done = {message for message in sent if message <= found.ack_id}
        assert done <= whole or (not addressed and {str(sent[message]) for message in done - whole} <= lines)
        await acknowledge(bob, (place, found.ack_id))
        states = {(await alice.call("get_receipt", message_id=message)).recipients[0].state for message in done}
        assert states == {"acked"}
        assert rounds < 20
    assert whole == set(sent) or not addressed


async def test_what_an_edit_addresses_to_the_reader_is_not_acknowledged_with_what_was_shown_before(
    team: TestTeam,
) -> None:
    alice, bob = await team.agent("alice"), await team.agent("bob")
    first, second = await say(alice, "somebody"), await say(alice, "anybody")
    for message in (first, second):
        listed = (await entry(bob)).ack_id
        await alice.call("edit_message", id=message, content="@bob")
        await acknowledge(bob, ("general", listed))
        found = await entry(bob)
        assert shown_in(found) == {message}
        await acknowledge(bob, ("general", found.ack_id))
        await say(alice, "more")
    assert await unread(bob) == (1, 0)


async def test_what_calls_the_reader_is_shown_before_it_is_reached_and_comes_before_other_channels(
    team: TestTeam,
) -> None:
    alice, bob = await team.agent("alice"), await team.agent("bob")
    await alice.call("create_channel", id="busy", members=["bob"])
    for number in range(120):
        await say(alice, f"message {number}")
    called = await say(alice, "@bob!")
    await say(alice, "later than anything else", "busy")
    inbox = await bob.call("get_inbox")
    assert [item.channel for item in inbox.channels] == ["general", "busy"]
    found = inbox.channels[0]
    assert called in shown_in(found)
    assert found.ack_id < called
    assert found.more
    assert len(found.topic_summary.split(" | ")) == 100
    await acknowledge(bob, ("general", found.ack_id))
    assert (await entry(bob)).ack_id == called
