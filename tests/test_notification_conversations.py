"""Who writes by a way is answered by it; who cannot be reached for now keeps what waits, and gets it together later."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from teammcp import Accepted, NotNow, TryLater
from teammcp.config import Settings
from teammcp.features.notifications.operations.deliveries import resume_notifications
from teammcp.operations import Context
from teammcp.testing import MovedClock, TestTeam

from .notification_kit import Pager, Plugin, errors, listed, outcomes, paged_team, say, told, work

HOUR = 3_600_000


@pytest.fixture
def plugin() -> Plugin:
    return Plugin(Pager("mail"))


@pytest.fixture
async def team(settings: Settings, clock: MovedClock, plugin: Plugin) -> AsyncIterator[TestTeam]:
    async with paged_team(settings, clock, plugin) as team:
        await team.owner.call("set_notification_address", notifier="pager", address="7")
        yield team


async def resume(team: TestTeam, agent: str = "owner") -> None:
    await Context.inside(team.team).call(resume_notifications, notifier="pager", agent=agent)
    await work(team)


async def write(team: TestTeam, content: str, channel: str, source: Any = "pager") -> int:
    return await say(team.owner, content, channel, metadata={"source": source})


async def test_what_is_held_is_told_together_and_in_order_once_it_is_resumed(
    team: TestTeam, plugin: Plugin, clock: MovedClock
) -> None:
    bob = await team.agent("bob")
    plugin.pager.answer = lambda notification: NotNow("write something first")
    for number in range(3):
        await say(bob, f"news {number}", "dm:owner")
        await work(team)
        clock.advance(seconds=40)
    waiting = await listed(team.owner)
    assert outcomes(waiting) == [None] * 3
    assert errors(waiting) == ["write something first"] * 3
    assert [each.deliveries[0].attempts for each in waiting] == [0] * 3
    plugin.pager.came.clear()
    plugin.pager.answer = lambda notification: Accepted()
    await work(team)
    assert plugin.pager.came == []  # nobody has said that it can be reached again
    await resume(team)
    [notification] = plugin.pager.came
    assert [each.content for each in notification.things] == ["news 0", "news 1", "news 2"]
    assert outcomes(await listed(team.owner)) == ["accepted"] * 3


async def test_others_are_told_while_one_cannot_be(team: TestTeam, plugin: Plugin) -> None:
    bob, carol = await team.agent("bob"), await team.agent("carol")
    await carol.call("set_notification_address", notifier="pager", address="8")
    plugin.pager.answer = lambda notification: NotNow("not now") if notification.agent == "owner" else Accepted()
    await say(bob, "hello", "dm:owner")
    await say(bob, "hello", "dm:carol")
    await work(team)
    assert [each.agent for each in plugin.pager.came] == ["owner", "carol"]
    assert outcomes(await listed(carol)) == ["accepted"]


async def test_what_was_read_while_it_was_held_is_not_told(team: TestTeam, plugin: Plugin) -> None:
    bob = await team.agent("bob")
    plugin.pager.answer = lambda notification: NotNow("not now")
    sent = await say(bob, "hello", "dm:owner")
    await work(team)
    plugin.pager.came.clear()
    await team.owner.call("get_inbox")
    await team.owner.call("ack_inbox", items=[{"channel": "dm:bob", "ack_id": sent}])
    await resume(team)
    assert plugin.pager.came == []
    assert outcomes(await listed(team.owner)) == ["dropped"]


@pytest.mark.parametrize("seconds", [90.0, None])
async def test_what_is_held_is_tried_after_its_time_or_given_up(
    team: TestTeam, plugin: Plugin, clock: MovedClock, seconds: float | None
) -> None:
    bob = await team.agent("bob")
    plugin.pager.answer = lambda notification: NotNow("not now", seconds)
    await say(bob, "hello", "dm:owner")
    await work(team)
    clock.advance(seconds=91)
    await work(team)
    assert len(plugin.pager.came) == (1 if seconds is None else 2)
    clock.advance(seconds=24 * 3600)
    await work(team)
    assert outcomes(await listed(team.owner)) == ["failed"]
    assert errors(await listed(team.owner)) == ["given up: not now"]


async def test_what_was_tried_and_is_held_then_keeps_its_number(
    team: TestTeam, plugin: Plugin, clock: MovedClock
) -> None:
    bob = await team.agent("bob")
    plugin.pager.answer = lambda notification: RuntimeError("who knows whether it came")
    await say(bob, "first", "dm:owner")
    await work(team)
    plugin.pager.answer = lambda notification: NotNow("not now")
    clock.advance(seconds=60)
    await work(team)
    await say(bob, "second", "dm:owner")
    await work(team)
    plugin.pager.answer = lambda notification: Accepted()
    plugin.pager.came.clear()
    await resume(team)
    clock.advance(seconds=60)
    await work(team)
    numbers = [each.deliveries[0].id for each in reversed(await listed(team.owner))]
    assert [each.id for each in plugin.pager.came] == numbers


@pytest.mark.parametrize("busy", [TryLater(60), NotNow("not now")], ids=["busy", "held"])
async def test_of_two_addresses_one_that_took_it_is_enough(team: TestTeam, plugin: Plugin, busy: Exception) -> None:
    plugin.pager.several = True
    await team.owner.call("set_notification_address", notifier="pager", address="8")
    plugin.pager.answer = lambda notification: busy if notification.address == "7" else Accepted()
    await say(await team.agent("bob"), "hello", "dm:owner")
    await work(team)
    assert outcomes(await listed(team.owner)) == ["accepted"]


async def test_who_writes_by_a_way_is_answered_by_it_at_once(team: TestTeam, plugin: Plugin, clock: MovedClock) -> None:
    bob = await team.agent("bob")
    await team.owner.call("set_notifier", notifier="pager", after_minutes=30, urgencies={"dm": "never"})
    hours = ["00:00-12:00", "12:00-23:59"]
    for quiet_hours in hours:
        await team.owner.call("set_notification_preferences", quiet_hours=quiet_hours)
        await write(team, "how far are you?", "dm:bob")
        await say(bob, "nearly done", "dm:owner")
        await work(team)
        clock.advance(seconds=31)
    assert [each.content for each in told(plugin)] == ["nearly done"] * 2


@pytest.mark.parametrize("source", ["mail", "page", None, ["pager"]])
async def test_others_are_told_as_they_want_it(team: TestTeam, plugin: Plugin, source: Any) -> None:
    bob = await team.agent("bob")
    await team.owner.call("set_notifier", notifier="pager", after_minutes=30)
    await write(team, "how far are you?", "dm:bob", source)
    await say(bob, "nearly done", "dm:owner")
    await work(team)
    assert told(plugin) == []


async def test_a_conversation_ends_after_an_hour_or_goes_on_elsewhere(
    team: TestTeam, plugin: Plugin, clock: MovedClock
) -> None:
    bob = await team.agent("bob")
    await team.owner.call("set_notifier", notifier="pager", after_minutes=30)
    await write(team, "how far are you?", "dm:bob")
    await say(team.owner, "I look at the page now", "dm:bob")
    await say(bob, "nearly done", "dm:owner")
    await work(team)
    await write(team, "and now?", "dm:bob")
    await work(team)
    clock.advance(seconds=3601)
    await say(bob, "done", "dm:owner")
    await work(team)
    assert "done" not in [each.content for each in told(plugin)]


async def test_a_reply_to_ones_message_in_a_channel_is_told(team: TestTeam, plugin: Plugin) -> None:
    bob = await team.agent("bob")
    own = await say(bob, "mine")
    await say(bob, "to myself", replyTo=own)
    await say(team.owner, "to bob", replyTo=own)
    asked = await write(team, "who knows?", "general")
    await say(bob, "I do", replyTo=asked)
    await say(bob, "something else")
    await work(team)
    assert [(each.kind, each.content) for each in told(plugin)] == [("reply", "I do")]
