"""Jobs: what is due is done once, by the server's clock, and what fails keeps nothing else and is told."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from teammcp import Job, Server, Team, hookimpl
from teammcp.app import create_app
from teammcp.config import Settings
from teammcp.server import jobs as jobs_module
from teammcp.server.health import Problem
from teammcp.testing import MovedClock, TestTeam, serve

MINUTE = 60


class Plugin:
    """Contributes jobs, which note when they run."""

    def __init__(self, *jobs: Any) -> None:
        self.jobs = list(jobs)
        self.ran: list[str] = []

    @hookimpl
    def register_jobs(self) -> list[Any]:
        return self.jobs

    def add(self, name: str, work: Callable[..., Any] | None = None, **options: Any) -> None:
        self.jobs.append(Job(name, work or (lambda _: self.ran.append(name)), **options))


async def problems(server: Server) -> list[Problem]:
    return list(await server.jobs.problems())


# -- when -----------------------------------------------------------------------------------------------------------


often_and_rare = Plugin()
often_and_rare.add("often", every=10)
often_and_rare.add("rare", every=3600)
often_and_rare.add("noon", cron="0 12 * * *")
often_and_rare.add("tokyo", cron="@daily", time_zone="Asia/Tokyo")


@pytest.mark.teammcp(install={"plugin": often_and_rare})
async def test_a_job_runs_when_the_moved_clock_makes_it_due_and_no_sooner(server: Server, clock: MovedClock) -> None:
    often_and_rare.ran.clear()
    await server.run_jobs()
    assert often_and_rare.ran == []
    clock.advance(seconds=10)
    await server.run_jobs()
    await server.run_jobs()
    assert often_and_rare.ran == ["often"]
    clock.advance(hours=1)
    await server.run_jobs()
    assert sorted(often_and_rare.ran) == ["often", "often", "rare"]
    clock.advance(hours=2)
    await server.run_jobs()
    assert often_and_rare.ran.count("tokyo") == 1  # it is 15:00 UTC
    clock.advance(hours=24)
    await server.run_jobs()
    assert (often_and_rare.ran.count("noon"), often_and_rare.ran.count("tokyo")) == (1, 2)


ticking = Plugin()
ticking.add("tick", every=1)


@pytest.mark.teammcp(install={"plugin": ticking})
async def test_a_job_that_has_missed_much_is_done_once_and_keeps_its_pace(server: Server, clock: MovedClock) -> None:
    ticking.ran.clear()
    clock.advance(days=400)
    await server.run_jobs()
    assert ticking.ran == ["tick"]
    clock.advance(seconds=0.5)
    await server.run_jobs()
    assert ticking.ran == ["tick"]
    clock.advance(seconds=0.5)
    await server.run_jobs()
    assert ticking.ran == ["tick", "tick"]


@pytest.mark.parametrize("hours", [-2, 2])
@pytest.mark.teammcp(install={"plugin": ticking})
async def test_a_clock_that_is_set_neither_stops_nor_hurries_a_job(
    server: Server, clock: MovedClock, hours: int
) -> None:
    ticking.ran.clear()
    clock.jump(hours=hours)
    await server.run_jobs()
    assert ticking.ran == []
    clock.advance(seconds=1)
    await server.run_jobs()
    assert ticking.ran == ["tick"]


async def test_jobs_run_by_themselves_by_a_clock_that_does(settings: Settings) -> None:
    ran = asyncio.Event()
    plugin = Plugin()
    plugin.add("soon", lambda _: ran.set(), every=0.05)
    async with serve(settings, None, {"plugin": plugin}):
        await asyncio.wait_for(ran.wait(), 20)


async def test_a_job_is_not_begun_again_while_it_runs(settings: Settings, clock: MovedClock) -> None:
    begun, gate = 0, asyncio.Event()

    async def work(server: Server) -> None:
        nonlocal begun
        begun += 1
        await gate.wait()

    async with serve(settings, clock, {"plugin": Plugin(Job("slow", work, every=1))}) as app:
        server: Server = app.server  # type: ignore[attr-defined]
        for _ in range(2):
            clock.advance(seconds=1)
            running = asyncio.create_task(server.run_jobs())
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        assert begun == 1
        clock.advance(seconds=jobs_module.LONG / 1000)
        assert "The job slow has been running for 601 s." in [each.text for each in await problems(server)]
        gate.set()
        await running


# -- what fails -----------------------------------------------------------------------------------------------------


async def test_a_team_in_which_a_job_fails_keeps_no_other_and_is_told(
    settings: Settings, clock: MovedClock, caplog: pytest.LogCaptureFixture
) -> None:
    done: list[str] = []

    async def work(team: Team) -> None:
        if team.name == "default" and not done.count("other") == 2:
            raise RuntimeError("no luck")
        done.append(team.name)

    async with serve(settings, clock, {"plugin": Plugin(Job("lucky", work, every=60, per_team=True))}) as app:
        server: Server = app.server  # type: ignore[attr-defined]
        await server.create_team("other")
        clock.advance(seconds=60)
        with pytest.raises(ExceptionGroup, match="jobs have failed") as caught:
            await server.run_jobs()
        assert [str(error) for error in caught.value.exceptions] == ["no luck"]
        assert done == ["other"]
        assert "the job lucky has failed in team default" in caplog.text
        text = "The job lucky has failed in team default: RuntimeError: no luck"
        assert await problems(server) == [Problem("jobs", text, team="default")]
        assert server.jobs.facts()["lucky"] == {"runs": 1, "failures": 1, "last_run": "2026-01-01T12:01:00.000Z"}
        done.append("other")
        clock.advance(seconds=60)
        await server.run_jobs()
        assert await problems(server) == []


async def test_what_failed_in_a_team_that_is_gone_is_not_told_for_ever(settings: Settings, clock: MovedClock) -> None:
    async def work(team: Team) -> None:
        if team.name == "other":
            await team.server.delete_team("other")
            await team.database.read(lambda reader: reader.value("SELECT 1"))

    async with serve(settings, clock, {"plugin": Plugin(Job("delete", work, every=60, per_team=True))}) as app:
        server: Server = app.server  # type: ignore[attr-defined]
        await server.create_team("other")
        clock.advance(seconds=60)
        await server.run_jobs()
        assert await problems(server) == []


async def test_a_job_of_the_server_that_fails_is_tried_again_and_told(settings: Settings, clock: MovedClock) -> None:
    async def work(server: Server) -> None:
        raise RuntimeError("no luck")

    async with serve(settings, clock, {"plugin": Plugin(Job("unlucky", work, every=60))}) as app:
        server: Server = app.server  # type: ignore[attr-defined]
        for _ in range(2):
            clock.advance(seconds=60)
            with pytest.raises(ExceptionGroup):
                await server.run_jobs()
        assert await problems(server) == [Problem("jobs", "The job unlucky has failed: RuntimeError: no luck")]
        assert server.jobs.facts()["unlucky"]["failures"] == 2
        team = TestTeam(app, server, "default")
        await team.register_owner()
        answer = (await team.owner.http.get("/api/health")).json()
        assert (answer["status"], answer["problems"]) == ("degraded", ["jobs"])
        await team.close()


async def test_a_stop_waits_for_a_job_but_not_for_ever_and_names_it(
    settings: Settings, clock: MovedClock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(jobs_module, "STOP_TIMEOUT", 0.2)
    ended: list[str] = []

    async def short(server: Server) -> None:
        await asyncio.sleep(0.05)
        ended.append("short")

    async def endless(server: Server) -> None:
        await asyncio.Event().wait()

    plugin = Plugin(Job("short", short, every=60), Job("endless", endless, every=60))
    async with serve(settings, clock, {"plugin": plugin}) as app:
        clock.advance(seconds=60)
        waiting = asyncio.create_task(app.server.run_jobs())  # type: ignore[attr-defined]
        await asyncio.sleep(0)
    assert ended == ["short"]
    assert "gave up waiting after 0.2 s for these jobs: endless" in caplog.text
    await asyncio.wait([waiting])


# -- what is no job -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "needs either every or cron"),
        ({"every": 5, "cron": "@daily"}, "needs either every or cron"),
        ({"every": 0}, "every must be more than 0"),
        ({"cron": "61 * * * *"}, "minute"),
        ({"cron": "@daily", "time_zone": "Mars/Base"}, "Mars"),
    ],
)
def test_a_job_that_would_never_come_is_refused_where_it_is_written(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Job("wrong", lambda _: None, **options)


@pytest.mark.parametrize(
    "jobs", [[5], [Job("services", print, every=1)], [Job("twice", print, every=1), Job("twice", print, every=2)]]
)
def test_a_plugin_with_a_bad_job_is_switched_off_with_all_it_contributes(
    tmp_path: Path, jobs: list[Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    app = create_app(Settings(home=tmp_path), MovedClock(), {"plugin": Plugin(*jobs)})
    assert app.server.plugins.plugins["plugin"].state == "failed"
    assert app.server.jobs.of("plugin") == []


async def _exits(_: Server) -> None:
    raise SystemExit(4)


exiting = Plugin()
exiting.add("exits", _exits, every=10)


@pytest.mark.teammcp(install={"plugin": exiting})
async def test_a_job_that_wants_to_end_the_process_has_failed_like_any_other(server: Server, clock: MovedClock) -> None:
    clock.advance(seconds=10)
    with pytest.raises(ExceptionGroup) as failed:
        await server.run_jobs()
    assert "sys.exit(4)" in str(failed.value.exceptions[0])
    assert [problem for problem in await problems(server) if "exits" in problem.text]
