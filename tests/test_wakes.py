"""Waking: an idle program is rung for what waits for it, not for ever, and its senders hear if it was in vain."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from teammcp import Context, Forbidden, Gone, InvalidInput, NotFound, Refused, Wake, hookimpl
from teammcp.features.wakes.bells import Bell, Waiting
from teammcp.features.wakes.sessions import TOWERS, Towers
from teammcp.testing import Member, MovedClock, TestTeam

SESSION = {"session": "claude:1", "way": "inbox_socket"}


async def hook(member: Member, event: str, **more: Any) -> Any:
    """The program of a member tells of an event."""
    body = {"hook_event_name": event, "session_id": "s1", **more}
    answer = await member.http.post("/api/hooks/claude", json=body, headers={"TeamMCP-Reader": "claude:s1"})
    return answer.json()


@pytest.fixture
async def bob(team: TestTeam, clock: MovedClock) -> Member:
    """An agent whose program sits idle at its prompt."""
    bob = await team.agent("bob")
    await hook(bob, "SessionStart", source="startup")
    clock.advance(seconds=2)
    return bob


@pytest.fixture
async def ann(team: TestTeam) -> Member:
    return await team.agent("ann")


async def ring(member: Member, timeout: float = 0, **more: Any) -> Any:
    return await member.call("wait_for_ring", **{**SESSION, "timeout": timeout, **more})


async def tell(sender: Member, text: str = "look", **more: Any) -> int:
    sent: int = (await sender.call("send_dm", recipient="bob", content=text, **more)).id
    return sent


async def notes(member: Member) -> list[str]:
    """What the server has told a member."""
    try:
        found = await member.call("get_history", channel="dm:system")
    except NotFound:
        return []
    return [each.content for each in found.messages]


async def test_a_message_rings_and_the_programs_hook_brings_it(bob: Member, ann: Member) -> None:
    waiting = asyncio.create_task(ring(bob, 20))
    await asyncio.sleep(0.05)
    message = await tell(ann, "look at this")
    found = await asyncio.wait_for(waiting, 10)
    assert found.number == f"{message}-1"
    assert "look at this" not in found.line, "a ring delivers nothing"
    receipt = await ann.call("get_receipt", message_id=message)
    assert receipt.recipients[0].offered_at is None
    answer = await hook(bob, "UserPromptSubmit")
    assert "look at this" in answer["hookSpecificOutput"]["additionalContext"]
    assert (await ann.call("get_receipt", message_id=message)).recipients[0].handed_over_by == "hook"
    assert (await ring(bob, rung=found.number)).number == ""


async def test_nobody_is_rung_who_is_busy_waits_for_a_person_or_was_idle_for_no_second(
    bob: Member, ann: Member, clock: MovedClock
) -> None:
    await hook(bob, "UserPromptSubmit")
    await tell(ann)
    assert (await ring(bob)).number == "", "its hooks bring it"
    await hook(bob, "PermissionRequest", tool_name="Bash")
    assert (await ring(bob)).number == "", "the line could answer the dialog"
    await hook(bob, "StopFailure", error="overloaded")
    assert (await ring(bob)).number == ""
    clock.advance(seconds=1)
    assert (await ring(bob)).number != "", "a failed turn leaves nobody deaf"


async def test_it_is_rung_again_without_a_sign_and_given_up_after_three(
    team: TestTeam, bob: Member, ann: Member, clock: MovedClock
) -> None:
    message = await tell(ann)
    numbers = []
    for _ in range(3):
        found = await ring(bob)
        numbers.append(found.number)
        clock.advance(seconds=9)
        assert (await ring(bob, rung=found.number)).number == ""
        clock.advance(seconds=1)
    assert numbers == [f"{message}-1", f"{message}-2", f"{message}-3"]
    assert await notes(ann) == []
    assert (await ring(bob)).number == ""
    [note] = await notes(ann)
    assert "Not reached: bob (rung 3 times)" in note
    assert "hooks" in note
    assert "not reached" in str(team.team.presence.status_of("bob").reason)
    assert "not reached" in (await ann.call("get_wakes", name="bob")).text().lower()
    clock.advance(minutes=5)
    assert (await ring(bob)).number == "", "and that is all"
    assert len(await notes(ann)) == 1
    await tell(ann, "again")
    assert (await ring(bob)).number != "", "a new message is a new round"


async def fails(bob: Member, clock: MovedClock) -> None:
    """His program is rung in vain."""
    for _ in range(4):
        await ring(bob)
        clock.advance(seconds=10)


async def test_each_sender_hears_once_of_a_message_that_was_not_reached(
    team: TestTeam, bob: Member, ann: Member, clock: MovedClock
) -> None:
    """And not again for each round of others, or at the hundredth message."""
    eve = await team.agent("eve")
    first = await tell(ann)
    await fails(bob, clock)
    for _ in range(3):
        await tell(eve)
        await fails(bob, clock)
    assert (len(await notes(ann)), len(await notes(eve))) == (1, 3)
    second, third = await tell(ann), await tell(ann)
    await fails(bob, clock)
    assert f"Your message {first} stays" in (await notes(ann))[0]
    assert f"Your 2 messages, the last being {third}, stay" in (await notes(ann))[1]
    assert second < third


async def test_a_server_that_is_restarted_tells_nobody_again_and_shows_again_that_it_was_not_reached(
    team: TestTeam, bob: Member, ann: Member, clock: MovedClock
) -> None:
    message = await tell(ann)
    await fails(bob, clock)
    team.team.state[TOWERS] = Towers()
    team.team.presence.leave("bob", "the server was restarted")
    for _ in range(2):
        clock.advance(seconds=10)
        await ring(bob, rung=f"{message}-3", doing="idle")
    assert (await ann.call("get_wakes", name="bob")).not_reached
    assert len(await notes(ann)) == 1
    await tell(ann, "again")
    clock.advance(seconds=1)
    await fails(bob, clock)
    assert len(await notes(ann)) == 2


async def test_all_senders_hear_that_it_was_not_reached_however_many_messages_wait(
    team: TestTeam, bob: Member, ann: Member, clock: MovedClock
) -> None:
    for _ in range(60):
        await tell(ann)
    eve = await team.agent("eve")
    await tell(eve)
    await fails(bob, clock)
    assert (len(await notes(ann)), len(await notes(eve))) == (1, 1)


async def test_messages_that_keep_coming_do_not_put_off_that_it_is_not_reached(
    bob: Member, ann: Member, clock: MovedClock
) -> None:
    await tell(ann)
    for _ in range(4):
        await ring(bob)
        await tell(ann, "and this")
        clock.advance(seconds=10)
    [note] = await notes(ann)
    assert "rung 3 times" in note


@pytest.mark.parametrize("many", [40, 1])
async def test_what_arrives_is_a_sign_although_no_hook_says_so(
    bob: Member, ann: Member, clock: MovedClock, many: int
) -> None:
    """Of a turn that a line has begun by itself, some programs tell nothing."""
    carrying, reader = {**SESSION, "carries": True, "timeout": 0}, {"TeamMCP-Reader": "wake:1"}
    arrived: list[int] = []
    for _ in range(8):
        for _ in range(many if not arrived or many == 1 else 0):
            await tell(ann)
        clock.advance(seconds=12)
        found = (await bob.http.post("/api/wakes/wait", json=carrying, headers=reader)).json()
        ids = [each["id"] for each in found["messages"]]
        if ids:
            await bob.http.post("/api/received", json={"message_ids": ids}, headers=reader)
        arrived += ids
    assert len(arrived) == max(many, 8)
    assert await notes(ann) == []


async def test_what_waits_for_an_agent_is_told_to_nobody_else_by_the_events_of_its_rings(
    team: TestTeam, bob: Member, ann: Member, clock: MovedClock
) -> None:
    await tell(ann)
    await fails(bob, clock)
    rung, failed = await team.events("wake.rung"), await team.events("wake.failed")
    assert [each.agents for each in rung] == [("bob",)] * 3
    assert [sorted(each.data) for each in failed] == [["rings", "why"]]


async def test_after_a_sign_the_next_message_rings_at_once(bob: Member, ann: Member, clock: MovedClock) -> None:
    """The pause is for a program of which nothing was heard since it was rung."""
    message = await tell(ann)
    first = await ring(bob)
    await hook(bob, "UserPromptSubmit")
    body, headers = {"message_ids": [message]}, {"TeamMCP-Reader": "claude:s1"}
    (await bob.http.post("/api/received", json=body, headers=headers)).raise_for_status()
    clock.advance(seconds=1)
    await hook(bob, "Stop")
    clock.advance(seconds=1)
    await tell(ann, "and this")
    second = await ring(bob, rung=first.number)
    assert (first.number != "", second.number != "") == (True, True)


async def test_a_line_that_was_to_bring_messages_and_was_not_taken_has_brought_nothing(
    team: TestTeam, bob: Member, ann: Member, clock: MovedClock
) -> None:
    async def carry(**more: Any) -> Any:
        body = {"session": "qwen:1", "way": "qwen_socket", "carries": True, "timeout": 0, **more}
        answer = await bob.http.post("/api/wakes/wait", json=body, headers={"TeamMCP-Reader": "wake:1"})
        await team.server.settle()
        return answer.json()

    message = await tell(ann, "look at this")
    for number in range(3):
        found = await carry()
        assert (found["number"], "look at this" in found["line"]) == (f"{message}-{number + 1}", True)
        assert [each["id"] for each in found["messages"]] == [message]
        clock.advance(seconds=1)
        assert (await carry(rung=found["number"], failure="it refuses lines"))["number"] == ""
        [recipient] = (await ann.call("get_receipt", message_id=message)).recipients
        assert recipient.state == "stored"
        clock.advance(seconds=10)
    assert (await carry())["number"] == ""
    [note] = await notes(ann)
    assert "it refuses lines" in note
    assert "look at this" in (await hook(bob, "UserPromptSubmit"))["hookSpecificOutput"]["additionalContext"]


async def test_a_line_that_brings_messages_is_rung_once_while_its_turn_is_waited_for(
    team: TestTeam, bob: Member, ann: Member, clock: MovedClock
) -> None:
    carrying = {"session": "qwen:1", "way": "qwen_socket", "carries": True, "timeout": 0}
    reader = {"TeamMCP-Reader": "wake:1"}
    message = await tell(ann)
    found = (await bob.http.post("/api/wakes/wait", json=carrying, headers=reader)).json()
    clock.advance(seconds=5)
    assert (await bob.http.post("/api/wakes/wait", json=carrying, headers=reader)).json()["number"] == ""
    confirmed = {"message_ids": [message]}
    assert (await bob.http.post("/api/received", json=confirmed, headers=reader)).status_code == 200
    clock.advance(minutes=1)
    again = await bob.http.post("/api/wakes/wait", json={**carrying, "rung": found["number"]}, headers=reader)
    assert again.json()["number"] == ""
    [recipient] = (await ann.call("get_receipt", message_id=message)).recipients
    assert (recipient.state, recipient.offered_by) == ("offered", "wake")


async def test_what_the_helper_says_of_a_line_is_the_reason(bob: Member, ann: Member, clock: MovedClock) -> None:
    await tell(ann)
    for _ in range(3):
        found = await ring(bob)
        await ring(bob, rung=found.number, failure="its socket refuses connections")
        clock.advance(seconds=10)
    await ring(bob)
    [note] = await notes(ann)
    assert "its socket refuses connections" in note


async def test_a_sender_is_not_rung_for_its_own_messages(bob: Member, ann: Member) -> None:
    await bob.call("send_message", channel="general", content="@bob @ann hello")
    assert (await ring(bob)).number == ""


async def test_one_that_is_taken_otherwise_rings_nobody(bob: Member, ann: Member) -> None:
    await tell(ann)
    assert (await bob.call("wait_for_messages", timeout=0)).messages
    assert (await ring(bob)).number == ""


async def test_a_stale_message_rings_nobody(bob: Member, ann: Member, clock: MovedClock) -> None:
    await tell(ann)
    clock.advance(minutes=61)
    assert (await ring(bob)).number == ""


async def test_where_the_program_has_no_hook_the_line_brings_the_messages_and_its_proof_counts(
    bob: Member, ann: Member
) -> None:
    message = await tell(ann, "all of it")
    answer = await bob.http.post("/api/wakes/wait", json={**SESSION, "carries": True, "timeout": 0})
    found = answer.json()
    assert "all of it" in found["line"]
    assert found["line"].startswith(f"[wake {message}-1]")
    assert [each["id"] for each in found["messages"]] == [message]
    assert (await ann.call("get_receipt", message_id=message)).recipients[0].offered_at is None
    await bob.call("confirm_messages", message_ids=[message])
    assert (await ann.call("get_receipt", message_id=message)).recipients[0].offered_by == "wake"


async def test_one_switch_and_quiet_hours(team: TestTeam, bob: Member, ann: Member, clock: MovedClock) -> None:
    await tell(ann)
    with pytest.raises(Forbidden):
        await ann.call("set_wakes", name="bob", woken=False)
    await bob.call("set_wakes", woken=False)
    assert not (await bob.call("get_wakes")).woken
    assert (await ring(bob)).number == ""
    await team.owner.call("set_wakes", name="bob", woken=True, quiet="00:00-23:59")
    assert (await ring(bob)).number == ""
    assert (await bob.call("get_wakes", name="bob")).quiet == "00:00-23:59"
    await team.owner.call("set_wakes", name="bob", quiet="")
    assert (await ring(bob)).number != ""
    with pytest.raises(InvalidInput, match="22:00-07:00"):
        await bob.call("set_wakes", name="bob", quiet="at night")


async def test_only_of_an_agent_that_is_there_it_is_set_whether_it_is_woken(team: TestTeam, bob: Member) -> None:
    for name in ("owner", "system"):
        with pytest.raises(InvalidInput, match="name: must be an agent's"):
            await team.owner.call("set_wakes", name=name, woken=False)
    await team.owner.call("retire_agent", name="bob")
    with pytest.raises(Gone, match="name: bob was retired"):
        await team.owner.call("set_wakes", name="bob", quiet="22:00-07:00")


async def test_a_switch_is_heard_by_who_waits(bob: Member, ann: Member) -> None:
    await bob.call("set_wakes", name="bob", woken=False)
    await tell(ann)
    waiting = asyncio.create_task(ring(bob, 20))
    await asyncio.sleep(0.05)
    await bob.call("set_wakes", name="bob", woken=True)
    assert (await asyncio.wait_for(waiting, 10)).number != ""


async def test_of_several_sessions_the_last_is_rung_and_then_the_one_before(
    bob: Member, ann: Member, clock: MovedClock
) -> None:
    first = asyncio.create_task(ring(bob, 20, session="claude:1"))
    await asyncio.sleep(0.05)
    second = asyncio.create_task(ring(bob, 20, session="claude:2"))
    await asyncio.sleep(0.05)
    await tell(ann)
    found = await asyncio.wait_for(second, 10)
    assert found.number != ""
    assert not first.done()
    again = asyncio.create_task(ring(bob, 20, session="claude:2", rung=found.number))
    await asyncio.sleep(0.05)
    first.cancel()
    again.cancel()


@pytest.mark.parametrize("elsewhere", ["busy", "waiting"])
async def test_of_several_sessions_one_that_has_something_to_do_is_passed_over(
    bob: Member, ann: Member, clock: MovedClock, elsewhere: str
) -> None:
    first = asyncio.create_task(ring(bob, 20, session="claude:1", doing="idle"))
    await asyncio.sleep(0.05)
    second = asyncio.create_task(ring(bob, 20, session="claude:2", doing="idle"))
    await asyncio.sleep(0.05)
    await bob.call("note_doing", session="claude:2", doing=elsewhere)
    await hook(bob, "Stop")  # of the first
    clock.advance(seconds=2)
    await tell(ann)
    assert (await asyncio.wait_for(first, 10)).number != ""
    assert not second.done()
    second.cancel()


async def test_a_session_is_rung_while_another_waits_for_a_person(
    team: TestTeam, bob: Member, ann: Member, clock: MovedClock
) -> None:
    first = asyncio.create_task(ring(bob, 20, session="claude:1", doing="idle"))
    second = asyncio.create_task(ring(bob, 20, session="claude:2"))
    await asyncio.sleep(0.05)
    await hook(bob, "PermissionRequest", tool_name="Bash")  # of the second
    await bob.call("note_doing", session="claude:2", doing="waiting")
    assert team.team.presence.status_of("bob").status == "waiting", "a person is to see that"
    clock.advance(seconds=2)
    await tell(ann)
    assert (await asyncio.wait_for(first, 10)).number != ""
    assert not second.done()
    second.cancel()


@pytest.mark.parametrize("said", [[], ["waiting"]])
async def test_nobody_is_rung_where_the_one_that_waits_for_a_person_is_not_known(
    bob: Member, ann: Member, clock: MovedClock, said: list[str]
) -> None:
    """It may be the only session, or the one of which nothing was said."""
    for session in ("claude:1", "claude:2"):
        await ring(bob, session=session)
    await hook(bob, "PermissionRequest", tool_name="Bash")
    for doing in said:
        await bob.call("note_doing", session="claude:2", doing=doing)
    clock.advance(seconds=2)
    await tell(ann)
    assert [(await ring(bob, session=session)).number for session in ("claude:1", "claude:2")] == ["", ""]


async def test_of_two_sessions_one_that_ends_leaves_the_agent_here(team: TestTeam, bob: Member) -> None:
    for session in ("claude:1", "claude:2"):
        await ring(bob, session=session)
    await hook(bob, "SessionEnd")
    await bob.call("end_wakes", session="claude:2")
    found = team.team.presence.status_of("bob")
    assert (found.status, str(found.reason)) == ("online", "another session of it runs")
    await bob.call("end_wakes", session="claude:1")
    assert team.team.presence.status_of("bob").status == "away"


async def test_of_two_sessions_one_that_ends_leaves_the_agent_as_the_other_says_that_it_is(
    team: TestTeam, bob: Member
) -> None:
    await ring(bob, session="claude:1", doing="idle")
    await ring(bob, session="claude:2", doing="idle")
    await hook(bob, "UserPromptSubmit")
    await hook(bob, "SessionEnd")
    await bob.call("end_wakes", session="claude:2")
    found = team.team.presence.status_of("bob")
    assert (found.status, str(found.reason)) == ("idle", "another session of it runs")


async def test_sessions_that_were_killed_are_forgotten(team: TestTeam, bob: Member, clock: MovedClock) -> None:
    for number in range(5):
        await ring(bob, session=f"claude:{number}")
        clock.advance(minutes=2)
    assert list(team.team.state[TOWERS].of("bob").sessions) == ["claude:4"]


async def test_a_helper_that_waits_on_after_a_good_bye_stands_beside_another_session(
    team: TestTeam, bob: Member, ann: Member, clock: MovedClock
) -> None:
    waiting = asyncio.create_task(ring(bob, 20))
    await asyncio.sleep(0.05)
    await hook(bob, "SessionEnd")
    await tell(ann)
    await asyncio.sleep(0.05)
    assert team.team.presence.status_of("bob").status == "away", "it may be its own, that has not noticed yet"
    clock.advance(seconds=5)
    await tell(ann)
    await asyncio.sleep(0.05)
    assert team.team.presence.status_of("bob").status == "online"
    clock.advance(seconds=1)
    await tell(ann)
    assert (await asyncio.wait_for(waiting, 10)).number != ""


async def test_what_a_helper_that_was_killed_leaves_keeps_nobody_present(
    team: TestTeam, bob: Member, clock: MovedClock
) -> None:
    await ring(bob, session="claude:1")
    clock.advance(minutes=1)
    await ring(bob, session="claude:2")
    await bob.call("end_wakes", session="claude:2")
    assert team.team.presence.status_of("bob").status == "away"


def test_no_number_comes_twice() -> None:
    """A program drops a line that is equal to one shortly before."""
    bell = Bell()
    assert [number for waiting in (7, 7, 0, 7, 8) if (number := rung_for(bell, waiting))] == [
        "7-1",
        "7-2",
        "7-3",
        "8-1",
    ]
    bell.recall("9-9")
    assert rung_for(bell, 8) == "8-2", "it knows better"
    after_restart = Bell()
    for told in ("trial-3", "", "7-x", "7-2"):
        after_restart.recall(told)
    assert rung_for(after_restart, 7) == "7-3"
    assert after_restart.rings == 3, "and the round goes on"


def rung_for(bell: Bell, newest: int) -> str:
    bell.begin(Waiting(newest))
    if newest:
        bell.ring(1)
    return bell.number if newest else ""


async def test_what_a_program_says_of_itself_ends_what_its_hooks_leave_open(
    team: TestTeam, bob: Member, ann: Member, clock: MovedClock
) -> None:
    """A turn that a person breaks off, or a dialog that is closed, is told by no hook."""

    async def say(doing: str) -> tuple[bool, str]:
        noted = (await bob.call("note_doing", session="claude:1", doing=doing)).noted
        return noted, team.team.presence.status_of("bob").status

    await hook(bob, "UserPromptSubmit")
    await tell(ann)
    assert await say("busy") == (False, "busy")
    assert await say("idle") == (True, "idle")
    await hook(bob, "PermissionRequest", tool_name="Bash")
    assert await say("waiting") == (False, "waiting")
    assert "Bash" in str(team.team.presence.status_of("bob").reason)
    assert await say("idle") == (True, "idle")
    assert await say("waiting") == (True, "waiting")
    assert (await ring(bob)).number == ""
    assert await say("idle") == (True, "idle")
    clock.advance(seconds=1)
    await hook(bob, "StopFailure", error="overloaded")
    assert await say("idle") == (False, "blocked"), "why it is blocked is more than that it sits idle"
    assert await say("busy") == (True, "busy")
    assert await say("idle") == (True, "idle")
    clock.advance(seconds=1)
    assert (await ring(bob)).number != ""


async def test_a_program_that_has_ended_is_away_at_once(team: TestTeam, bob: Member) -> None:
    await ring(bob)
    await bob.call("end_wakes", session="claude:1")
    assert team.team.presence.status_of("bob").status == "away"
    assert (await bob.call("get_wakes", name="bob")).ways == []


class Sunday:
    """A plugin that wakes nobody."""

    @hookimpl
    def before_wake(self, context: Context, wake: Wake) -> None:
        raise Refused("It is Sunday.")


@pytest.mark.teammcp(install={"sunday": Sunday()})
async def test_a_flood_that_a_plugin_keeps_out_is_answered_once_a_minute(
    bob: Member, ann: Member, clock: MovedClock
) -> None:
    for _ in range(20):
        await tell(ann)
        await ring(bob)
    assert len(await notes(ann)) == 1
    clock.advance(minutes=1)
    await ring(bob)
    first, second = await notes(ann)
    assert ("Your message 1 stays" in first, "Your 19 messages" in second) == (True, True)
    clock.advance(minutes=1)
    await ring(bob)
    assert len(await notes(ann)) == 2


@pytest.mark.teammcp(install={"sunday": Sunday()})
async def test_a_plugin_may_refuse_and_the_sender_hears_why(bob: Member, ann: Member) -> None:
    await tell(ann)
    assert (await ring(bob)).number == ""
    [note] = await notes(ann)
    assert "It is Sunday" in note
    assert "not rung" in note


async def test_a_message_to_who_is_gone_says_so_at_once(team: TestTeam, bob: Member, ann: Member) -> None:
    await ring(bob)
    assert (await ann.call("send_dm", recipient="bob", content="look")).not_here == []
    await bob.call("end_wakes", session="claude:1")
    for sent in (
        await ann.call("send_dm", recipient="bob", content="are you there?"),
        await ann.call("send_message", channel="general", content="@bob look"),
    ):
        [absent] = sent.not_here
        assert (absent.agent, absent.status, absent.reason) == ("bob", "away", "its program has ended")
        assert "Not here now, so it waits in the inbox: bob (away: its program has ended)." in sent.text()
    assert (await ann.call("send_message", channel="general", content="@all look")).not_here == []
    await team.owner.log_in()
    page = await team.owner.submit("/channels/dm:bob:owner/send", content="hello")
    assert page.status_code in {200, 303}


async def test_what_is_for_later_wakes_nobody_and_comes_with_the_next_turn(
    team: TestTeam, bob: Member, ann: Member, clock: MovedClock
) -> None:
    quiet = await tell(ann, "the build is green", priority="later")
    assert (await ring(bob)).number == ""
    assert (await bob.call("wait_for_messages", timeout=0)).messages == [], "nor does it end a wait, or start a program"
    await fails(bob, clock)
    assert await notes(ann) == [], "nobody was rung in vain"
    answer = await hook(bob, "UserPromptSubmit")
    assert "the build is green" in answer["hookSpecificOutput"]["additionalContext"]
    assert (await ann.call("get_receipt", message_id=quiet)).recipients[0].handed_over_by == "hook"


async def test_what_is_for_later_comes_beside_what_calls(bob: Member, ann: Member) -> None:
    quiet, loud = await tell(ann, "the build is green", priority="later"), await tell(ann, "look")
    assert (await ring(bob)).number == f"{loud}-1"
    found = await bob.call("wait_for_messages", timeout=0)
    assert [message.id for message in found.messages] == [quiet, loud]


async def test_what_asks_everybody_for_something_calls_them(team: TestTeam, bob: Member, ann: Member) -> None:
    for more in ({"ack_required": True}, {"reply_by": 5}):
        sent = await ann.call("send_message", channel="general", content="say something", **more)
        assert sent.priority == "next"
    assert (await ring(bob)).number == f"{sent.id}-1"
