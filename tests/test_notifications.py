"""Notifications: each message that a member wants to be notified of is delivered once, or one sees that it was not."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator

import pytest

from teammcp import TryLater, Undeliverable
from teammcp.config import Settings
from teammcp.errors import Forbidden, InvalidInput, NotFound
from teammcp.features.notifications.jobs import stop, work_off
from teammcp.features.notifications.operations.queue import FOLLOWER
from teammcp.storage import load_migrations
from teammcp.testing import Member, MovedClock, TestTeam, serve
from tests.notification_kit import Plugin, errors, listed, outcomes, paged_team, say, told, work
from tests.test_hooks import load_example
from tests.webkit import visiting


@pytest.fixture
def plugin() -> Plugin:
    return Plugin()


@pytest.fixture
async def team(settings: Settings, clock: MovedClock, plugin: Plugin) -> AsyncIterator[TestTeam]:
    """A team on a server with the pager."""
    async with paged_team(settings, clock, plugin) as team:
        yield team


@pytest.fixture
async def bob(team: TestTeam) -> Member:
    """A member with a pager."""
    bob = await team.agent("bob")
    await bob.call("set_notification_address", notifier="pager", address="0123")
    return bob


async def test_who_is_meant_is_notified_once_and_why_is_said(team: TestTeam, bob: Member, plugin: Plugin) -> None:
    ann = await team.agent("ann")
    await say(ann, "to nobody")
    numbers = [await say(ann, "look @bob"), await say(ann, "hello", "dm:bob"), await say(ann, "all", ack_required=True)]
    await say(bob, "@ann I am bob", "general")
    await work(team)
    await work(team)
    assert [(each.message_id, each.kind, each.sender, each.content) for each in told(plugin)] == [
        (numbers[0], "mention", "ann", "look @bob"),
        (numbers[1], "dm", "ann", "hello"),
        (numbers[2], "ack", "ann", "all"),
    ]
    assert [each.address for each in plugin.pager.came] == ["123"]
    found = await listed(bob)
    assert outcomes(found) == ["handed_over"] * 3
    ids = [each.id for each in found]
    assert sorted(plugin.told) == sorted([("queued", number) for number in ids] + [("handed_over", n) for n in ids])


async def test_only_what_is_wanted_and_only_from_then_on(team: TestTeam, plugin: Plugin) -> None:
    bob = await team.agent("bob")
    await say(team.owner, "before", "dm:bob")
    await bob.call("set_notification_address", notifier="pager", address="1")
    await bob.call("set_notifier", notifier="pager", urgencies={"dm": "never", "mention": "never"})
    await say(team.owner, "direct", "dm:bob")
    wanted = await say(team.owner, "please confirm", "dm:bob", ack_required=True)
    await bob.call("set_notification_address", notifier="pager", address="2")
    await work(team)
    assert [each.message_id for each in told(plugin)] == [wanted]
    assert [each.address for each in plugin.pager.came] == ["2"]
    [own] = (await bob.call("get_notifiers")).root
    assert (own.name, [each.address for each in own.addresses]) == ("pager", ["2"])
    assert (own.urgencies["ack"], own.urgencies["dm"]) == ("now", "never")
    assert (await team.owner.call("get_notifiers")).root[0].addresses == []


async def test_the_first_address_does_not_have_the_whole_log_read(team: TestTeam, plugin: Plugin) -> None:
    bob = await team.agent("bob")
    for number in range(5):
        await say(team.owner, f"@bob {number}")
    await work(team)
    for _ in range(2):  # the first one, and the first one after nobody had any
        newest = (await team.events())[-1].id
        await bob.call("set_notification_address", notifier="pager", address="1")
        assert await team.team.database.read(FOLLOWER.place) == newest
        await bob.call("remove_notification_address", notifier="pager")


async def test_what_no_kind_is_about_writes_nothing(team: TestTeam, bob: Member) -> None:
    await say(team.owner, "@bob")
    await work(team)
    before = await team.team.database.read(FOLLOWER.place)
    await team.owner.call("set_state", field="build", value="green")
    await work(team)
    assert await team.team.database.read(FOLLOWER.place) == before


async def test_what_fails_is_tried_again_later_and_later_and_then_given_up(
    team: TestTeam, bob: Member, plugin: Plugin, clock: MovedClock
) -> None:
    plugin.pager.answer = lambda notification: RuntimeError("the line is dead")
    number = await say(team.owner, "@bob")
    tried = []
    for minute in range(25 * 60):
        before = len(plugin.pager.came)
        await work(team)
        tried += [minute] * (len(plugin.pager.came) - before)
        clock.advance(minutes=1)
        if minute > 300:
            clock.advance(minutes=59)
        if minute > 330:
            break
    assert tried[:7] == [0, 1, 2, 4, 8, 16, 32]
    [own] = await listed(bob)
    assert (outcomes([own]), errors([own])) == (["failed"], ["given up: RuntimeError"])
    assert own.deliveries[0].attempts == len(tried) < 40
    [seen] = await listed(team.owner, message_id=number)
    assert (outcomes([seen]), errors([seen])) == (
        ["failed"],
        [None],
    )
    assert [what for what, _ in plugin.told] == ["queued", "failed"]


async def test_what_can_never_be_delivered_has_failed_at_once(team: TestTeam, bob: Member, plugin: Plugin) -> None:
    plugin.pager.answer = lambda notification: Undeliverable("no such number")
    await say(team.owner, "@bob")
    await work(team)
    [own] = await listed(bob)
    assert (outcomes([own]), errors([own])) == (["failed"], ["no such number"])
    assert own.deliveries[0].attempts == 1


async def test_a_rate_limit_holds_back_everything_by_that_notifier(
    team: TestTeam, bob: Member, plugin: Plugin, clock: MovedClock
) -> None:
    plugin.pager.answer = lambda notification: TryLater(120)
    for text in ("@bob one", "@bob two"):
        await say(team.owner, text)
    await work(team)
    assert len(plugin.pager.came) == 1
    plugin.pager.answer = lambda notification: None
    clock.advance(seconds=119)
    await work(team)
    assert len(plugin.pager.came) == 1
    clock.advance(seconds=2)
    await work(team)
    assert [each.content for each in told(plugin)] == ["@bob one", "@bob two"] * 2
    assert len({each.id for each in plugin.pager.came}) == 1


async def test_what_is_given_up_during_its_delivery_stays_so(team: TestTeam, bob: Member, plugin: Plugin) -> None:
    plugin.pager.gate.clear()
    await say(team.owner, "@bob")
    await work_off(team.team)
    await bob.call("remove_notification_address", notifier="pager")
    plugin.pager.gate.set()
    await work(team)
    assert outcomes(await listed(bob)) == ["dropped"]
    assert [what for what, _ in plugin.told] == ["queued", "dropped"]


async def test_a_slow_notifier_keeps_nobody_waiting(
    team: TestTeam, bob: Member, plugin: Plugin, clock: MovedClock
) -> None:
    plugin.pager.gate.clear()
    await say(team.owner, "@bob one")
    await asyncio.wait_for(work_off(team.team), 5)
    await say(team.owner, "@bob two")
    await asyncio.wait_for(work_off(team.team), 5)
    assert outcomes(await listed(bob)) == [None, None]
    plugin.pager.gate.set()
    await work(team)
    clock.advance(minutes=1)
    await work(team)
    assert [each.content for each in plugin.pager.came] == ["@bob one", "@bob two"]


async def test_a_restart_loses_nothing(settings: Settings, clock: MovedClock) -> None:
    first, second = Plugin(), Plugin()
    first.pager.answer = lambda notification: RuntimeError("down")
    async with serve(settings, clock, {"pager": first}) as app:
        team = TestTeam(app, app.server, "default")
        await team.register_owner()
        bob = await team.agent("bob")
        await bob.call("set_notification_address", notifier="pager", address="1")
        await say(team.owner, "@bob tried")
        await work(team)
        await say(team.owner, "@bob not even queued")
        await team.close()
    clock.advance(hours=1)
    async with serve(settings, clock, {"pager": second}) as app:
        team = TestTeam(app, app.server, "default")
        await work(team)
        clock.advance(minutes=1)
        await work(team)
        await team.close()
    assert [each.content for each in second.pager.came] == ["@bob tried", "@bob not even queued"]
    assert second.pager.came[0].id == first.pager.came[0].id


async def test_what_is_deleted_or_no_longer_wanted_is_given_up(
    team: TestTeam, bob: Member, plugin: Plugin, clock: MovedClock
) -> None:
    plugin.pager.answer = lambda notification: TryLater(60)
    number = await say(team.owner, "@bob a secret")
    await say(team.owner, "@bob something else")
    await work(team)
    await team.owner.call("delete_message", id=number)
    await work(team)
    found = await listed(bob)
    assert [each.message_id == number for each in found] == [False, True]
    assert outcomes(found) == [None, "dropped"]
    await bob.call("remove_notification_address", notifier="pager")
    assert outcomes(await listed(bob)) == ["dropped", "dropped"]
    await say(team.owner, "@bob more")
    plugin.pager.answer = lambda notification: None
    clock.advance(minutes=5)
    await work(team)
    assert len(plugin.pager.came) == 1


async def test_an_edit_is_brought_as_it_is_now_and_to_whom_it_newly_names(
    team: TestTeam, bob: Member, plugin: Plugin, clock: MovedClock
) -> None:
    ann = await team.agent("ann")
    await ann.call("set_notification_address", notifier="pager", address="7")
    plugin.pager.answer = lambda notification: TryLater(60)
    number = await say(team.owner, "@bob the key is xyzzy")
    await work(team)
    await team.owner.call("edit_message", id=number, content="@bob @ann look")
    clock.advance(minutes=2)
    plugin.pager.answer = lambda notification: None
    await work(team)
    assert sorted((each.agent, each.content) for each in plugin.pager.came[1:]) == [
        ("ann", "@bob @ann look"),
        ("bob", "@bob @ann look"),
    ]


async def test_what_an_edit_takes_back_is_brought_to_nobody(
    team: TestTeam, bob: Member, plugin: Plugin, clock: MovedClock
) -> None:
    plugin.pager.answer = lambda notification: TryLater(60)
    number = await say(team.owner, "@bob look")
    await work(team)
    await team.owner.call("edit_message", id=number, content="never mind")
    clock.advance(minutes=2)
    await work(team)
    assert len(plugin.pager.came) == 1
    found = await listed(bob)
    assert (outcomes(found), errors(found)) == (["dropped"], ["the message calls its reader no more"])


async def test_nobody_is_woken_for_what_was_said_while_no_notifier_was_there(
    team: TestTeam, bob: Member, plugin: Plugin, clock: MovedClock
) -> None:
    await say(team.owner, "@bob long ago")
    clock.advance(days=2)
    await say(team.owner, "@bob now")
    await work(team)
    assert [each.content for each in plugin.pager.came] == ["@bob now"]
    assert outcomes(await listed(bob)) == ["handed_over", "dropped"]


async def test_a_stop_waits_for_one_delivery_and_begins_no_other(team: TestTeam, bob: Member, plugin: Plugin) -> None:
    ann = await team.agent("ann")
    await ann.call("set_notification_address", notifier="pager", address="7")
    for text in ("@bob one", "@ann two"):
        await say(team.owner, text)
    plugin.pager.answer = lambda notification: stop(team.server)
    await work(team)
    assert [each.content for each in plugin.pager.came] == ["@bob one"]


async def test_neither_a_notifiers_secret_nor_what_was_delivered_is_kept(
    team: TestTeam, bob: Member, plugin: Plugin, caplog: pytest.LogCaptureFixture, clock: MovedClock
) -> None:
    plugin.pager.answer = lambda notification: RuntimeError("404 for https://pager.example/bot-s3cret/send")
    await say(team.owner, "@bob the key is xyzzy")
    await work(team)
    clock.advance(minutes=1)
    plugin.pager.answer = lambda notification: None
    await work(team)
    events = [event.data for event in await team.events() if event.kind.startswith("notification")]
    rows = await team.team.database.read(
        lambda reader: [
            tuple(row)
            for table in ("notifications", "notification_deliveries")
            for row in reader.all(f"SELECT * FROM {table}")  # noqa: S608
        ]
    )
    assert outcomes(await listed(bob)) == ["handed_over"]
    for secret in ("s3cret", "xyzzy", "123"):
        assert secret not in f"{events} {rows} {caplog.text}"


@pytest.mark.parametrize("reason", ["\x00", "\ud800", "x" * 5000, ""])
async def test_whatever_a_notifier_says_is_noted(team: TestTeam, bob: Member, plugin: Plugin, reason: str) -> None:
    plugin.pager.answer = lambda notification: Undeliverable(reason)
    await say(team.owner, "@bob")
    await work(team)
    assert outcomes(await listed(bob)) == ["failed"]


@pytest.mark.parametrize("seconds", [float("nan"), float("inf"), -1, 1e300])
async def test_a_notifier_can_ask_to_wait_a_day_at_most(
    team: TestTeam, bob: Member, plugin: Plugin, clock: MovedClock, seconds: float
) -> None:
    plugin.pager.answer = lambda notification: TryLater(seconds)
    await say(team.owner, "@bob")
    await work(team)
    clock.advance(days=1)
    plugin.pager.answer = lambda notification: None
    await work(team)
    assert outcomes(await listed(bob)) == ["handed_over"]


async def test_what_waits_goes_to_the_new_address(
    team: TestTeam, bob: Member, plugin: Plugin, clock: MovedClock
) -> None:
    plugin.pager.answer = lambda notification: TryLater(60)
    await say(team.owner, "@bob")
    await work(team)
    await bob.call("set_notification_address", notifier="pager", address="456")
    clock.advance(minutes=2)
    await work(team)
    assert [each.address for each in plugin.pager.came] == ["123", "456"]


async def test_who_has_left_a_channel_gets_nothing_from_it(
    team: TestTeam, bob: Member, plugin: Plugin, clock: MovedClock
) -> None:
    await team.owner.call("create_channel", id="plans", type="topic", members=["bob"])
    plugin.pager.answer = lambda notification: TryLater(60)
    await say(team.owner, "is this done?", "plans", reply_by="2026-01-01T13:00:00Z")
    await work(team)
    assert [each.kind for each in told(plugin)] == ["ack"]
    await bob.call("leave_channel", channel="plans")
    clock.advance(minutes=2)
    await work(team)
    assert len(plugin.pager.came) == 1
    found = await listed(bob)
    assert (outcomes(found), errors(found)) == (["dropped"], ["bob is no longer a member of plans"])


async def test_who_is_retired_is_notified_no_more(team: TestTeam, bob: Member, plugin: Plugin) -> None:
    plugin.pager.answer = lambda notification: TryLater(60)
    await say(team.owner, "@bob")
    await work(team)
    await team.owner.call("retire_agent", name="bob")
    await work(team)
    assert outcomes(await listed(team.owner)) == ["dropped"]


async def test_who_else_sees_what(team: TestTeam, bob: Member) -> None:
    ann = await team.agent("ann")
    number = await say(ann, "psst", "dm:bob")
    await work(team)
    assert [each.message_id for each in await listed(ann)] == [number]
    assert await listed(team.owner) == []
    assert {event.agents for event in await team.events("notification.settled")} == {("bob", "ann")}
    assert "123" not in str([event.data for event in await team.events()])


async def test_a_person_says_on_a_page_how_to_be_notified(team: TestTeam, plugin: Plugin) -> None:
    browser = await visiting(team, team.owner.key)
    page = await browser.get("/notifications")
    assert page.elements("a", href="/notifications")  # in the menu of one's own
    wrong = await browser.send(page, "/notifiers/pager/address", address="me")
    assert (wrong.status, wrong.form("/notifiers/pager/address").values["address"]) == (400, "me")
    assert "a pager has a number" in wrong.text
    page = await browser.send(page, "/notifiers/pager/address", address="07")
    names = [name for name in page.form("/notifiers/pager").values if name.startswith("kind-")]
    assert names[:3] == ["kind-ack", "kind-dm", "kind-mention"], "what most is told of stands first"
    page = await browser.send(page, "/notifiers/pager", **{"kind-mention": "daily", "after_minutes": "5"})
    form = page.form("/notifiers/pager").values
    assert (form["kind-mention"], form["kind-dm"], form["after_minutes"]) == ("daily", "now", "5")
    page = await browser.send(page, "/notifiers/pager", after_minutes="0")
    page = await browser.send(
        page, "/notifications/habits", quiet_from="22:00", quiet_until="07:00", batch_minutes="3", digest_at="08:30"
    )
    habits = page.form("/notifications/habits").values
    assert (habits["quiet_from"], habits["quiet_until"], habits["digest_at"]) == ("22:00", "07:00", "08:30")
    bob = await team.agent("bob")
    await say(bob, "hello", "dm:owner")
    await work(team)
    page = await browser.get("/notifications")
    [number] = [each.id for each in await listed(team.owner)]
    assert "handed over · A pager" in page.text
    await browser.send(page, f"/notifications/{number}/resend/pager")
    await browser.send(page, "/notifiers/pager/test")
    assert (
        "handed over" not in (await browser.get("/notifications?state=failed")).text.partition('id="notifications"')[2]
    )
    [address] = (await team.owner.call("get_notifiers")).root[0].addresses
    await browser.send(page, f"/notifiers/pager/address/{address.id}/remove")
    assert (await team.owner.call("get_notifiers")).root[0].addresses == []


async def test_the_page_names_a_way_in_the_language_of_who_looks(team: TestTeam, plugin: Plugin) -> None:
    plugin.pager.title = "Messages"  # a word that has a translation here
    await team.owner.log_in()
    shown = await team.owner.http.get("/notifications", headers={"Accept-Language": "zh-CN"})
    assert "<h2>消息</h2>" in shown.text


async def test_wrong_use_is_told_what_to_do(team: TestTeam) -> None:
    with pytest.raises(NotFound, match="There are: pager"):
        await team.owner.call("set_notification_address", notifier="pigeon", address="1")
    with pytest.raises(InvalidInput, match="a pager has a number"):
        await team.owner.call("set_notification_address", notifier="pager", address="me")
    with pytest.raises(NotFound, match="no address"):
        await team.owner.call("remove_notification_address", notifier="pager")
    with pytest.raises(Forbidden, match="the server alone"):
        await team.owner.call("queue_notifications")
    with pytest.raises(Forbidden, match="the server alone"):
        await team.owner.call("note_delivery", batch=1, outcome="accepted")


async def test_the_example_notifies(settings: Settings, clock: MovedClock) -> None:
    path = settings.home / "news.txt"
    async with serve(settings, clock, {"file": load_example("register_notifiers")}) as app:
        team = TestTeam(app, app.server, "default")
        await team.register_owner()
        await team.owner.call("set_notification_address", notifier="file", address=str(path))
        bob = await team.agent("bob")
        await say(bob, "@owner look")
        await work(team)
        [found] = await listed(team.owner)
        await team.close()
    assert path.read_text() == f"bob in general: @owner look ({found.path})\n"
    assert outcomes([found]) == ["accepted"]


def test_what_was_kept_before_there_were_kinds_is_kept() -> None:
    steps = {step.name: step.sql for step in load_migrations("notifications", "teammcp.features.notifications")}
    connection = sqlite3.connect(":memory:")
    connection.executescript(
        "CREATE TABLE agents (name TEXT PRIMARY KEY); INSERT INTO agents VALUES ('bob'), ('ann');"
        "CREATE TABLE followers (name TEXT PRIMARY KEY, event_id INTEGER);"
    )
    before, after = [*steps][:2], [*steps][2:]
    for name in before:
        connection.executescript(steps[name])
    connection.executescript(
        "INSERT INTO notification_addresses VALUES ('bob', 'pager', '1', '[\"ack\", \"dm\"]', 7);"
        "INSERT INTO notifications (agent, notifier, address, reason, message_id, channel, sender, content, created_at,"
        " attempts, next_at, outcome, settled_at) VALUES"
        " ('bob', 'pager', '1', 'dm', 3, 'dm:ann:bob', 'ann', 'hi', 100, 1, 500, NULL, NULL),"
        " ('bob', 'mail', 'b', 'dm', 3, 'dm:ann:bob', 'ann', '', 100, 1, NULL, 'delivered', 200),"
        " ('ann', 'mail', 'a', 'mention', 4, 'general', 'bob', '', 150, 9, NULL, 'given_up', 300);"
    )
    for name in after:
        connection.executescript(steps[name])
    rows = {
        "notification_addresses": "agent, notifier, address, since",
        "notification_urgencies": "agent, notifier, kind, urgency",
        "notifications": "id, agent, kind, path, message_id",
        "notification_deliveries": "id, notification_id, notifier, next_at, outcome, sent_at",
    }
    kept = {table: connection.execute(f"SELECT {columns} FROM {table}").fetchall() for table, columns in rows.items()}  # noqa: S608
    assert kept == {
        "notification_addresses": [("bob", "pager", "1", 7)],
        "notification_urgencies": [("bob", "pager", "mention", "never")],
        "notifications": [(1, "bob", "dm", "/messages/3", 3), (3, "ann", "mention", "/messages/4", 4)],
        "notification_deliveries": [
            (1, 1, "pager", 500, None, None),
            (2, 1, "mail", None, "handed_over", 200),
            (3, 3, "mail", None, "dropped", None),
        ],
    }
