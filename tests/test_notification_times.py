"""When one is told: at once, in a batch, in a digest, after quiet hours, one way after another, not too often."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teammcp import Accepted, Context, Event, NotificationKind, Occasion, Reader, TryLater, Undeliverable
from teammcp.config import Settings
from teammcp.errors import Conflict, InvalidInput, NotFound
from teammcp.features.notifications.timing import URGENCIES, Habits, after_quiet, due_at
from teammcp.testing import Member, MovedClock, TestTeam
from tests.notification_kit import Pager, Plugin, errors, listed, outcomes, paged_team, say, told, work

MINUTE = 60_000
HOUR = 60 * MINUTE


class Moods(NotificationKind):
    """How an agent is, as the shared state says."""

    name = "mood"
    title = "moods"
    events = ("state.changed",)
    many = ("%(num)s mood", "%(num)s moods")

    def __init__(self) -> None:
        self.over: set[str] = set()

    def occasions(self, context: Context, reader: Reader, event: Event) -> Iterable[Occasion]:
        if event.data["value"] == "broken":
            raise RuntimeError("this kind is broken")
        key = event.data["field"]
        return [Occasion("bob", key=key, content=f"{key} is {event.data['value']}", path="/state")]

    def is_over(self, context: Context, reader: Reader, occasion: Occasion) -> bool:
        return occasion.key in self.over


@pytest.fixture
def plugin() -> Plugin:
    return Plugin(Pager("mail"), Pager("push", several=True), kinds=(Moods(),))


@pytest.fixture
async def team(settings: Settings, clock: MovedClock, plugin: Plugin) -> AsyncIterator[TestTeam]:
    async with paged_team(settings, clock, plugin) as team:
        yield team


@pytest.fixture
async def bob(team: TestTeam) -> Member:
    bob = await team.agent("bob")
    await bob.call("set_notification_address", notifier="pager", address="1")
    return bob


async def mood(team: TestTeam, field: str, value: str) -> None:
    await team.owner.call("set_state", field=field, value=value)


# -- the rule --------------------------------------------------------------------------------------------------------

ZONES = st.sampled_from(
    ["UTC", "Asia/Shanghai", "Asia/Kolkata", "America/New_York", "Europe/Berlin", "Pacific/Chatham"]
)
MOMENTS = st.integers(1_700_000_000_000, 1_900_000_000_000)
DAY_MINUTES = st.integers(0, 1439)


@given(ZONES, DAY_MINUTES, DAY_MINUTES, st.sampled_from(URGENCIES[:4]), MOMENTS, DAY_MINUTES)
def test_nothing_comes_in_quiet_hours_or_before_its_time_and_a_digest_within_a_day(
    zone: str, first: int, last: int, urgency: str, since: int, digest_at: int
) -> None:
    if first == last:
        last = (first + 1) % 1440
    habits = Habits(zone, first, last, 10, digest_at)
    due = due_at(habits, urgency, since)
    assert due >= since
    assert after_quiet(habits, due) == due
    free = due_at(Habits(zone, None, None, 10, digest_at), urgency, since)
    longest = {"now": 0, "batch": 10 * MINUTE, "hourly": HOUR, "daily": 25 * HOUR + MINUTE}[urgency]
    assert free - since <= longest
    shown = datetime.fromtimestamp(free / 1000, ZoneInfo(zone))
    if urgency == "hourly":
        assert (shown.minute, shown.second) == (0, 0)
    if urgency == "daily" and datetime.fromtimestamp(free / 1000, UTC).astimezone(ZoneInfo(zone)).fold == 0:
        offset_before = datetime.fromtimestamp(since / 1000, ZoneInfo(zone)).utcoffset()
        if offset_before == shown.utcoffset():  # else the clock was set in between, and may leave the time out
            assert shown.hour * 60 + shown.minute == digest_at


def test_a_batch_that_is_being_gathered_takes_what_comes() -> None:
    habits = Habits("UTC", batch_minutes=10)
    first = due_at(habits, "batch", 0)
    assert first == 10 * MINUTE
    assert due_at(habits, "batch", 4 * MINUTE, first) == first
    assert due_at(habits, "batch", 11 * MINUTE, first) == 11 * MINUTE


# -- together --------------------------------------------------------------------------------------------------------


async def test_a_burst_becomes_two_notifications(
    team: TestTeam, bob: Member, plugin: Plugin, clock: MovedClock
) -> None:
    await say(team.owner, "the first", "dm:bob")
    await work(team)
    for number in range(100):
        await say(team.owner, f"number {number}", "dm:bob")
        if number % 10 == 0:
            clock.advance(seconds=1)
            await work(team)
    clock.advance(minutes=1)
    await work(team)
    first, rest = plugin.pager.came
    assert (first.title, first.content, first.path) == ("owner", "the first", first.things[0].path)
    assert (rest.title, rest.content, rest.path) == ("100 notifications", "100 direct messages", "/notifications")
    assert outcomes(await listed(bob, limit=200)) == ["handed_over"] * 101


async def test_a_few_things_have_a_line_each_and_language_is_ones_own(
    team: TestTeam, bob: Member, plugin: Plugin
) -> None:
    await bob.call("set_notification_preferences", language="zh")
    await say(team.owner, "one\ntwo", "dm:bob")
    await say(team.owner, "@bob three")
    await work(team)
    [came] = plugin.pager.came
    assert (came.language, came.content) == ("zh", "owner: one two\nowner: @bob three")
    assert came.title == "2 条通知"


async def test_a_batch_and_digests_come_when_they_are_due(
    team: TestTeam, bob: Member, plugin: Plugin, clock: MovedClock
) -> None:
    await bob.call("set_notification_preferences", batch_minutes=15, digest_at="13:30")
    urgencies = {"dm": "batch", "mention": "hourly", "ack": "daily"}
    await bob.call("set_notifier", notifier="pager", urgencies=urgencies)
    await say(team.owner, "a", "dm:bob")
    clock.advance(minutes=10)
    await say(team.owner, "b", "dm:bob")
    await say(team.owner, "c @bob")
    await say(team.owner, "d", "dm:bob", ack_required=True)
    came = {}
    for _ in range(100):
        await work(team)
        came.setdefault(len(told(plugin)), datetime.fromtimestamp(clock.now() / 1000, UTC).strftime("%H:%M"))
        clock.advance(minutes=1)
    assert came == {0: "12:10", 2: "12:15", 3: "13:00", 4: "13:30"}


@pytest.mark.parametrize("urgency", ["now", "hourly", "daily"])
async def test_what_comes_late_by_choice_is_tried_for_as_long_as_anything(
    team: TestTeam, bob: Member, plugin: Plugin, clock: MovedClock, urgency: str
) -> None:
    await bob.call("set_notifier", notifier="pager", urgencies={"dm": urgency})
    plugin.pager.answer = lambda notification: TryLater(1800, "the line is dead")
    await team.owner.call("send_dm", recipient="bob", content="hello")
    first, last = None, None
    for half_hour in range(2 * 60):
        before = len(plugin.pager.came)
        await work(team)
        if len(plugin.pager.came) > before:
            first, last = half_hour if first is None else first, half_hour
        clock.advance(minutes=30)
    assert first is not None
    assert last is not None
    assert 46 <= last - first <= 48, "a day"
    assert outcomes(await listed(bob)) == ["failed"]


async def test_quiet_hours_hold_in_ones_own_time_zone(
    team: TestTeam, bob: Member, plugin: Plugin, clock: MovedClock
) -> None:
    await bob.call("update_agent_profile", time_zone="Asia/Shanghai")  # 20:00 there
    await bob.call("set_notification_preferences", quiet_hours="19:30-21:15")
    await say(team.owner, "hush", "dm:bob")
    for _ in range(74):
        await work(team)
        clock.advance(minutes=1)
    assert plugin.pager.came == []
    clock.advance(minutes=1)
    await work(team)
    assert [each.content for each in told(plugin)] == ["hush"]


async def test_what_waits_follows_what_one_says_later(
    team: TestTeam, bob: Member, plugin: Plugin, clock: MovedClock
) -> None:
    await bob.call("set_notifier", notifier="pager", urgencies={"dm": "daily", "mention": "daily"})
    await say(team.owner, "a", "dm:bob")
    await say(team.owner, "b @bob")
    await work(team)
    await bob.call("set_notifier", notifier="pager", urgencies={"dm": "now", "mention": "never"})
    await work(team)
    assert [each.content for each in told(plugin)] == ["a"]
    found = await listed(bob)
    assert (outcomes(found), errors(found)[0]) == (
        ["dropped", "handed_over"],
        "its reader does not want to be told",
    )


# -- what needs not be told ------------------------------------------------------------------------------------------


async def test_what_was_read_meanwhile_is_not_sent(
    team: TestTeam, bob: Member, plugin: Plugin, clock: MovedClock
) -> None:
    await bob.call("set_notifier", notifier="pager", urgencies={"dm": "batch"})
    read = await say(team.owner, "a", "dm:bob")
    await work(team)
    await bob.call("ack_inbox", items=[{"channel": "dm:owner", "ack_id": read}])
    await say(team.owner, "b", "dm:bob")
    clock.advance(minutes=11)
    await work(team)
    assert [each.content for each in told(plugin)] == ["b"]
    found = await listed(bob)
    assert (found[1].over, outcomes(found)) == ("it was read", ["handed_over", "dropped"])


async def test_a_newer_state_takes_the_place_of_one_that_waits(
    team: TestTeam, bob: Member, plugin: Plugin, clock: MovedClock
) -> None:
    await bob.call("set_notifier", notifier="pager", urgencies={"mood": "batch"})
    for value in ("sad", "glad"):
        await mood(team, "ann", value)
        await mood(team, "eve", value)
    [kind] = plugin.kinds
    assert isinstance(kind, Moods)
    kind.over.add("eve")
    await work(team)
    clock.advance(minutes=11)
    await work(team)
    assert [each.content for each in told(plugin)] == ["ann is glad"]
    assert [each.over for each in await listed(bob)] == [
        "it is over",
        None,
        "something newer has taken its place",
        "something newer has taken its place",
    ]


async def test_a_broken_kind_keeps_nobody_from_anything_else(team: TestTeam, bob: Member, plugin: Plugin) -> None:
    await mood(team, "ann", "broken")
    await say(team.owner, "a", "dm:bob")
    await work(team)
    assert [each.content for each in told(plugin)] == ["a"]


# -- one way after another -------------------------------------------------------------------------------------------


async def test_the_next_way_is_taken_where_one_was_not_seen(
    team: TestTeam, bob: Member, plugin: Plugin, clock: MovedClock
) -> None:
    await bob.call("set_notification_address", notifier="mail", address="2")
    await bob.call("set_notifier", notifier="mail", after_minutes=10)
    mail = plugin.pagers["mail"]
    plugin.pager.answer = lambda notification: Accepted("p-1")
    await say(team.owner, "a", "dm:bob")
    await work(team)
    clock.advance(minutes=5)
    await say(team.owner, "b", "dm:bob")
    await work(team)
    assert ([each.content for each in told(plugin)], mail.came) == (["a", "b"], [])
    seen = plugin.pager.came[1].id
    await Context.inside(team.team).call("note_seen", batch=seen)
    clock.advance(minutes=11)
    await work(team)
    assert [each.content for each in mail.came] == ["a"]
    found = await listed(bob)
    assert [[way.outcome for way in each.deliveries] for each in found] == [
        ["dropped", "seen"],
        ["handed_over", "accepted"],
    ]


async def test_where_one_way_fails_the_next_is_tried_at_once(
    team: TestTeam, bob: Member, plugin: Plugin, clock: MovedClock
) -> None:
    await bob.call("set_notification_address", notifier="mail", address="2")
    await bob.call("set_notifier", notifier="mail", after_minutes=60)
    plugin.pager.answer = lambda notification: Undeliverable("no such number")
    await say(team.owner, "a", "dm:bob")
    await work(team)
    await work(team)
    assert [each.content for each in plugin.pagers["mail"].came] == ["a"]


async def test_every_device_gets_it_and_one_that_is_gone_is_forgotten(
    team: TestTeam, bob: Member, plugin: Plugin
) -> None:
    for address in ("7", "8"):
        await bob.call("set_notification_address", notifier="push", address=address, label=f"device {address}")
    push = plugin.pagers["push"]
    push.answer = lambda notification: Undeliverable("gone", gone=True) if notification.address == "7" else Accepted()
    await say(team.owner, "a", "dm:bob")
    await work(team)
    assert [each.address for each in push.came] == ["7", "8"]
    by_name = {each.name: each for each in (await bob.call("get_notifiers")).root}
    assert [each.label for each in by_name["push"].addresses] == ["device 8"]
    [own] = await listed(bob, notifier="push")
    assert {way.notifier: way.outcome for way in own.deliveries} == {"pager": "handed_over", "push": "accepted"}


# -- again -----------------------------------------------------------------------------------------------------------


async def test_one_sees_what_failed_and_has_it_sent_again(
    team: TestTeam, bob: Member, plugin: Plugin, clock: MovedClock
) -> None:
    plugin.pager.answer = lambda notification: Undeliverable("no such number")
    await say(team.owner, "a", "dm:bob")
    await work(team)
    [failed] = await listed(bob, state="failed")
    plugin.pager.answer = lambda notification: None
    await bob.call("resend_notification", notification_id=failed.id, notifier="pager")
    await work(team)
    [now] = await listed(bob)
    assert [way.outcome for way in now.deliveries] == ["failed", "handed_over"]
    with pytest.raises(NotFound, match="you have no notification"):
        await team.owner.call("resend_notification", notification_id=failed.id, notifier="pager")
    with pytest.raises(Conflict, match="set_notification_address"):
        await bob.call("resend_notification", notification_id=failed.id, notifier="mail")


async def test_a_test_comes(team: TestTeam, bob: Member, plugin: Plugin) -> None:
    await bob.call("try_notifier", notifier="pager")
    await work(team)
    assert [each.content for each in plugin.pager.came] == ["This is a test of A pager: it reaches you."]
    assert [each.kind for each in await listed(bob, kind="test")] == ["test"]


async def test_a_batch_that_was_begun_stays_the_same_at_each_attempt(
    team: TestTeam, bob: Member, plugin: Plugin, clock: MovedClock
) -> None:
    plugin.pager.answer = lambda notification: TryLater(60)
    await say(team.owner, "a", "dm:bob")
    await say(team.owner, "b", "dm:bob")
    await work(team)
    await say(team.owner, "c", "dm:bob")
    clock.advance(minutes=2)
    plugin.pager.answer = lambda notification: None
    await work(team)
    clock.advance(minutes=1)
    await work(team)
    assert [[thing.content for thing in each.things] for each in plugin.pager.came] == [["a", "b"], ["a", "b"], ["c"]]
    assert plugin.pager.came[0].id == plugin.pager.came[1].id != plugin.pager.came[2].id


@pytest.mark.parametrize(
    ("operation", "arguments", "words"),
    [
        (
            "set_notifier",
            {"notifier": "pager", "urgencies": {"dmm": "now"}},
            "no kind 'dmm'. There are: ",
        ),
        ("set_notifier", {"notifier": "pager", "urgencies": {"dm": "soon"}}, "urgencies"),
        ("set_notifier", {"notifier": "pager", "after_minutes": -1}, "after_minutes"),
        ("set_notification_preferences", {"quiet_hours": "22-7"}, "22:00-07:00"),
        ("set_notification_preferences", {"digest_at": "noon"}, "09:00"),
        ("set_notification_preferences", {"batch_minutes": 0}, "batch_minutes"),
    ],
)
async def test_what_cannot_be_is_said(bob: Member, operation: str, arguments: dict[str, object], words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        await bob.call(operation, **arguments)


async def test_what_was_deleted_since_an_attempt_is_not_told_at_the_next(
    team: TestTeam, bob: Member, plugin: Plugin, clock: MovedClock
) -> None:
    plugin.pager.answer = lambda notification: TryLater(60)
    first = await say(team.owner, "a", "dm:bob")
    await say(team.owner, "b", "dm:bob")
    await work(team)
    await team.owner.call("delete_message", id=first)
    clock.advance(minutes=2)
    await work(team)
    assert [[thing.content for thing in each.things] for each in plugin.pager.came] == [["a", "b"], ["b"]]
