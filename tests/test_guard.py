"""Agents that keep each other busy are stopped within the limit, and a person's word lets them go on."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from teammcp import Forbidden, NotFound, Refused, operations
from teammcp.features.guard.loops.watch import KEPT, WATCH
from teammcp.operations import Context
from teammcp.testing import Member, MovedClock, TestTeam

GUARD: dict[str, Any] = {}
"""The guard as it comes."""
pytestmark = pytest.mark.teammcp(plugins={"guard": GUARD})


async def refusal(member: Member, operation: str, **arguments: Any) -> Refused:
    """The error of a message that must not pass."""
    with pytest.raises(Refused) as raised:
        await member.call(operation, **arguments)
    assert raised.value.code == "loop_stopped"
    return raised.value


async def thank_for_ever(clock: MovedClock, *members: Member) -> tuple[int, Refused]:
    """Each thanks the next one, a second apart: how often before they are stopped, and with which words."""
    for number in range(200):
        sender, other = members[number % len(members)], members[(number + 1) % len(members)]
        clock.advance(seconds=1)
        try:
            await sender.call("send_dm", recipient=other.name, content=f"Thank you {number} times, {other.name}!")
        except Refused as error:
            return number, error
    raise AssertionError("nobody stopped them")


@pytest.fixture
async def pair(team: TestTeam) -> tuple[Member, Member]:
    return await team.agent("alice"), await team.agent("bob")


async def notes(team: TestTeam, member: Member) -> list[str]:
    """What the server itself has told a member."""
    await team.server.settle()
    history = await member.call("get_history", channel=f"dm:{member.name}:system")
    return [message.content for message in history.messages]


async def test_two_agents_that_thank_each_other_for_ever_are_stopped_and_released(
    team: TestTeam, clock: MovedClock, pair: tuple[Member, Member]
) -> None:
    alice, bob = pair
    number, error = await thank_for_ever(clock, alice, bob)
    assert number == 12
    assert "alice and bob exchanged 12 messages in dm:alice:bob within 60 s" in error.detail
    assert "Do not send it again" in error.detail
    assert "owner" in error.detail
    clock.advance(hours=1)
    for member, other in ((alice, bob), (bob, alice)):  # time alone does not release them
        assert (await refusal(member, "send_dm", recipient=other.name, content="thanks")).data == error.data
    (note,) = await notes(team, team.owner)
    assert "dm:alice:bob" in note
    assert [event.subject for event in await team.events("loop.stopped")] == [str(error.data["loop_id"])]
    await team.owner.call("release_loop", loop_id=error.data["loop_id"])
    assert (await thank_for_ever(clock, alice, bob))[0] == 12
    await team.owner.call("send_dm", recipient="bob", content="that is enough")
    await team.server.settle()
    await bob.call("send_dm", recipient="alice", content="that was enough, says the owner")
    released = (await team.owner.call("list_loops", all=True)).loops
    assert [loop.released_by for loop in released] == ["owner", "owner"]


async def test_the_answer_over_mcp_tells_the_model_what_to_do(clock: MovedClock, pair: tuple[Member, Member]) -> None:
    await thank_for_ever(clock, *pair)
    async with pair[0].mcp() as client:
        result = await client.call_tool("send_dm", {"recipient": "bob", "content": "thank you!"})
    assert result.is_error
    assert result.content[0].text.startswith("Stopped: this looks like a loop: Not sent: ")


async def test_nobody_is_gagged_by_what_another_says(team: TestTeam, pair: tuple[Member, Member]) -> None:
    alice, mallory = pair
    boss = await team.agent("boss", access="manager")
    for number in range(14):
        await mallory.call("send_message", channel="general", content=f"@alice {number}")
        await mallory.call("send_dm", recipient="boss", content=f"hey {number}")
        await team.server.settle()
    assert await team.events("loop.stopped") == []
    await alice.call("send_message", channel="general", content="good morning")
    await boss.call("send_dm", recipient="bob", content="yes?")
    for number in range(30):
        await mallory.call("send_dm", recipient="boss", content=f"listen {number}")
    error = await refusal(mallory, "send_dm", recipient="boss", content="listen!")
    assert "bob sent 30 messages" in error.detail


async def test_of_an_exchange_that_one_drives_the_driver_alone_is_stopped(
    team: TestTeam, pair: tuple[Member, Member]
) -> None:
    alice, bob = pair
    for number in range(8):
        await bob.call("send_dm", recipient="alice", content=f"and {number}?")
        if number % 2:
            await alice.call("send_dm", recipient="bob", content=f"answer {number}")
    await refusal(bob, "send_dm", recipient="alice", content="and now?")
    await alice.call("send_dm", recipient="bob", content="you ask too much")
    error = await refusal(bob, "send_dm", recipient="alice", content="do I?")
    assert "alice and bob exchanged 12 messages" in error.detail
    del team.team.state[WATCH]
    await team.server.plugins.notify("team_opened", team=team.team)
    await refusal(bob, "send_dm", recipient="alice", content="do I?")
    await alice.call("send_dm", recipient="bob", content="you do")


async def test_a_stop_keeps_no_agent_from_speaking_to_nobody(
    team: TestTeam, clock: MovedClock, pair: tuple[Member, Member]
) -> None:
    assert await until_refused(team, pair, "thanks", None) == 13
    clock.advance(seconds=61)
    await pair[0].call("send_message", channel="general", content="@all the build is broken")
    await team.server.settle()
    await pair[1].call("send_message", channel="general", content="the build is mended")
    await refusal(pair[0], "send_message", channel="general", content="@bob thanks")


async def test_a_manager_is_never_kept_from_directing(clock: MovedClock, team: TestTeam) -> None:
    boss, bob = await team.agent("boss", access="manager"), await team.agent("bob")
    await thank_for_ever(clock, boss, bob)
    await refusal(boss, "send_dm", recipient="bob", content="thanks")
    for number in range(20):
        await boss.call("send_directive", to_agent="bob", instruction=f"stop that {number}")


async def test_a_slow_talk_goes_on(clock: MovedClock, pair: tuple[Member, Member]) -> None:
    for number in range(40):
        clock.advance(seconds=5.01)
        await pair[number % 2].call("send_dm", recipient=pair[1 - number % 2].name, content=f"step {number}")


async def test_a_persons_word_between_begins_the_count_anew(
    team: TestTeam, clock: MovedClock, pair: tuple[Member, Member]
) -> None:
    for _ in range(3):
        for number in range(11):
            await pair[number % 2].call("send_message", channel="general", content=f"@alice @bob {number} {_}")
        await team.owner.call("send_message", channel="general", content="go on")
        await team.server.settle()


async def test_mentions_in_a_channel_are_an_exchange_and_any_persons_word_there_ends_the_stop(
    team: TestTeam, pair: tuple[Member, Member]
) -> None:
    alice, bob = pair
    ben = await team.agent("ben", kind="human")
    for number in range(12):
        sender, other = (alice, "bob") if number % 2 else (bob, "alice")
        await sender.call("send_message", channel="general", content=f"@{other} thanks {number}")
    await refusal(alice, "send_message", channel="general", content="@bob thanks")
    await alice.call("send_message", channel="general", content="I say this to nobody")
    await alice.call("send_dm", recipient="bob", content="and this elsewhere")
    await ben.call("send_message", channel="general", content="friends, go on")
    await team.server.settle()
    await alice.call("send_message", channel="general", content="@bob thanks")


async def until_refused(team: TestTeam, pair: tuple[Member, Member], text: str, reply_to: int | None) -> int:
    """Let two agents speak in turn in a channel, each answering the last message: how many of these pass."""
    for number in range(20):
        arguments = {"channel": "general", "content": f"{text} {number}", "replyTo": reply_to}
        try:
            sent = await pair[number % 2].call("send_message", **arguments)
        except Refused as error:
            return error.detail.count("alice and bob exchanged 12 messages in general") and number
        reply_to = sent.id if reply_to else None
        await team.server.settle()
    raise AssertionError("nobody stopped them")


async def test_answers_in_a_thread_are_an_exchange(team: TestTeam, pair: tuple[Member, Member]) -> None:
    root = await team.owner.call("send_message", channel="general", content="please discuss")
    assert await until_refused(team, pair, "well,", root.id) == 13  # the first one answered the person


async def test_agents_that_call_everybody_answer_each_other(team: TestTeam, pair: tuple[Member, Member]) -> None:
    assert await until_refused(team, pair, "@all thanks", None) == 13


async def test_agents_that_name_nobody_and_speak_in_turn_answer_each_other(
    team: TestTeam, pair: tuple[Member, Member]
) -> None:
    assert await until_refused(team, pair, "thanks", None) == 13  # the first one answered nobody


async def test_what_many_agents_say_to_nobody_is_no_exchange(team: TestTeam, pair: tuple[Member, Member]) -> None:
    members = [*pair, await team.agent("carol"), await team.agent("dave")]
    for number in range(40):
        await members[number % 4].call("send_message", channel="general", content=f"report {number}")
        await team.server.settle()


async def test_people_are_never_stopped(team: TestTeam, pair: tuple[Member, Member]) -> None:
    ben = await team.agent("ben", kind="human")
    for number in range(40):
        await ben.call("send_dm", recipient="alice", content="again")
        await team.owner.call("send_message", channel="general", content="@bob and again")
        await pair[0].call("send_dm", recipient="ben", content=f"answer {number}")
        await team.server.settle()


async def test_an_agent_that_wakes_itself_is_stopped(
    team: TestTeam, clock: MovedClock, pair: tuple[Member, Member]
) -> None:
    for number in range(30):
        clock.advance(seconds=9)
        await pair[0].call("send_message", channel="general", content=f"I woke up {number} times")
    error = await refusal(pair[0], "send_message", channel="general", content="I woke up")
    assert "alice sent 30 messages to general within 300 s, while nobody else said anything" in error.detail
    await pair[1].call("send_message", channel="general", content="others may speak")


async def test_somebody_elses_word_between_ends_a_monologue(team: TestTeam, pair: tuple[Member, Member]) -> None:
    for number in range(90):
        if number % 29 == 0:
            await pair[1].call("send_message", channel="general", content=f"aha {number}")
        await pair[0].call("send_message", channel="general", content=f"line {number}")
        await team.server.settle()


async def test_the_same_text_again_and_again_is_refused_and_other_text_is_not(
    team: TestTeam, clock: MovedClock, pair: tuple[Member, Member]
) -> None:
    for number in range(5):
        clock.advance(seconds=61)
        await pair[0].call("send_message", channel="general", content="Build  failed" if number % 2 else "build FAILED")
    error = await refusal(pair[0], "send_message", channel="general", content="build failed ")
    assert "alice said the same 5 times in general" in error.detail
    await pair[0].call("send_message", channel="general", content="build passed")
    await pair[0].call("send_dm", recipient="owner", content="build failed")
    await pair[1].call("send_message", channel="general", content="build failed")
    (loop,) = (await team.owner.call("list_loops")).loops
    assert (loop.kind, loop.agents, loop.released_by) == ("repeat", ["alice"], None)


async def test_what_a_schedule_repeats_is_no_loop(team: TestTeam, pair: tuple[Member, Member]) -> None:
    scheduled = Context.inside(team.team, team.team.directory.agents["alice"])
    for _ in range(10):
        await operations.call(scheduled, "send_message", {"channel": "general", "content": "stand-up!"})


async def test_edits_do_not_count(clock: MovedClock, pair: tuple[Member, Member]) -> None:
    sent = await pair[0].call("send_dm", recipient="bob", content="0 %")
    for number in range(40):
        await pair[0].call("edit_message", id=sent.id, content=f"@bob {number // 10} %")


async def test_of_many_attempts_at_once_as_many_pass_as_the_limit_says(
    team: TestTeam, pair: tuple[Member, Member]
) -> None:
    attempts = [
        pair[number % 2].call("send_dm", recipient=pair[1 - number % 2].name, content=f"number {number}")
        for number in range(60)
    ]
    results = await asyncio.gather(*attempts, return_exceptions=True)
    assert sum(not isinstance(result, BaseException) for result in results) == 12
    assert {type(result).__name__ for result in results} == {"SentMessage", "LoopStopped"}
    assert len(await notes(team, team.owner)) == len(await team.events("loop.stopped")) == 1


async def test_what_is_stopped_stays_so_after_a_restart(
    team: TestTeam, clock: MovedClock, pair: tuple[Member, Member]
) -> None:
    _, error = await thank_for_ever(clock, *pair)
    del team.team.state[WATCH]
    await team.server.plugins.notify("team_opened", team=team.team)
    assert (await refusal(pair[0], "send_dm", recipient="bob", content="thanks")).data == error.data


async def test_who_may_release_and_see(team: TestTeam, clock: MovedClock, pair: tuple[Member, Member]) -> None:
    _, error = await thank_for_ever(clock, *pair)
    loop = error.data["loop_id"]
    for operation, arguments in (("release_loop", {"loop_id": loop}), ("list_loops", {})):
        with pytest.raises(Forbidden):
            await pair[0].call(operation, **arguments)
    with pytest.raises(Forbidden, match="server alone"):
        await team.owner.call("stop_loop", kind="monologue", channel="general", agents=["bob"], count=1, seconds=1)
    with pytest.raises(NotFound, match="list_loops"):
        await team.owner.call("release_loop", loop_id=99)
    boss = await team.agent("boss", access="manager")
    assert "alice and bob" in (await boss.call("list_loops")).text()
    assert (await boss.call("release_loop", loop_id=loop)).released_by == "boss"
    assert (await team.owner.call("release_loop", loop_id=loop)).released_by == "boss"
    assert len(await team.events("loop.released")) == 1
    assert (await boss.call("list_loops")).loops == []


@pytest.mark.teammcp(plugins={"guard": {"exchange": 0, "monologue": 0, "repeats": 0}})
async def test_each_limit_can_be_switched_off(pair: tuple[Member, Member]) -> None:
    for number in range(60):
        await pair[number % 2].call("send_dm", recipient=pair[1 - number % 2].name, content="thanks")


async def test_its_memory_is_bounded(team: TestTeam, pair: tuple[Member, Member]) -> None:
    watch = team.team.state[WATCH]
    sent = await pair[0].call("send_message", channel="general", content="hello")
    message = await pair[0].call("get_message", message_id=sent.id)
    alice = team.team.directory.agents["alice"]
    for number in range(KEPT + 10):
        watch.noticed(message.model_copy(update={"id": number, "channel_id": f"c{number}"}), alice)
    assert max(len(watch._roots), len(watch._voices), len(watch._turns), len(watch._words)) <= KEPT


async def ring(member: Member) -> str:
    """The number of the ring that the helper beside a member's program gets now; empty for none."""
    found = await member.call("wait_for_ring", session="claude:1", way="inbox_socket", timeout=0)
    return str(found.number)


async def ring_while_idle(team: TestTeam, clock: MovedClock, member: Member) -> str:
    """The same, once the member has been idle for a while."""
    team.team.presence.set_status(member.name, "idle")
    clock.advance(seconds=2)
    return await ring(member)


async def test_a_conversation_that_is_stopped_wakes_nobody_until_it_is_released(
    team: TestTeam, clock: MovedClock, pair: tuple[Member, Member]
) -> None:
    alice, bob = pair
    _, error = await thank_for_ever(clock, alice, bob)
    assert await ring_while_idle(team, clock, bob) == ""
    told = (await notes(team, alice))[-1]
    assert "not rung" in told
    assert f"loop {error.data['loop_id']}" in told
    carol = await team.agent("carol")
    seen = (await carol.call("get_wakes", name="bob")).not_reached
    assert "looked like a loop" in seen
    assert "dm:" not in seen, "with whom it speaks is nobody else's business"
    await carol.call("send_dm", recipient="bob", content="something else")
    assert await ring_while_idle(team, clock, bob) != "", "another's message does"


async def test_a_stopped_conversation_wakes_again_once_it_is_released(
    team: TestTeam, clock: MovedClock, pair: tuple[Member, Member]
) -> None:
    alice, bob = pair
    _, error = await thank_for_ever(clock, alice, bob)
    assert await ring_while_idle(team, clock, bob) == ""
    await team.owner.call("release_loop", loop_id=error.data["loop_id"])
    clock.advance(minutes=1)
    assert await ring(bob) != ""
