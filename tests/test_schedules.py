"""Schedules: making them, whose they are, and what they do when their time has come."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from teammcp import (
    Conflict,
    Deferred,
    Forbidden,
    InvalidInput,
    NotFound,
    Refused,
    TeamError,
    Transaction,
    hookimpl,
    operations,
)
from teammcp.clock import rfc3339
from teammcp.features.schedules.models import Schedule
from teammcp.features.schedules.operations.runs import run_due
from teammcp.operations import Context
from teammcp.storage import Reader
from teammcp.testing import Member, MovedClock, TestTeam


@pytest.fixture
async def alice(team: TestTeam) -> Member:
    """A member."""
    return await team.agent("alice")


async def make(member: Member, content: str = "stand up", channel: str = "general", **rule: Any) -> Schedule:
    made = await member.call("schedule_message", channel=channel, content=content, **(rule or {"every": "15m"}))
    schedule: Schedule = made.schedule
    return schedule


async def mine(member: Member) -> list[Schedule]:
    found: list[Schedule] = (await member.call("list_schedules")).schedules
    return found


async def sent(team: TestTeam, channel: str = "general") -> list[str]:
    """What is in a channel."""

    def query(reader: Reader) -> list[str]:
        rows = reader.all("SELECT content FROM messages WHERE channel_id = ? ORDER BY id", (channel,))
        return [row["content"] for row in rows]

    return await team.team.database.read(query)


async def change(team: TestTeam, sql: str, *parameters: Any) -> None:
    """Change the database behind the program's back."""

    def work(tx: Transaction) -> None:
        tx.execute(sql, parameters)

    await team.team.database.write(work)


def shown(schedule: Schedule) -> dict[str, Any]:
    shape: dict[str, Any] = schedule.model_dump(mode="json")
    return shape


# -- making ----------------------------------------------------------------------------------------------------------


async def test_a_schedule_says_when_it_runs(alice: Member) -> None:
    schedule = shown(await make(alice, cron_expr="0 9 * * MON-FRI", time_zone="Europe/Berlin"))
    assert schedule["when"] == "every weekday at 09:00"
    assert schedule["next_runs"] == [
        "2026-01-02T08:00:00.000Z",
        "2026-01-05T08:00:00.000Z",
        "2026-01-06T08:00:00.000Z",
    ]
    assert schedule["next_run"] == schedule["next_runs"][0]
    assert (schedule["status"], schedule["enabled"], schedule["created_by"]) == ("active", True, "alice")
    assert shown((await mine(alice))[0]) == schedule


@pytest.mark.parametrize(
    ("rule", "given", "first"),
    [
        ({"every": "15 minutes"}, ("every", "15 minutes"), "2026-01-01T12:15:00.000Z"),
        ({"cron_expr": "every 2 hours"}, ("every", "2 hours"), "2026-01-01T14:00:00.000Z"),
        ({"cron_expr": "@daily"}, ("cron_expr", "0 0 * * *"), "2026-01-02T00:00:00.000Z"),
        ({"at": "2026-02-01T09:30"}, ("at", "2026-02-01T09:30:00.000Z"), "2026-02-01T09:30:00.000Z"),
        ({"cron_expr": "2026-02-01T09:30+02:00"}, ("at", "2026-02-01T07:30:00.000Z"), "2026-02-01T07:30:00.000Z"),
        ({"every": "1 day", "starts_at": "2026-01-03T08:00"}, ("every", "1 day"), "2026-01-03T08:00:00.000Z"),
        (
            {"cron_expr": "0 9 * * *", "starts_at": "2026-01-03T10"},
            ("cron_expr", "0 9 * * *"),
            "2026-01-04T09:00:00.000Z",
        ),
    ],
)
async def test_three_ways_to_say_when(alice: Member, rule: dict[str, str], given: tuple[str, str], first: str) -> None:
    schedule = shown(await make(alice, **rule))
    field, text = given
    assert schedule[field] == text
    assert {schedule[other] for other in {"cron_expr", "every", "at"} - {field}} == {None}
    assert schedule["next_run"] == first


async def test_times_are_read_in_the_zone_of_the_profile_unless_another_is_given(team: TestTeam) -> None:
    mei = await team.agent("mei", time_zone="Asia/Shanghai")
    own = shown(await make(mei, at="2026-02-01T09:00"))
    assert (own["time_zone"], own["next_run"]) == ("Asia/Shanghai", "2026-02-01T01:00:00.000Z")
    other = shown(await make(mei, cron_expr="0 9 * * *", time_zone="America/New_York"))
    assert (other["time_zone"], other["next_run"]) == ("America/New_York", "2026-01-01T14:00:00.000Z")


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({}, "cron_expr: give exactly one of"),
        ({"cron_expr": "@daily", "every": "1 day"}, "cron_expr: give exactly one of"),
        ({"cron_expr": "99 99 * * *"}, "cron_expr: the minute '99' must be 0 to 59"),
        ({"cron_expr": "0 9 * *"}, "cron_expr: a cron expression has five fields"),
        ({"cron_expr": "@never"}, "cron_expr: '@never' is not known"),
        ({"cron_expr": "0 9 31 2,4 *"}, "cron_expr: no month of those has a day 31"),
        ({"every": "soon"}, "every: write an interval such as"),
        ({"every": "0 minutes"}, "every: must be at least 1 minute"),
        ({"every": "999999 weeks"}, "every: must be at least 1 minute and at most 366 days"),
        ({"at": "tomorrow"}, "at: must be a date and time such as"),
        ({"at": "2026-01-01T11:59"}, "at: is over"),
        ({"at": "9999-12-31T23:59-23:59"}, "at: must be a date and time"),
        ({"at": "2200-01-01"}, "at: must be within ten years"),
        ({"at": "2026-02-01T09:00", "ends_at": "2026-03-01"}, "ends_at: a message that is sent once"),
        ({"every": "1 day", "ends_at": "2026-01-02T11:00"}, "ends_at: comes before the first run"),
        ({"every": "1 day", "time_zone": "Mars/Olympus"}, "time_zone: must be the IANA name"),
        ({"every": "1 day", "count": 0}, "count: "),
        ({"every": "1 day", "starts_at": "0001-01-01"}, "starts_at: must be within ten years"),
    ],
)
async def test_what_is_wrong_is_said_with_the_name_of_the_field(
    alice: Member, rule: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        await alice.call("schedule_message", channel="general", content="hi", **rule)
    assert str(caught.value).startswith(message)
    assert caught.value.data["errors"][0]["field"] == message.partition(":")[0]
    assert await mine(alice) == []


async def test_only_what_may_be_sent_may_be_scheduled(team: TestTeam, alice: Member) -> None:
    await team.owner.call("create_channel", id="plans", type="topic")
    watcher = await team.agent("watcher", access="observer")
    for member, channel, error in (
        (alice, "plans", NotFound),
        (alice, "nowhere", NotFound),
        (alice, "dm:nobody", NotFound),
        (watcher, "general", Forbidden),
    ):
        with pytest.raises(error):
            await make(member, channel=channel)


async def test_an_agent_has_so_many_schedules_at_most(
    team: TestTeam, alice: Member, monkeypatch: pytest.MonkeyPatch, clock: MovedClock
) -> None:
    monkeypatch.setattr("teammcp.features.schedules.operations.schedules.MOST", 3)
    monkeypatch.setattr("teammcp.features.schedules.operations.schedules.KEPT", 2)
    for _ in range(2):
        for _ in range(3):
            await make(alice, at=rfc3339(clock.now() + 3_600_000))
        with pytest.raises(Conflict, match="3 schedules already"):
            await make(alice)
        clock.advance(hours=1)
        await run_due(team.team)
    await make(alice)
    assert [schedule.status for schedule in await mine(alice)] == ["active", "ended", "ended"]


async def test_over_rest(team: TestTeam, alice: Member) -> None:
    answer = await alice.http.post(
        "/api/schedules", json={"channel": "general", "content": "hello", "cron_expr": "0 9 * * *"}
    )
    assert answer.status_code == 201
    schedule = answer.json()["schedule"]
    assert schedule["cron_expr"] == "0 9 * * *"
    assert (await alice.http.get("/api/schedules")).json() == {"schedules": [schedule], "next": None}
    wrong = await alice.http.post("/api/schedules", json={"channel": "general", "content": "x", "cron_expr": "* *"})
    assert wrong.status_code == 400
    assert wrong.json()["errors"][0]["field"] == "cron_expr"
    bob = await team.agent("bob")
    assert (await bob.http.delete(f"/api/schedules/{schedule['id']}")).status_code == 403
    gone = await alice.http.delete(f"/api/schedules/{schedule['id']}")
    assert gone.json() == {"id": schedule["id"], "deleted": True}
    assert (await alice.http.delete(f"/api/schedules/{schedule['id']}")).status_code == 404


async def test_over_mcp(alice: Member) -> None:
    async with alice.mcp() as client:
        made = await client.call_tool(
            "schedule_message", {"channel": "general", "content": "hello", "cron_expr": "@weekly"}
        )
        assert "every Sunday at 00:00 (UTC) in general" in made.content[0].text
        assert not {"fire_schedule", "suspend_schedule"} & {tool.name for tool in (await client.list_tools()).tools}


# -- whose -----------------------------------------------------------------------------------------------------------


async def test_everybody_lists_their_own_and_managers_what_is_for_channels_they_read(team: TestTeam) -> None:
    alice, boss = await team.agent("alice"), await team.agent("boss", access="manager")
    await team.agent("bob")
    await alice.call("create_channel", id="plans", type="topic")
    own = [await make(alice, channel=channel) for channel in ("general", "plans", "dm:bob")]
    assert [schedule.id for schedule in await mine(alice)] == [schedule.id for schedule in reversed(own)]
    assert await mine(boss) == []
    seen = (await boss.call("list_schedules", all=True)).schedules
    assert [schedule.channel for schedule in seen] == ["general"]
    with pytest.raises(Forbidden, match="manager"):
        await alice.call("list_schedules", all=True)


async def test_lists_come_in_pages(team: TestTeam, alice: Member) -> None:
    ids = [(await make(alice)).id for _ in range(5)]
    for member, everybody in ((alice, False), (team.owner, True)):
        found: list[int] = []
        cursor = None
        for size in (2, 2, 1):
            page = await member.call("list_schedules", all=everybody, limit=2, **({"cursor": cursor} if cursor else {}))
            assert len(page.schedules) == size
            found += [schedule.id for schedule in page.schedules]
            cursor = page.next
        assert cursor is None
        assert found == ids[::-1]


async def test_its_creator_and_managers_pause_resume_and_cancel(team: TestTeam, alice: Member) -> None:
    bob, boss = await team.agent("bob"), await team.agent("boss", access="manager")
    schedule = await make(alice)
    for operation in ("pause_schedule", "resume_schedule", "cancel_schedule"):
        with pytest.raises(Forbidden, match="alice's"):
            await bob.call(operation, schedule_id=schedule.id)
    paused = (await boss.call("pause_schedule", schedule_id=schedule.id)).schedule
    assert (paused.status, paused.next_runs) == ("paused", [])
    assert (await alice.call("pause_schedule", schedule_id=schedule.id)).schedule == paused
    resumed = (await alice.call("resume_schedule", schedule_id=schedule.id)).schedule
    assert resumed == schedule == (await boss.call("resume_schedule", schedule_id=schedule.id)).schedule
    await boss.call("cancel_schedule", schedule_id=schedule.id)
    assert await mine(alice) == []
    assert [event.kind for event in await team.events() if event.kind.startswith("schedule.")] == [
        "schedule.created",
        "schedule.paused",
        "schedule.resumed",
        "schedule.cancelled",
    ]


async def test_nobody_else_runs_a_schedule(team: TestTeam, alice: Member) -> None:
    schedule = await make(alice)
    for member in (alice, team.owner):
        for operation, more in (("fire_schedule", {}), ("suspend_schedule", {"reason": "x"})):
            with pytest.raises(Forbidden):
                await member.call(operation, schedule_id=schedule.id, due=schedule.next_run, **more)


async def test_events_go_to_whoever_may_know_and_hold_no_text(team: TestTeam, alice: Member) -> None:
    bob = await team.agent("bob")
    await alice.call("create_channel", id="plans", type="topic")
    open_one = await make(alice, "the secret plan")
    await make(alice, "the secret plan", channel="plans")
    letter = await make(alice, "the secret plan", channel="dm:bob")
    seen = [event for event in (await bob.call("sync", since=0)).events if event["kind"].startswith("schedule.")]
    assert [event["subject"] for event in seen] == [str(open_one.id)]
    own = [event for event in (await alice.call("sync", since=0)).events if event["kind"].startswith("schedule.")]
    assert len(own) == 3
    assert own[2]["data"]["id"] == letter.id
    assert "secret" not in json.dumps(own)


# -- running ---------------------------------------------------------------------------------------------------------


async def test_it_sends_at_the_minute_as_its_creator(team: TestTeam, alice: Member, clock: MovedClock) -> None:
    bob = await team.agent("bob")
    await make(alice, "stand up, @bob", cron_expr="5 12 * * *")
    clock.advance(minutes=4, seconds=59)
    await run_due(team.team)
    assert await sent(team) == []
    clock.advance(seconds=1)
    await run_due(team.team)
    (message,) = (await bob.call("get_history", channel="general")).messages
    assert (message.from_agent, message.content, message.mentions) == ("alice", "stand up, @bob", ["bob"])
    assert message.metadata == {"schedule_id": 1}
    assert (await bob.call("get_channels")).root[0].mentions == 1
    (schedule,) = await mine(alice)
    assert (schedule.runs, schedule.last_outcome, schedule.last_run) == (1, "sent", clock.now())
    assert shown(schedule)["next_run"] == "2026-01-02T12:05:00.000Z"
    (fired,) = await team.events("schedule.fired")
    assert (fired.actor, fired.channel) == ("system", "general")
    assert fired.data["message_id"] == message.id
    assert fired.data["due"] == "2026-01-01T12:05:00.000Z"


async def test_each_run_happens_once_however_often_somebody_looks(
    team: TestTeam, alice: Member, clock: MovedClock
) -> None:
    schedule = await make(alice)
    clock.advance(minutes=15)
    await asyncio.gather(*(run_due(team.team) for _ in range(5)))
    context = Context.inside(team.team)
    again = {"schedule_id": schedule.id, "due": schedule.next_run}
    with pytest.raises(Conflict, match="not due"):
        await operations.call(context, "fire_schedule", again)
    prepared = await asyncio.gather(
        *(operations.call(context, "fire_schedule", {**again, "due": clock.now()}) for _ in range(3)),
        return_exceptions=True,
    )
    assert all(isinstance(each, Conflict) for each in prepared)
    assert await sent(team) == ["stand up"]


async def test_two_that_see_the_same_run_send_one_message(team: TestTeam, alice: Member, clock: MovedClock) -> None:
    schedule = await make(alice)
    clock.advance(minutes=15)
    context = Context.inside(team.team)
    arguments = {"schedule_id": schedule.id, "due": schedule.next_run}
    works = [await context.prepare("fire_schedule", **arguments) for _ in range(2)]
    assert not any(work.waits for work in works)
    outcomes = await asyncio.gather(*(team.team.database.write(work) for work in works), return_exceptions=True)  # type: ignore[arg-type]
    assert [isinstance(each, Conflict) for each in outcomes] == [False, True]
    assert await sent(team) == ["stand up"]


async def test_it_ends_after_its_count_and_at_its_end(team: TestTeam, alice: Member, clock: MovedClock) -> None:
    counted = await make(alice, "counted", every="1 hour", count=2)
    assert len(counted.next_runs) == 2
    await make(alice, "until", every="1 hour", ends_at="2026-01-01T15:00:00Z")
    await make(alice, "once", at="2026-01-01T12:30")
    for _ in range(10):
        clock.advance(minutes=30)
        await run_due(team.team)
    assert await sent(team) == ["once", "counted", "until", "counted", "until", "until"]
    assert {(schedule.content, schedule.status, schedule.next_run) for schedule in await mine(alice)} == {
        ("counted", "ended", None),
        ("until", "ended", None),
        ("once", "ended", None),
    }
    assert len(await team.events("schedule.ended")) == 3
    with pytest.raises(Conflict, match="no run left"):
        await alice.call("resume_schedule", schedule_id=counted.id)


async def test_a_paused_one_does_not_run_and_goes_on_from_its_next_time(
    team: TestTeam, alice: Member, clock: MovedClock
) -> None:
    schedule = await make(alice)
    await alice.call("pause_schedule", schedule_id=schedule.id)
    clock.advance(hours=1, minutes=1)
    await run_due(team.team)
    resumed = (await alice.call("resume_schedule", schedule_id=schedule.id)).schedule
    assert shown(resumed)["next_run"] == "2026-01-01T13:15:00.000Z"
    await run_due(team.team)
    assert await sent(team) == []


async def test_to_a_direct_message_that_is_yet_to_be(team: TestTeam, alice: Member, clock: MovedClock) -> None:
    bob = await team.agent("bob")
    await make(alice, "psst", channel="dm:bob", at="2026-01-01T12:01", priority="later")
    clock.advance(minutes=1)
    await run_due(team.team)
    (message,) = (await bob.call("get_history", channel="dm:alice")).messages
    assert (message.content, message.priority) == ("psst", "later")


async def test_a_schedule_made_while_the_job_looks_is_not_missed(
    team: TestTeam, alice: Member, clock: MovedClock
) -> None:
    await run_due(team.team)  # nothing is there: from now on nothing is asked
    await asyncio.gather(run_due(team.team), make(alice, every="1 minute"))
    clock.advance(minutes=1)
    await run_due(team.team)
    assert await sent(team) == ["stand up"]


async def test_an_idle_team_costs_no_query(
    team: TestTeam, alice: Member, clock: MovedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make(alice)
    await run_due(team.team)
    reads: list[Any] = []
    database = team.team.database
    read = database.read

    async def counted(query: Any, *arguments: Any) -> Any:
        reads.append(query)
        return await read(query, *arguments)

    monkeypatch.setattr(database, "read", counted)
    for _ in range(14):
        clock.advance(minutes=1)
        await run_due(team.team)
    assert reads == []
    clock.advance(minutes=1)
    await run_due(team.team)
    assert reads


# -- late ------------------------------------------------------------------------------------------------------------


async def test_several_missed_runs_are_made_up_for_by_one(team: TestTeam, alice: Member, clock: MovedClock) -> None:
    await make(alice)
    clock.advance(minutes=55)
    await run_due(team.team)
    assert await sent(team) == ["stand up"]
    assert shown((await mine(alice))[0])["next_run"] == "2026-01-01T13:00:00.000Z"


async def test_the_last_of_many_missed_runs_counts_for_the_grace(
    team: TestTeam, alice: Member, clock: MovedClock
) -> None:
    await make(alice, "often", every="45 minutes")
    await make(alice, "daily", cron_expr="0 13 * * *")
    clock.advance(days=1, hours=20)
    await run_due(team.team)
    assert await sent(team) == ["often"]
    (skipped,) = await team.events("schedule.skipped")
    assert skipped.data["due"] == "2026-01-01T13:00:00.000Z"
    daily = (await mine(alice))[0]
    assert (daily.content, daily.last_outcome, daily.runs) == ("daily", "skipped", 0)
    assert shown(daily)["next_run"] == "2026-01-03T13:00:00.000Z"


async def test_who_waits_for_a_run_that_will_not_come_again_is_told(
    team: TestTeam, alice: Member, clock: MovedClock
) -> None:
    await make(alice, at="2026-01-01T13:00")
    clock.advance(hours=3)
    await run_due(team.team)
    assert await sent(team) == []
    (note,) = await sent(team, "dm:alice:system")
    assert "was due at 2026-01-01T13:00:00.000Z" in note
    assert (await mine(alice))[0].status == "ended"


@pytest.mark.teammcp(plugins={"schedules": {"grace_seconds": 0}})
async def test_the_grace_is_a_setting(team: TestTeam, alice: Member, clock: MovedClock) -> None:
    await make(alice)
    clock.advance(minutes=16)
    await run_due(team.team)
    assert await sent(team) == []
    assert len(await team.events("schedule.skipped")) == 1


# -- what cannot be sent ---------------------------------------------------------------------------------------------


async def archive(team: TestTeam, member: Member) -> None:
    await team.owner.call("archive_channel", channel="plans")


async def leave(team: TestTeam, member: Member) -> None:
    await member.call("leave_channel", channel="plans")


async def demote(team: TestTeam, member: Member) -> None:
    await team.owner.call("update_agent_profile", name=member.name, access="observer")


@pytest.mark.parametrize(
    ("change", "reason"),
    [(archive, "is archived"), (leave, "you may read"), (demote, "needs access level 'member'")],
)
async def test_what_cannot_be_sent_any_more_is_suspended_and_its_creator_told_once(
    team: TestTeam, alice: Member, clock: MovedClock, change: Any, reason: str
) -> None:
    await team.owner.call("create_channel", id="plans", type="topic", members=["alice"])
    schedule = await make(alice, channel="plans")
    await change(team, alice)
    for _ in range(3):
        clock.advance(minutes=15)
        await run_due(team.team)
    assert await sent(team, "plans") == []
    (found,) = await mine(alice)
    assert (found.status, found.next_run) == ("suspended", None)
    assert reason in (found.reason or "")
    (note,) = await sent(team, "dm:alice:system")
    assert f"Schedule {schedule.id} of alice for plans is suspended: {found.reason}" in note
    assert len(await team.events("schedule.suspended")) == 1


async def test_a_suspended_one_goes_on_once_its_trouble_is_over(
    team: TestTeam, alice: Member, clock: MovedClock
) -> None:
    await team.owner.call("create_channel", id="plans")
    schedule = await make(alice, channel="plans")
    await team.owner.call("archive_channel", channel="plans")
    clock.advance(minutes=15)
    await run_due(team.team)
    with pytest.raises(Conflict, match="archived"):
        await alice.call("resume_schedule", schedule_id=schedule.id)
    await team.owner.call("archive_channel", channel="plans", archived=False)
    resumed = (await alice.call("resume_schedule", schedule_id=schedule.id)).schedule
    assert (resumed.status, resumed.reason) == ("active", None)
    clock.advance(minutes=15)
    await run_due(team.team)
    assert await sent(team, "plans") == ["stand up"]


@pytest.mark.parametrize("superior", ["boss", None])
async def test_of_a_retired_creator_its_superior_is_told_or_the_owners(
    team: TestTeam, alice: Member, clock: MovedClock, superior: str | None
) -> None:
    await team.agent("boss", access="manager")
    if superior:
        await alice.call("update_agent_profile", reports_to=superior)
    await make(alice)
    await team.owner.call("retire_agent", name="alice")
    clock.advance(minutes=15)
    await run_due(team.team)
    assert await sent(team) == []
    (note,) = await sent(team, f"dm:{superior or 'owner'}:system")
    assert "of alice for general is suspended: alice was retired." in note
    (found,) = (await team.owner.call("list_schedules", all=True)).schedules
    assert found.status == "suspended"


async def test_one_bad_row_never_stops_the_others(team: TestTeam, alice: Member, clock: MovedClock) -> None:
    broken = [await make(alice, f"broken {number}") for number in range(4)]
    await make(alice, "sound")
    columns = (
        "expression = '99 x'",
        "kind = 'cron_expr', expression = '99 x'",
        "kind = 'at'",
        "time_zone = 'No/Where'",
    )
    for schedule, column in zip(broken, columns, strict=True):
        await change(team, f"UPDATE schedules SET {column} WHERE id = ?", schedule.id)  # noqa: S608
    assert len(await mine(alice)) == 5
    clock.advance(minutes=15)
    await run_due(team.team)
    assert await sent(team) == ["sound"]
    found = await mine(alice)
    assert [schedule.status for schedule in found] == ["active"] + 4 * ["suspended"]
    assert all("cannot be read" in (schedule.reason or "") for schedule in found[1:])
    assert len(await sent(team, "dm:alice:system")) == 4
    with pytest.raises(InvalidInput):
        await alice.call("resume_schedule", schedule_id=broken[0].id)
    for schedule in broken:
        await alice.call("cancel_schedule", schedule_id=schedule.id)


class Rules:
    """A plugin that refuses, defers, crashes or stores what a text says."""

    def __init__(self) -> None:
        self.crashes = 2

    @hookimpl
    def before_message(self, context: Context, draft: Any) -> Any:
        if "refuse" in draft.content and draft.sender != "system":
            raise Refused("no such words")
        if "defer" in draft.content:
            return Deferred({"waits": True})
        if "crash" in draft.content and self.crashes:
            self.crashes -= 1
            raise RuntimeError("broken")
        return None


@pytest.mark.teammcp(install={"rules": Rules()})
async def test_what_plugins_say_to_a_scheduled_message(team: TestTeam, alice: Member, clock: MovedClock) -> None:
    for content in ("refuse me", "defer me", "send me"):
        await make(alice, content)
    clock.advance(minutes=15)
    await run_due(team.team)
    assert await sent(team) == ["send me"]
    found = {schedule.content: schedule for schedule in await mine(alice)}
    assert (found["refuse me"].status, found["refuse me"].reason) == ("suspended", "no such words")
    assert (found["defer me"].last_outcome, found["defer me"].runs) == ("deferred", 1)


@pytest.mark.teammcp(install={"rules": Rules()})
async def test_what_fails_for_no_fault_of_its_own_is_tried_again_after_a_minute(
    team: TestTeam, alice: Member, clock: MovedClock
) -> None:
    await make(alice, "crash me")
    clock.advance(minutes=15)
    for seconds in (0, 1, 58, 1, 59):  # it crashes at first, and again after a minute
        clock.advance(seconds=seconds)
        await run_due(team.team)
    assert await sent(team) == []
    assert (await mine(alice))[0].status == "active"
    clock.advance(seconds=1)
    await run_due(team.team)
    assert await sent(team) == ["crash me"]


async def test_a_message_and_its_step_are_one_transaction(
    team: TestTeam, alice: Member, clock: MovedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make(alice)
    clock.advance(minutes=15)

    def fail(*_: Any) -> None:
        raise OSError("no more")

    with monkeypatch.context() as patch:
        patch.setattr("teammcp.features.schedules.queries.note_run", fail)
        await run_due(team.team)
    assert await sent(team) == []
    assert await team.events("schedule.fired") == []
    clock.advance(minutes=1)
    await run_due(team.team)
    assert await sent(team) == ["stand up"]


async def test_bad_ids_are_refused(alice: Member) -> None:
    for operation in ("pause_schedule", "resume_schedule", "cancel_schedule"):
        for schedule_id in (7, 0, -1, 2**63, "x"):
            with pytest.raises(TeamError) as caught:
                await alice.call(operation, schedule_id=schedule_id)
            assert caught.value.status in {400, 404}
