"""What waits for an answer: for whom, until when, and what settles it."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from teammcp import Forbidden, InvalidInput, NotFound, operations
from teammcp.clock import rfc3339
from teammcp.features import built_in
from teammcp.features.inbox.jobs import watch
from teammcp.operations import Context
from teammcp.plugins import PluginManager
from teammcp.server import Server
from teammcp.storage import load_migrations
from teammcp.storage.sqlite.migrations import migrate
from teammcp.surfaces.unread import waiting
from teammcp.testing import Member, MovedClock, TestTeam

MINUTE = 60_000


async def say(member: Member, content: str, channel: str = "general", **more: Any) -> int:
    message_id: int = (await member.call("send_message", channel=channel, content=content, **more)).id
    return message_id


async def ids(member: Member, view: str = "waiting_for_me", **more: Any) -> list[int]:
    found = await member.call("list_unanswered", view=view, **more)
    return [each.message.id for each in found.messages]


async def told(member: Member, team: TestTeam) -> list[str]:
    """What the server has told a member, oldest first."""
    await team.server.settle()
    if f"dm:{member.name}:system" not in team.team.directory.channels:
        return []
    history = await member.call("get_history", channel="dm:system")
    return [message.content for message in history.messages]


@pytest.fixture
async def alice(team: TestTeam) -> Member:
    """Who asks."""
    return await team.agent("alice")


@pytest.fixture
async def bob(team: TestTeam) -> Member:
    """Who is asked."""
    return await team.agent("bob")


# -- until when ------------------------------------------------------------------------------------------------------


async def test_a_deadline_is_a_number_of_minutes_or_a_time(alice: Member, bob: Member, clock: MovedClock) -> None:
    due = clock.now() + 30 * MINUTE
    for given in (30, "30", rfc3339(due), "2026-01-01T13:30+01:00"):
        sent = await alice.call("send_dm", recipient="bob", content="when?", reply_by=given)
        assert sent.reply_by == due, given
        assert "asked for by 2026-01-01T12:30Z" in sent.text()
    message = await bob.call("get_message", message_id=sent.id)
    assert message.reply_by == due
    assert "(answer by 2026-01-01T12:30Z)" in message.text()


async def test_a_deadline_lies_ahead(alice: Member, bob: Member, clock: MovedClock) -> None:
    for wrong in (0, -5, 10**9, True, 1.5, "soon", rfc3339(clock.now()), "2020-01-01", [1], "9" * 5000):
        with pytest.raises(InvalidInput, match="reply_by"):
            await alice.call("send_message", channel="general", content="x", reply_by=wrong)
    values: list[Any] = [0, "yesterday", "2020-01-01T00:00:00Z", True, {}]
    for value in values:
        answer = await alice.http.post("/api/send", json={"channel": "general", "content": "x", "reply_by": value})
        assert answer.status_code == 400, value
        assert "reply_by" in answer.json()["detail"]


async def test_a_deadline_binds_who_is_named_or_else_everybody(team: TestTeam, alice: Member, bob: Member) -> None:
    carol = await team.agent("carol")
    named = await say(alice, "@bob when?", reply_by=5)
    everybody = await say(alice, "all of you: when?", reply_by=5)
    assert await ids(bob) == [everybody, named]
    assert await ids(carol) == [everybody]
    receipt = await alice.call("get_receipt", message_id=named)
    asked = {who.agent: who.reply_by is not None for who in receipt.recipients}
    assert asked == {"bob": True, "carol": False, "owner": False}
    assert "bob: stored, to answer by 2026-01-01T12:05Z" in receipt.text()
    with_ack = await say(alice, "@bob decides, the rest takes note", reply_by=5, ack_required=True)
    receipt = await alice.call("get_receipt", message_id=with_ack)
    assert {who.agent for who in receipt.recipients if who.reply_by is not None} == {"bob"}


async def test_an_edit_asks_who_is_named_now(team: TestTeam, alice: Member, bob: Member, clock: MovedClock) -> None:
    carol = await team.agent("carol")
    message = await say(alice, "@bob when?", reply_by=5)
    await alice.call("edit_message", id=message, content="@bob, or @carol, when?")
    assert await ids(carol) == [message]
    assert (await bob.call("get_message", message_id=message)).reply_by == clock.now() + 5 * MINUTE


# -- what waits, and what settles it ---------------------------------------------------------------------------------


async def test_what_is_addressed_to_somebody_waits_for_it(team: TestTeam, alice: Member, bob: Member) -> None:
    await say(alice, "for nobody in particular")
    sent = [
        await say(alice, "@bob look"),
        await say(alice, "psst", "dm:bob"),
        await say(alice, "all of you", ack_required=True),
    ]
    assert await ids(bob) == sent[::-1]
    found = await alice.call("list_unanswered", view="waiting_for_others")
    assert [(each.message.id, each.waiting_for) for each in found.messages] == [
        (sent[2], ["bob", "owner"]),
        (sent[1], ["bob"]),
        (sent[0], ["bob"]),
    ]
    assert await ids(alice) == await ids(bob, "waiting_for_others") == await ids(bob, "overdue") == []
    assert "waiting for bob, owner" in found.text()
    assert "nothing waits" in (await alice.call("list_unanswered")).text()


async def test_reading_and_acknowledging_is_no_answer_unless_that_was_asked(alice: Member, bob: Member) -> None:
    question = await say(alice, "@bob which one?")
    notice = await say(alice, "read this", ack_required=True)
    both = await say(alice, "read and answer this, @bob", ack_required=True, reply_by=5)
    await bob.call("get_inbox")
    assert await ids(bob) == [both, notice, question]
    await bob.call("ack_inbox", items=[{"channel": "general", "ack_id": both}])
    assert await ids(bob) == [both, question]


async def test_any_later_message_in_the_thread_is_an_answer(team: TestTeam, alice: Member, bob: Member) -> None:
    carol = await team.agent("carol")
    question = await say(alice, "@bob @carol which one?")
    await say(bob, "elsewhere", replyTo=await say(alice, "another thing"))
    await say(bob, "not in the thread")
    assert await ids(bob) == [question]
    follow_up = await say(carol, "@bob knows", replyTo=question)
    assert await ids(carol) == []
    assert await ids(bob) == [follow_up, question]
    answer = await say(bob, "the second", replyTo=question)
    assert await ids(bob) == []
    for asked in (question, follow_up):
        receipt = await alice.call("get_receipt", message_id=asked)
        (of_bob,) = [who for who in receipt.recipients if who.agent == "bob"]
        assert (of_bob.state, of_bob.answer, of_bob.answered_at) == ("answered", answer, of_bob.settled_at)


async def test_in_a_direct_message_whatever_comes_next_is_an_answer(
    alice: Member, bob: Member, clock: MovedClock
) -> None:
    asked = [await say(alice, f"{number}?", "dm:bob") for number in range(2)]
    clock.advance(minutes=1)
    answer = await say(bob, "yes", "dm:alice")
    later = await say(alice, "and now?", "dm:bob")
    assert await ids(bob) == [later]
    assert await ids(alice) == []
    for message in asked:
        (of_bob,) = (await alice.call("get_receipt", message_id=message)).recipients
        assert (of_bob.state, of_bob.answer, of_bob.answered_at) == ("answered", answer, clock.now())


async def test_a_deleted_answer_answers_nothing(team: TestTeam, alice: Member, bob: Member) -> None:
    question = await say(alice, "@bob?")
    letter = await say(alice, "you?", "dm:bob")
    notice = await say(alice, "read this", ack_required=True)
    await bob.call("ack_inbox", items=[{"channel": "general", "ack_id": notice}])
    first = [await say(bob, "1", replyTo=question), await say(bob, "1", "dm:alice")]
    second = [await say(bob, "2", replyTo=question), await say(bob, "2", "dm:alice")]
    for answer in first:
        await bob.call("delete_message", id=answer)
    assert await ids(bob) == []
    for message, answer in zip((question, letter), second, strict=True):
        receipt = await alice.call("get_receipt", message_id=message)
        assert [who.answer for who in receipt.recipients if who.agent == "bob"] == [answer]
        await bob.call("delete_message", id=answer)
    assert await ids(bob) == [letter, question]


async def test_an_acknowledgement_outlives_a_deleted_answer(alice: Member, bob: Member) -> None:
    notice = await say(alice, "read this", ack_required=True)
    answer = await say(bob, "read", replyTo=notice)
    await bob.call("ack_inbox", items=[{"channel": "general", "ack_id": notice}])
    await bob.call("delete_message", id=answer)
    assert await ids(bob) == []


async def test_a_deleted_question_waits_for_nobody(alice: Member, bob: Member) -> None:
    question = await say(alice, "@bob?", reply_by=5)
    await alice.call("delete_message", id=question)
    assert await ids(bob) == await ids(alice, "waiting_for_others") == []
    assert (await alice.call("get_message", message_id=question)).reply_by is None


async def test_who_needs_no_answer_says_so(team: TestTeam, alice: Member, bob: Member) -> None:
    carol = await team.agent("carol")
    thanks = await say(alice, "@bob @carol thank you")
    settled = await bob.call("settle_message", message_id=thanks)
    assert settled.settled_for == ["bob"]
    assert await ids(bob) == []
    assert await ids(carol) == [thanks]
    assert (await bob.call("settle_message", message_id=thanks)).settled_for == []
    assert (await alice.call("settle_message", message_id=thanks)).settled_for == ["carol"]
    assert await ids(carol) == await ids(alice, "waiting_for_others") == []
    receipt = await alice.call("get_receipt", message_id=thanks)
    assert {who.state for who in receipt.recipients} == {"stored"}
    events = await team.events("message.settled")
    assert [(event.agents, event.data["agents"]) for event in events] == [
        (("alice", "bob"), ["bob"]),
        (("alice", "carol"), ["carol"]),
    ]
    with pytest.raises(Forbidden, match="neither yours"):
        await team.owner.call("settle_message", message_id=thanks)


async def test_who_left_a_channel_has_nothing_waiting_there(team: TestTeam, alice: Member, bob: Member) -> None:
    await alice.call("create_channel", id="plans", type="topic", members=["bob"])
    asked = await say(alice, "@bob?", "plans", reply_by=5)
    back = await say(bob, "@alice?", "plans", reply_by=5)
    await bob.call("ack_inbox", items=[{"channel": "plans", "ack_id": asked}])
    await bob.call("leave_channel", channel="plans")
    for view in ("waiting_for_me", "waiting_for_others", "overdue"):
        assert await ids(bob, view) == [], view
    assert await ids(alice) == [back]
    with pytest.raises(NotFound):
        await bob.call("settle_message", message_id=asked)


async def test_lists_come_in_pages(alice: Member, bob: Member, clock: MovedClock) -> None:
    sent = [await say(alice, f"@bob {number}", reply_by=1) for number in range(7)][::-1]
    clock.advance(minutes=1)
    for member, view in ((bob, "waiting_for_me"), (alice, "waiting_for_others"), (bob, "overdue"), (alice, "overdue")):
        pages, before = [], None
        while True:
            page = await member.call("list_unanswered", view=view, limit=3, **({"before": before} if before else {}))
            pages.append([each.message.id for each in page.messages])
            before = page.next
            if before is None:
                break
        assert pages == [sent[:3], sent[3:6], sent[6:]], view


async def test_what_the_server_tells_waits_for_nobody(team: TestTeam, bob: Member) -> None:
    context = Context.inside(team.team)
    await operations.call(context, "send_dm", {"recipient": "bob", "content": "Task 7 is due.", "ack_required": True})
    assert await ids(bob) == []


async def test_over_rest_and_mcp(team: TestTeam, alice: Member, bob: Member) -> None:
    message = await say(alice, "@bob?", reply_by=5)
    answer = await bob.http.get("/api/unanswered", params={"view": "waiting_for_me", "limit": 1})
    (found,) = answer.json()["messages"]
    assert (found["message"]["id"], found["waiting_for"], found["overdue"]) == (message, ["bob"], False)
    assert found["message"]["reply_by"] == "2026-01-01T12:05:00.000Z"
    assert (await bob.http.get("/api/unanswered?view=all")).status_code == 400
    async with bob.mcp() as client:
        result = await client.call_tool("list_unanswered", {})
        assert "@bob?" in str(result.content)
        await client.call_tool("settle_message", {"message_id": message})
    assert await ids(bob) == []


# -- late ------------------------------------------------------------------------------------------------------------


async def test_the_sender_is_told_of_a_missed_deadline_once(
    team: TestTeam, alice: Member, bob: Member, clock: MovedClock
) -> None:
    carol = await team.agent("carol")
    message = await say(alice, "@bob @carol which\none? " + "x" * 200, reply_by=5)
    await say(carol, "mine", replyTo=message)
    await watch(team.team)
    assert await told(alice, team) == []
    clock.advance(minutes=5)
    assert await ids(bob, "overdue") == await ids(alice, "overdue") == [message]
    assert (await bob.call("list_unanswered")).messages[0].overdue
    context = operations.enter(team.server, bob.key, "rest", "127.0.0.1")
    assert (await waiting(context)) == {"mentions": 1, "overdue": 1}
    for _ in range(2):
        await watch(team.team)
    (note,) = await told(alice, team)
    assert note.startswith(f"No answer in time from bob to message {message} in general (“@bob @carol which one? xxx")
    assert note.endswith("…”). It was asked for by 2026-01-01T12:05Z.")
    assert await told(bob, team) == []
    await say(bob, "sorry", replyTo=message)
    assert await ids(bob, "overdue") == await ids(alice, "overdue") == []


async def test_an_answer_in_time_is_not_late(team: TestTeam, alice: Member, bob: Member, clock: MovedClock) -> None:
    message = await say(alice, "when?", "dm:bob", reply_by=5)
    await say(bob, "now", "dm:alice")
    withdrawn = await say(alice, "and where?", "dm:bob", reply_by=5)
    await alice.call("settle_message", message_id=withdrawn)
    clock.advance(minutes=10)
    await watch(team.team)
    assert await told(alice, team) == []
    assert message < withdrawn


async def test_an_answer_that_comes_at_the_last_moment_is_not_called_missing(
    team: TestTeam, alice: Member, bob: Member, clock: MovedClock
) -> None:
    message = await say(alice, "@bob?", reply_by=5)
    clock.advance(minutes=5)
    context = Context.inside(team.team)
    work = await context.prepare("tell_sender", message_id=message, reason="overdue")
    assert callable(work)
    await say(bob, "here", replyTo=message)
    assert (await team.team.database.write(work)).recipients == []
    assert await told(alice, team) == []


async def test_nobody_but_the_server_tells_senders(team: TestTeam, alice: Member) -> None:
    message = await say(alice, "@owner?", reply_by=5)
    for name, arguments in (
        ("tell_sender", {"message_id": message, "reason": "overdue"}),
        ("close_mailbox", {"name": "alice"}),
    ):
        for member in (alice, team.owner):
            with pytest.raises(Forbidden):
                await member.call(name, **arguments)


async def test_looking_writes_nothing_while_nothing_is_late(team: TestTeam, alice: Member, bob: Member) -> None:
    await say(alice, "@bob?", reply_by=5)
    before = await team.events()
    await watch(team.team)
    assert await team.events() == before


def test_it_is_looked_at_every_few_seconds(server: Server) -> None:
    found = server.plugins.collect("register_jobs", server=server)
    jobs = {job.work: job.every for _, contributed in found for job in contributed}
    assert jobs[watch] == 10


# -- away, and gone --------------------------------------------------------------------------------------------------


def leave(team: TestTeam, *members: Member) -> None:
    for member in members:
        team.team.presence.leave(member.name)


async def test_the_sender_is_told_once_who_is_offline_for_long(
    team: TestTeam, alice: Member, bob: Member, clock: MovedClock
) -> None:
    carol = await team.agent("carol")
    await bob.call("heartbeat")
    await carol.call("heartbeat")
    leave(team, bob)
    await team.server.settle()
    asked = await say(alice, "@bob @carol?", reply_by=600)
    notice = await say(alice, "read this", "dm:bob", ack_required=True)
    await say(alice, "@bob, by the way")
    clock.advance(minutes=29)
    await watch(team.team)
    assert await told(alice, team) == []
    clock.advance(minutes=1)
    for _ in range(2):
        await watch(team.team)
    first, second = await told(alice, team)
    assert first.startswith(f"Offline for long: bob. Your message {asked} in general")
    assert first.endswith("asks for an answer by 2026-01-01T22:00Z.")
    assert f"message {notice} in dm:alice:bob" in second
    assert second.endswith("asks for an acknowledgement.")
    leave(team, carol)
    await team.server.settle()
    clock.advance(minutes=31)
    await watch(team.team)
    assert (await told(alice, team))[2].startswith(f"Offline for long: carol. Your message {asked}")


@pytest.mark.teammcp(plugins={"inbox": {"offline_minutes": 5}})
async def test_how_long_is_a_setting(team: TestTeam, alice: Member, bob: Member, clock: MovedClock) -> None:
    await say(alice, "read this", "dm:bob", ack_required=True)
    clock.advance(minutes=5)
    await watch(team.team)
    assert len(await told(alice, team)) == 1


async def test_the_senders_of_a_retired_member_are_told_once_each(
    team: TestTeam, alice: Member, bob: Member, clock: MovedClock
) -> None:
    carol = await team.agent("carol")
    await say(alice, "@bob one")
    last = await say(alice, "two", "dm:bob")
    await say(carol, "@bob three")
    read = await say(team.owner, "@bob four")
    await say(bob, "@alice five")
    await bob.call("get_inbox")
    unread = [await say(alice, "@bob six"), await say(alice, "seven", "dm:bob", reply_by=5)]
    await team.owner.call("retire_agent", name="bob")
    clock.advance(minutes=10)
    for _ in range(2):
        await watch(team.team)
    assert await told(alice, team) == [
        f"bob was retired and will not deal with 2 messages of yours, the last being message {unread[-1]}."
    ]
    assert await told(carol, team) == await told(team.owner, team) == []
    for member in (alice, carol, team.owner):
        for view in ("waiting_for_me", "waiting_for_others", "overdue"):
            assert await ids(member, view) == [], (member.name, view)
    assert last < read


async def test_a_crash_behind_a_retirement_loses_no_word_of_it(team: TestTeam, alice: Member, bob: Member) -> None:
    message = await say(alice, "@bob?")
    context = Context.inside(team.team)
    await team.team.database.write(
        lambda tx: tx.execute("UPDATE agents SET retired_at = 1, key_hash = NULL WHERE name = 'bob'")
    )
    await team.server.plugins.notify("team_opened", team=team.team)
    works = [await context.prepare("close_mailbox", name="bob") for _ in range(2)]
    for work in works:
        assert callable(work)
        await team.team.database.write(work)
    await watch(team.team)
    assert await told(alice, team) == [
        f"bob was retired and will not deal with a message of yours, the last being message {message}."
    ]


# -- what was there before -------------------------------------------------------------------------------------------


def test_what_was_answered_before_this_was_kept_is_known_as_answered(tmp_path: Path) -> None:
    steps = load_migrations("events", "teammcp.events") + load_migrations("operations", "teammcp.operations")
    for _, migrations in PluginManager(built_in()).collect("register_migrations"):
        steps += migrations
    later = [step for step in steps if step.feature == "messages" and step.number > 1]
    connection = sqlite3.connect(tmp_path / "team.db", isolation_level=None)
    migrate(connection, [step for step in steps if step not in later and step.feature not in {"guard", "turns"}])
    for name, retired in (("ann", None), ("bob", None), ("old", 5)):
        connection.execute(
            "INSERT INTO agents (name, folded, kind, role, access, description, created_at, retired_at)"
            " VALUES (?, ?, 'agent', '', 2, '', 0, ?)",
            (name, name, retired),
        )
    connection.execute(
        "INSERT INTO channels (id, folded, kind, name, description, created_by, created_at)"
        " VALUES ('dm:ann:bob', 'dm:ann:bob', 'dm', '', '', 'ann', 0)"
    )
    messages = [
        (1, "general", 1, "ann", None),
        (2, "general", 2, "bob", 1),
        (3, "general", 3, "ann", None),
        (4, "dm:ann:bob", 1, "ann", None),
        (5, "dm:ann:bob", 2, "bob", None),
        (6, "dm:ann:bob", 3, "ann", None),
    ]
    connection.executemany(
        "INSERT INTO messages (id, channel_id, seq, sender, thread, content, mentions, priority, ack_required,"
        " has_file, created_at) VALUES (?, ?, ?, ?, ?, 'x', '[]', 'next', 0, 0, 7)",
        messages,
    )
    connection.executemany(
        "INSERT INTO deliveries (agent, message_id, channel_id, mention, ack_required, acked_at)"
        " VALUES (?, ?, ?, 1, ?, ?)",
        [
            ("bob", 1, "general", 0, None),
            ("ann", 2, "general", 0, None),
            ("bob", 3, "general", 1, 9),
            ("old", 3, "general", 0, None),
            ("bob", 4, "dm:ann:bob", 0, None),
            ("ann", 5, "dm:ann:bob", 0, None),
            ("bob", 6, "dm:ann:bob", 0, None),
        ],
    )
    migrate(connection, steps)
    found = connection.execute(
        "SELECT agent, message_id, sender, thread, answer, settled_at FROM deliveries ORDER BY message_id, agent"
    ).fetchall()
    assert found == [
        ("bob", 1, "ann", 1, 2, 7),
        ("ann", 2, "bob", 1, None, None),
        ("bob", 3, "ann", 3, None, 9),
        ("old", 3, "ann", 3, None, 7),
        ("bob", 4, "ann", 4, 5, 7),
        ("ann", 5, "bob", 5, 6, 7),
        ("bob", 6, "ann", 6, None, None),
    ]
    connection.close()
