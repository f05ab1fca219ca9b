"""Clocks that are set, machines that sleep, a process that is stopped: nothing ends of it, and nothing stops."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from teammcp import clock as clock_module
from teammcp.app import forget_idempotency_keys
from teammcp.clock import Moved, SystemClock
from teammcp.errors import RateLimited
from teammcp.features.schedules.operations import runs as schedule_runs
from teammcp.features.tasks.claims import jobs as claim_jobs
from teammcp.server import Server, timekeeping
from teammcp.server.limits import RateLimit
from teammcp.server.scheduler import Scheduler
from teammcp.storage.sqlite.migrations import blank
from teammcp.testing import NOON, Member, MovedClock, TestTeam
from tests.corekit import open_server

HOUR = 3_600_000
STEPS = [pytest.param(hours, id=f"{hours:+d}h") for hours in (2, -2, 24 * 400, -24 * 400)]


async def jump(team: TestTeam, clock: MovedClock, hours: float) -> None:
    """Set the machine's clock, and wait until the server has followed."""
    clock.jump(hours=hours)
    team.server.time.look()
    await team.server.settle()


async def statuses(who: Member, task: int) -> tuple[str, int]:
    found = (await who.call("get_task", task_id=task)).task
    return found.status, found.attempts


# -- the clock ---------------------------------------------------------------------------------------------------------


class Machine:
    """The clocks of a machine, in nanoseconds, as a test sets them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.wall, self.steady, self.boot = 10**18, 5 * 10**9, 7 * 10**9
        for name, value in (("time_ns", "wall"), ("monotonic_ns", "steady")):
            monkeypatch.setattr(clock_module.time, name, lambda value=value: getattr(self, value))
        monkeypatch.setattr(clock_module.time, "clock_gettime_ns", lambda kind: self.boot)
        monkeypatch.setattr(clock_module.time, "CLOCK_BOOTTIME", 7, raising=False)

    def go_on(self, seconds: float, *, asleep: bool = False) -> None:
        by = int(seconds * 10**9)
        self.wall += by
        self.boot += by
        self.steady += 0 if asleep else by


def test_the_servers_time_runs_evenly_whatever_happens_to_the_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(monkeypatch)
    clock = SystemClock()
    began = clock.now()
    machine.go_on(5)
    machine.wall -= 7200 * 10**9
    assert clock.now() == began + 5000
    assert clock.moved() == Moved(-HOUR * 2, 0)
    clock.follow(-HOUR * 2)
    assert (clock.now(), clock.moved()) == (began + 5000 - HOUR * 2, Moved(0, 0))
    machine.go_on(60, asleep=True)
    assert clock.moved() == Moved(60_000, 60_000)
    assert clock.moved() == Moved(60_000, 0)


# -- jumps -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hours", STEPS)
async def test_a_jump_ends_no_claim_and_counts_no_attempt(team: TestTeam, clock: MovedClock, hours: int) -> None:
    bob = await team.agent("bob")
    task = (await team.owner.call("create_task", title="Look", assignee="bob")).task
    lease = task.lease_seconds
    claimed = await bob.call("claim_task", task_id=task.id)
    clock.advance(seconds=lease / 2)
    await jump(team, clock, hours)
    await claim_jobs.reap(team.team)
    assert await statuses(bob, task.id) == ("doing", 0)
    clock.advance(seconds=lease / 2)
    done = await bob.call("complete_task", task_id=task.id, fencing_token=claimed.fencing_token, result="seen")
    assert done.ok


@pytest.mark.parametrize("hours", STEPS)
async def test_a_claim_ends_as_long_after_a_jump_as_it_would_have(
    team: TestTeam, clock: MovedClock, hours: int
) -> None:
    bob = await team.agent("bob")
    task = (await team.owner.call("create_task", title="Look", assignee="bob")).task
    await bob.call("claim_task", task_id=task.id)
    await jump(team, clock, hours)
    clock.advance(seconds=task.lease_seconds + 1)
    await claim_jobs.reap(team.team)
    assert (await statuses(team.owner, task.id))[0] == "todo"


@pytest.mark.parametrize("hours", STEPS)
async def test_a_jump_says_nothing_about_who_is_here(team: TestTeam, clock: MovedClock, hours: int) -> None:
    bob = await team.agent("bob")
    await bob.call("heartbeat", status="busy", ttl=30)
    clock.advance(seconds=20)
    await jump(team, clock, hours)
    team.team.presence.sweep()
    assert team.team.presence.status_of("bob").status == "busy"
    assert team.team.presence.last_seen("bob") == clock.now() - 20_000
    clock.advance(seconds=31)
    team.team.presence.sweep()
    assert team.team.presence.status_of("bob").status == "dead"


@pytest.mark.parametrize("hours", STEPS)
async def test_sessions_and_repeated_keys_survive_a_jump(team: TestTeam, clock: MovedClock, hours: int) -> None:
    await team.owner.log_in()
    sent = await team.owner.call("send_message", channel="general", content="once", idem_key="k")
    await jump(team, clock, hours)
    assert (await team.owner.http.get("/plugins")).status_code == 200
    await forget_idempotency_keys(team.team)
    again = await team.owner.call("send_message", channel="general", content="once", idem_key="k")
    assert again.id == sent.id


async def test_a_jump_is_told_in_health_and_in_the_log(
    team: TestTeam, clock: MovedClock, caplog: pytest.LogCaptureFixture
) -> None:
    await jump(team, clock, -2)
    assert "the machine's clock was set back by 7200.0 s" in caplog.text
    answer = (await team.owner.http.get("/api/health")).json()
    assert (answer["status"], answer["problems"]) == ("degraded", ["clock"])
    assert "set back by 7200.0 s" in answer["details"]["problems"][0]["text"]
    assert answer["details"]["facts"]["clock"]["jumps"] == 1


async def test_a_small_difference_is_no_jump(team: TestTeam, clock: MovedClock) -> None:
    await jump(team, clock, 0.5 / 3600)
    assert clock.moved() == Moved(0, 0)
    assert team.server.time.facts() == {"jumps": 0, "pauses": 0}


@pytest.mark.parametrize("hours", [2, -2])
def test_limits_know_nothing_of_a_jump(hours: int) -> None:
    clock = MovedClock()
    limit = RateLimit(clock, 1, 1, "calls")
    limit.take("bob")
    clock.jump(hours=hours)
    clock.follow(hours * HOUR)
    with pytest.raises(RateLimited):
        limit.take("bob")
    clock.advance(seconds=1)
    limit.take("bob")


# -- pauses ------------------------------------------------------------------------------------------------------------


async def test_a_process_that_stood_still_calls_nobody_dead_and_ends_no_claim(
    team: TestTeam, clock: MovedClock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    bob = await team.agent("bob")
    task = (await team.owner.call("create_task", title="Look", assignee="bob")).task
    await bob.call("claim_task", task_id=task.id)
    await bob.call("heartbeat", status="busy", ttl=5)
    clock.advance(seconds=max(task.lease_seconds, task.progress_seconds) + 1)
    team.server.time._beat -= 8
    team.server.time.look()
    assert "stood still for" in caplog.text
    team.team.presence.sweep()
    await claim_jobs.reap(team.team)
    assert team.team.presence.status_of("bob").status == "busy"
    assert await statuses(bob, task.id) == ("doing", 0)
    clock.advance(seconds=6)
    team.team.presence.sweep()
    assert team.team.presence.status_of("bob").status == "dead"


# -- from one start to the next ----------------------------------------------------------------------------------------


class Marked(MovedClock):
    """A clock that knows the run of its machine."""

    def __init__(self, now: int, boot: str, began: int) -> None:
        super().__init__(now)
        self._origin = boot, began

    def origin(self) -> tuple[str, int]:
        return self._origin


def insert_key(at: int) -> Any:
    return lambda tx: tx.execute(
        "INSERT INTO idempotency (agent, key, operation, arguments, result, at) VALUES ('a', 'k', 'o', '', '', ?)",
        (at,),
    )


@pytest.mark.parametrize(
    ("boot", "began", "moved"),
    [("one", 1000 + 2 * HOUR, 2 * HOUR), ("one", 1000 - 2 * HOUR, -2 * HOUR), ("one", 1500, 0), ("two", 5 * HOUR, 0)],
)
async def test_a_clock_that_was_set_is_told_from_time_that_has_passed(
    tmp_path: Path, boot: str, began: int, moved: int
) -> None:
    async with open_server(tmp_path, clock=Marked(NOON, "one", 1000)) as server:
        await server.team("default").database.write(insert_key(NOON))
    async with open_server(tmp_path, clock=Marked(NOON + 3 * HOUR, boot, began)) as server:
        found = await server.team("default").database.read(lambda reader: reader.value("SELECT at FROM idempotency"))
        assert found == NOON + moved
    assert json.loads((tmp_path / "clock.json").read_text()) == [boot, began]


# -- periodic work -----------------------------------------------------------------------------------------------------


class Wall(SystemClock):
    """The server's clock, when it has followed one that was set."""

    ahead = timedelta()

    def now(self) -> int:
        return super().now() + round(self.ahead.total_seconds() * 1000)


@pytest.mark.parametrize("hours", [-2, 2])
async def test_periodic_work_goes_on_at_its_pace_when_the_clock_is_set(
    monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    wall = Wall()
    monkeypatch.setattr("teammcp.server.scheduler.LOOK", 0.05)
    ran: list[str] = []
    scheduler = Scheduler(wall, lambda: None)
    yearly = CronTrigger(month=(datetime.now().month + 5) % 12 + 1)
    scheduler.add("often", IntervalTrigger(seconds=0.1), lambda: ran.append("often"))
    scheduler.add("rare", IntervalTrigger(hours=1), lambda: ran.append("rare"))
    scheduler.add("cron", CronTrigger(second="*"), lambda: ran.append("cron"))
    scheduler.add("yearly", yearly, lambda: ran.append("yearly"))
    scheduler.start()
    await asyncio.sleep(0.3)
    wall.ahead = timedelta(hours=hours)
    ran.clear()
    for _ in range(200):
        if ran.count("often") >= 3 and "cron" in ran:
            break
        await asyncio.sleep(0.05)
    assert ran.count("often") >= 3
    assert "cron" in ran
    assert "rare" not in ran
    assert "yearly" not in ran
    scheduler.shutdown(wait=False)
    await asyncio.sleep(0)


async def runs(team: TestTeam, schedule: int) -> int:
    await schedule_runs.run_due(team.team)
    return (await team.owner.call("get_schedule", schedule_id=schedule)).schedule.runs


@pytest.mark.parametrize("hours", [-2, 2])
@pytest.mark.parametrize("rule", [{"every": "15 minutes"}, {"cron_expr": "*/15 * * * *"}])
async def test_a_schedule_that_comes_often_goes_on_when_the_clock_is_set(
    team: TestTeam, clock: MovedClock, hours: int, rule: dict[str, str]
) -> None:
    made = await team.owner.call("schedule_message", channel="general", content="tick", time_zone="UTC", **rule)
    clock.advance(minutes=16)
    assert await runs(team, made.schedule.id) == 1
    await jump(team, clock, hours)
    before = await runs(team, made.schedule.id)
    assert before <= 2  # the time of one on the wall may just have been passed over
    for expected in (1, 2):
        clock.advance(minutes=15)
        assert await runs(team, made.schedule.id) == before + expected


async def test_a_daily_schedule_does_not_come_twice_when_the_clock_is_set_back(
    team: TestTeam, clock: MovedClock
) -> None:
    made = await team.owner.call(
        "schedule_message", channel="general", content="good morning", time_zone="UTC", cron_expr="30 12 * * *"
    )
    clock.advance(hours=1)
    assert await runs(team, made.schedule.id) == 1
    await jump(team, clock, -2)
    clock.advance(hours=3)
    assert await runs(team, made.schedule.id) == 1
    clock.advance(hours=23)
    assert await runs(team, made.schedule.id) == 2


# -- what moves --------------------------------------------------------------------------------------------------------


class Noting:
    """A transaction that keeps the statement."""

    sql = ""

    def execute(self, sql: str, parameters: object) -> None:
        self.sql = sql


async def test_every_countdown_is_found_by_an_index(server: Server) -> None:
    with closing(sqlite3.connect(":memory:")) as connection, connection:
        connection.deserialize(blank(server.teams.migrations))
        for each in server.time._countdowns:
            tx = Noting()
            timekeeping._move([each], 1, tx)  # type: ignore[arg-type]
            (plan,) = connection.execute(f"EXPLAIN QUERY PLAN {tx.sql}", (1,) * len(each.columns)).fetchall()
            assert "USING" in plan[3], (each, plan[3])
