"""Reminders: whom, of what, when; each once, whatever happens to the server in between."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from teammcp import Forbidden, operations
from teammcp.clock import milliseconds, rfc3339
from teammcp.features.tasks.reminders.jobs import remind
from teammcp.features.tasks.reminders.occasions import latest_check_in
from teammcp.features.tasks.settings import TaskSettings
from teammcp.operations import Context
from teammcp.testing import Member, MovedClock, TestTeam, serve

HOUR = 3_600_000
DAY = 24 * HOUR


async def create(member: Member, title: str = "build it", **more: Any) -> int:
    task_id: int = (await member.call("create_task", title=title, **more)).task.id
    return task_id


class Ear:
    """What the server tells a member, since the last time."""

    def __init__(self, team: TestTeam, member: Member) -> None:
        self.team = team
        self.member = member
        self.heard = 0

    async def new(self) -> list[str]:
        await self.team.server.settle()
        channels = [channel.id for channel in (await self.member.call("get_channels")).root]
        if f"dm:{':'.join(sorted((self.member.name, 'system')))}" not in channels:
            return []
        history = await self.member.call("get_history", channel="dm:system", limit=200)
        new, self.heard = history.messages[self.heard :], len(history.messages)
        return [message.content for message in new]


@pytest.fixture
async def ann(team: TestTeam) -> Member:
    return await team.agent("ann")


@pytest.fixture
async def bob(team: TestTeam) -> Member:
    return await team.agent("bob")


# -- due -------------------------------------------------------------------------------------------------------------


async def test_due_soon_then_overdue_once_each(team: TestTeam, ann: Member, bob: Member, clock: MovedClock) -> None:
    task = await create(ann, assignee="bob", due_date=rfc3339(clock.now() + 3 * DAY))
    ear, other = Ear(team, bob), Ear(team, ann)
    await ear.new()
    heard = []
    for _ in range(100):
        clock.advance(hours=1)
        await remind(team.team)
        heard += [(clock.now(), text) for text in await ear.new()]
    (soon, first), (late, second) = heard
    assert (soon, late) == (milliseconds("2026-01-03T12:00:00Z"), milliseconds("2026-01-04T12:00:00Z"))
    assert first == f"Task {task} (build it) is due at 2026-01-04T12:00Z."
    assert "is overdue" in second
    assert await other.new() == []


async def test_without_an_assignee_the_creator_hears_of_it(team: TestTeam, ann: Member, clock: MovedClock) -> None:
    await create(ann, due_date=rfc3339(clock.now() + HOUR))
    ear = Ear(team, ann)
    await remind(team.team)
    assert await ear.new() == []  # made with less notice than a day: no news
    clock.advance(hours=1)
    await remind(team.team)
    assert len(await ear.new()) == 1


async def test_another_due_date_is_another_occasion(team: TestTeam, ann: Member, clock: MovedClock) -> None:
    task = await create(ann, due_date=rfc3339(clock.now() + 2 * DAY))
    ear = Ear(team, ann)
    clock.advance(days=1, hours=1)
    await remind(team.team)
    assert len(await ear.new()) == 1
    await ann.call("update_task", task_id=task, due_date=rfc3339(clock.now() + 2 * DAY))
    await remind(team.team)
    assert await ear.new() == []
    clock.advance(days=1)
    await remind(team.team)
    assert len(await ear.new()) == 1


@pytest.mark.parametrize("end", ["done", "cancelled", "deleted"])
async def test_what_is_over_is_not_called_to_mind(team: TestTeam, ann: Member, clock: MovedClock, end: str) -> None:
    task = await create(ann, due_date=rfc3339(clock.now() + 2 * DAY))
    if end == "deleted":
        await ann.call("delete_task", task_id=task)
    else:
        await ann.call("update_task", task_id=task, status=end)
    clock.advance(days=3)
    await remind(team.team)
    assert await Ear(team, ann).new() == []


async def test_nothing_is_said_twice_after_a_restart(settings: Any) -> None:
    clock = MovedClock()
    async with serve(settings, clock) as app:
        team = TestTeam(app, app.server, "default")
        await team.register_owner()
        ann = await team.agent("ann")
        await create(ann, due_date=rfc3339(clock.now() + 2 * DAY), status="doing")
        clock.advance(days=1, hours=1)
        await remind(team.team)
        ear = Ear(team, ann)
        first = await ear.new()
        await team.close()
    async with serve(settings, clock) as app:
        team = TestTeam(app, app.server, "default")
        ear = Ear(team, team.member("ann", ann.key))
        await remind(team.team)
        assert await ear.new() == first
        clock.advance(days=1)  # and what comes next is said all the same
        await remind(team.team)
        assert len(await ear.new()) == 1
        await team.close()


# -- check-ins -------------------------------------------------------------------------------------------------------


async def check_ins(team: TestTeam, member: Member, clock: MovedClock, hours: int) -> list[str]:
    """When a member was asked to report, in its own time."""
    ear, found = Ear(team, member), []
    await ear.new()
    zone = ZoneInfo((await member.call("get_agent_profile")).time_zone)
    for _ in range(hours):
        clock.advance(hours=1)
        for text in await _reminded(team, ear):
            if "report progress" in text:
                found.append(datetime.fromtimestamp(clock.now() / 1000, zone).strftime("%a %d %b %H:%M"))
    return found


async def _reminded(team: TestTeam, ear: Ear) -> list[str]:
    await remind(team.team)
    return await ear.new()


@pytest.mark.parametrize(
    ("zone", "interval", "expected"),
    [
        ("UTC", "daily", ["Fri 02 Jan 09:00", "Sat 03 Jan 09:00", "Sun 04 Jan 09:00", "Mon 05 Jan 09:00"]),
        ("Asia/Shanghai", "daily", ["Fri 02 Jan 09:00", "Sat 03 Jan 09:00", "Sun 04 Jan 09:00", "Mon 05 Jan 09:00"]),
        ("America/New_York", "weekly", ["Mon 05 Jan 09:00"]),
        ("UTC", "biweekly", []),
    ],
)
async def test_check_ins_come_at_nine_where_the_assignee_lives(
    team: TestTeam, ann: Member, bob: Member, clock: MovedClock, zone: str, interval: str, expected: list[str]
) -> None:
    await bob.call("update_agent_profile", time_zone=zone)
    await create(ann, assignee="bob", status="doing", checkin_interval=interval)
    assert await check_ins(team, bob, clock, 99) == expected


async def test_every_other_monday(team: TestTeam, ann: Member, clock: MovedClock) -> None:
    await create(ann, assignee="ann", status="blocked", checkin_interval="biweekly")
    assert await check_ins(team, ann, clock, 24 * 28) == ["Mon 12 Jan 09:00", "Mon 26 Jan 09:00"]


async def test_only_of_what_is_worked_on(team: TestTeam, ann: Member, clock: MovedClock) -> None:
    task = await create(ann, assignee="ann", checkin_interval="daily")
    assert await check_ins(team, ann, clock, 26) == []
    await ann.call("update_task", task_id=task, status="doing")
    await remind(team.team)
    assert await Ear(team, ann).new() == []  # nine o'clock was before the work began
    assert await check_ins(team, ann, clock, 24) == ["Sat 03 Jan 09:00"]
    await ann.call("done_task", task_id=task)
    assert await check_ins(team, ann, clock, 24) == []


async def test_one_missed_while_the_server_was_down_comes_once(team: TestTeam, ann: Member, clock: MovedClock) -> None:
    await create(ann, assignee="ann", status="doing", checkin_interval="daily")
    ear = Ear(team, ann)
    clock.advance(days=3, hours=2)
    for _ in range(3):
        await remind(team.team)
    assert [text for text in await ear.new() if "report progress" in text] == [
        "Task 1 (build it): please report progress."
    ]


MOMENTS = st.integers(milliseconds("2020-01-01"), milliseconds("2035-01-01"))
ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/St_Johns", "Pacific/Apia", "Asia/Kathmandu"])


@given(created=MOMENTS, now=MOMENTS, zone=ZONES, hour=st.integers(4, 23))
def test_the_last_check_in_is_the_last(created: int, now: int, zone: str, hour: int) -> None:
    """Hours at which no clock is put forward or back."""
    where = ZoneInfo(zone)
    for interval, days in (("daily", 1), ("weekly", 7), ("biweekly", 14)):
        mark = latest_check_in(interval, created, now, where, hour)  # type: ignore[arg-type]
        local = datetime.fromtimestamp(mark / 1000, where)
        assert (local.hour, local.minute, local.second) == (hour, 0, 0)
        assert mark <= now < mark + days * DAY + HOUR  # a day may have 25 hours
        if interval != "daily":
            assert local.weekday() == 0


# -- stuck -----------------------------------------------------------------------------------------------------------


async def test_work_that_stands_still_goes_up_the_chain(
    team: TestTeam, ann: Member, bob: Member, clock: MovedClock
) -> None:
    lead, chief = await team.agent("lead"), await team.agent("chief")
    await bob.call("update_agent_profile", reports_to="lead")
    await lead.call("update_agent_profile", reports_to="chief")
    await create(ann, assignee="bob", status="doing")
    ears = {member.name: Ear(team, member) for member in (ann, bob, lead, chief, team.owner)}
    await ears["bob"].new()
    heard = {}
    for minute in range(1, 300):
        clock.advance(minutes=1)
        await remind(team.team)
        if minute in (29, 30, 59, 60, 119, 120, 299):
            heard[minute] = {name: len(await ear.new()) for name, ear in ears.items()}
    nobody = dict.fromkeys(ears, 0)
    assert heard == {
        29: nobody,
        30: {**nobody, "bob": 1},
        59: nobody,
        60: {**nobody, "lead": 1},
        119: nobody,
        120: {**nobody, "chief": 1},
        299: nobody,
    }


async def test_without_a_chain_the_creator_and_then_the_managers_hear(
    team: TestTeam, ann: Member, bob: Member, clock: MovedClock
) -> None:
    boss = await team.agent("boss", access="manager")
    await create(ann, assignee="bob", status="doing")
    ears = [Ear(team, member) for member in (bob, ann, boss, team.owner)]
    await ears[0].new()
    counts = []
    for minutes in (30, 30, 60):
        clock.advance(minutes=minutes)
        await remind(team.team)
        counts.append([len(await ear.new()) for ear in ears])
    assert counts == [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 1]]


async def test_a_sign_of_work_begins_the_count_again(team: TestTeam, ann: Member, clock: MovedClock) -> None:
    task = await create(ann, assignee="ann", status="doing")
    ear = Ear(team, ann)
    clock.advance(minutes=29)
    await ann.call("update_task", task_id=task, progress=10)
    clock.advance(minutes=29)
    await remind(team.team)
    assert await ear.new() == []
    clock.advance(minutes=1)
    await remind(team.team)
    assert len(await ear.new()) == 1
    await ann.call("update_task", task_id=task, comment="still at it")
    clock.advance(minutes=30)
    await remind(team.team)
    assert len(await ear.new()) == 1


async def test_what_is_under_a_lease_is_not_stuck(team: TestTeam, ann: Member, clock: MovedClock) -> None:
    await create(ann, progress_seconds=86_400)
    await ann.call("claim_next_task")
    clock.advance(hours=3)
    await remind(team.team)
    assert await Ear(team, ann).new() == []
    stuck = {"task_id": 1, "kind": "stuck"}  # as if the claim had come after the look
    assert (await operations.call(Context.inside(team.team), "remind_of_task", stuck)).recipients == []


async def test_who_may_not_see_the_task_is_not_told(
    team: TestTeam, ann: Member, bob: Member, clock: MovedClock
) -> None:
    await team.agent("boss")
    await bob.call("update_agent_profile", reports_to="boss")
    await ann.call("create_channel", id="plans", type="topic", members=["bob"])
    await create(ann, "secret", assignee="bob", status="doing", channel="plans")
    ear = Ear(team, ann)
    await ear.new()
    clock.advance(hours=3)
    await remind(team.team)
    sent = [event.data for event in await team.events("message.sent") if event.actor == "system"]
    assert {event["channel_id"] for event in sent} == {"dm:bob:system", "dm:ann:system"}
    assert len(await ear.new()) == 1


# -- whatever goes wrong ---------------------------------------------------------------------------------------------


async def test_one_bad_row_never_stops_the_others(
    team: TestTeam, ann: Member, clock: MovedClock, caplog: pytest.LogCaptureFixture
) -> None:
    carl, dora = await team.agent("carl"), await team.agent("dora")
    due = rfc3339(clock.now() + 2 * DAY)
    zoneless = await create(ann, assignee="carl", status="doing", checkin_interval="daily")
    left = await create(ann, "left behind", assignee="dora", due_date=due)
    broken = await create(ann, "broken", due_date=due)
    good = await create(ann, "good", assignee="ann", due_date=due, status="doing", checkin_interval="daily")
    await team.owner.call("retire_agent", name="dora")

    def spoil(tx: Any) -> None:
        tx.execute("UPDATE agents SET time_zone = 'Mars/Olympus' WHERE name = 'carl'")
        tx.execute("UPDATE tasks SET scope = 'no such channel', creator = 'nobody' WHERE id = ?", (broken,))

    await team.team.database.write(spoil)
    ear = Ear(team, ann)
    clock.advance(days=1, hours=1)
    for _ in range(2):
        await remind(team.team)
    heard = await ear.new()
    assert [text for text in heard if "due" in text and "good" in text]
    assert [text for text in heard if "report progress" in text and f"Task {good} " in text]
    assert [text for text in heard if f"Task {left} " in text]  # its creator, in place of who left
    assert f"task {zoneless} has no check-ins" in caplog.text
    assert len(heard) == len(set(heard))
    assert dora is not carl


async def test_a_failing_reminder_is_logged_and_comes_again(
    team: TestTeam, ann: Member, clock: MovedClock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for title in ("one", "two"):
        await create(ann, title, due_date=rfc3339(clock.now() + HOUR))
    clock.advance(hours=2)
    ear, real = Ear(team, ann), team.team.log.append
    calls = []

    def broken(*arguments: Any, **more: Any) -> Any:
        calls.append(1)
        if len(calls) == 1:
            raise RuntimeError("no room")
        return real(*arguments, **more)

    monkeypatch.setattr(team.team.log, "append", broken)
    await remind(team.team)
    assert len(await ear.new()) == 1
    assert "could not be called to mind" in caplog.text
    await remind(team.team)
    assert len(await ear.new()) == 1
    await remind(team.team)
    assert await ear.new() == []


async def test_idle_writes_nothing(team: TestTeam, ann: Member, clock: MovedClock) -> None:
    await create(ann, due_date=rfc3339(clock.now() + HOUR), status="doing", checkin_interval="daily")
    clock.advance(hours=3)
    await remind(team.team)

    async def write(_: Any) -> None:
        raise AssertionError("it wrote")

    team.team.database.write = write  # type: ignore[method-assign, assignment]
    clock.advance(hours=1)
    await remind(team.team)
    del team.team.database.write


async def test_the_server_alone_reminds(team: TestTeam, ann: Member) -> None:
    task = await create(ann)
    for member in (ann, team.owner):
        with pytest.raises(Forbidden):
            await member.call("remind_of_task", task_id=task, kind="overdue")


# -- settings --------------------------------------------------------------------------------------------------------


@pytest.mark.teammcp(plugins={"tasks": {"stuck_minutes": [5], "due_soon_hours": 1, "checkin_hour": 14}})
async def test_the_times_are_settings(team: TestTeam, ann: Member, clock: MovedClock) -> None:
    await create(ann, "a", assignee="ann", status="doing", checkin_interval="daily")
    await create(ann, "b", due_date=rfc3339(clock.now() + 2 * HOUR))
    ear = Ear(team, ann)
    for minutes, word in ((5, "sign of work"), (55, "is due at"), (60, "report progress")):
        clock.advance(minutes=minutes)
        await remind(team.team)
        texts = await ear.new()
        assert [text for text in texts if word in text], (minutes, texts)


@pytest.mark.parametrize(
    "wrong", [{"stuck_minutes": [60, 30]}, {"stuck_minutes": [0]}, {"checkin_hour": 24}, {"due_soon_hour": 3}]
)
def test_wrong_settings_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        TaskSettings.model_validate(wrong)
