"""Services: they last, come back when they fail, and end first."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from teammcp import Server, Service, Team, hookimpl
from teammcp.app import create_app
from teammcp.config import Settings
from teammcp.logs import request_id
from teammcp.server.services import WELL, Supervised
from teammcp.testing import MovedClock, serve


class Worker:
    """A service that does what a test tells it to, and notes what becomes of it."""

    def __init__(self, **options: Any) -> None:
        self.told: list[str] = []
        self.error: Exception | None = None
        self.returns = False
        self.service = Service("worker", self.run, **options)

    @hookimpl
    def register_services(self) -> list[Service]:
        return [self.service]

    async def run(self, subject: Server | Team) -> None:
        name = subject.name if isinstance(subject, Team) else "server"
        self.told.append(f"began {name}")
        if self.error is not None:
            raise self.error
        if self.returns:
            return
        try:
            await asyncio.Event().wait()
        finally:
            self.told.append(f"ended {name}")

    @hookimpl
    def startup(self) -> None:
        self.told.append("startup")

    @hookimpl
    def stopping(self) -> None:
        self.told.append("stopping")

    @hookimpl
    def shutdown(self) -> None:
        self.told.append("shutdown")

    @hookimpl
    def team_opened(self, team: Team) -> None:
        self.told.append(f"opened {team.name}")

    @hookimpl
    def team_closed(self, team: Team) -> None:
        self.told.append(f"closed {team.name}")


@asynccontextmanager
async def running(settings: Settings, clock: MovedClock, worker: Any) -> AsyncIterator[Server]:
    async with serve(settings, clock, {"plugin": worker}) as app:
        await asyncio.sleep(0)
        yield app.server  # type: ignore[attr-defined]


async def later(server: Server, clock: MovedClock, seconds: float) -> None:
    """Let time pass, and what follows from it happen."""
    clock.advance(seconds=seconds)
    await server.run_jobs()
    await asyncio.sleep(0)


def the_one(server: Server) -> Supervised:
    [found] = server.services.of("plugin", "default")
    return found


# -- its life -------------------------------------------------------------------------------------------------------


async def test_it_begins_behind_startup_and_ends_before_everything_else(settings: Settings, clock: MovedClock) -> None:
    worker = Worker()
    async with running(settings, clock, worker) as server:
        assert the_one(server).state == "running"
    assert worker.told == [
        *("opened default", "startup", "began server"),
        *("ended server", "stopping", "shutdown", "closed default"),
    ]


async def test_that_of_a_team_begins_behind_its_opening_and_ends_before_its_close(
    settings: Settings, clock: MovedClock
) -> None:
    worker = Worker(per_team=True)
    async with running(settings, clock, worker) as server:
        await server.create_team("other")
        await asyncio.sleep(0)
        await server.delete_team("other")
    assert worker.told == [
        *("opened default", "startup", "began default"),
        *("opened other", "began other", "ended other", "closed other"),
        *("ended default", "stopping", "shutdown", "closed default"),
    ]


async def test_streams_are_still_open_when_services_end(settings: Settings, clock: MovedClock) -> None:
    found: list[bool] = []

    async def run(team: Team) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            found.append(team.hub.closed)
            await team.database.read(lambda reader: reader.value("SELECT 1"))

    worker = Worker()
    worker.service = Service("worker", run, per_team=True)
    async with running(settings, clock, worker):
        pass
    assert found == [False]


async def test_one_that_returns_is_over(settings: Settings, clock: MovedClock) -> None:
    worker = Worker()
    worker.returns = True
    async with running(settings, clock, worker) as server:
        await later(server, clock, 3600)
        assert (the_one(server).state, the_one(server).restarts) == ("stopped", 0)
        assert not await server.services.problems()
    assert worker.told.count("began server") == 1


async def test_one_that_refuses_to_end_is_given_up_and_named(
    settings: Settings, clock: MovedClock, caplog: pytest.LogCaptureFixture
) -> None:
    gate = asyncio.Event()

    async def run(server: Server) -> None:
        while not gate.is_set():
            with contextlib.suppress(asyncio.CancelledError):
                await gate.wait()

    worker = Worker()
    worker.service = Service("stubborn", run, stop_seconds=0.1)
    async with running(settings, clock, worker) as server:
        supervised = the_one(server)
    assert "the service stubborn, of the plugin plugin, is given up: it did not end within 0.1 s" in caplog.text
    assert supervised.state == "failed"
    assert worker.told[-1] == "closed default"
    gate.set()


async def test_its_lines_in_the_log_bear_no_id_of_the_call_that_opened_its_team(
    settings: Settings, clock: MovedClock
) -> None:
    seen: list[str | None] = []

    async def run(team: Team) -> None:
        seen.append(request_id.get())

    worker = Worker()
    worker.service = Service("worker", run, per_team=True)
    async with running(settings, clock, worker) as server:
        request_id.set("a-call")
        await server.create_team("other")
        await asyncio.sleep(0)
    assert len(seen) == 2
    assert "a-call" not in seen


# -- failing --------------------------------------------------------------------------------------------------------


async def test_one_that_fails_is_started_again_later_and_later(settings: Settings, clock: MovedClock) -> None:
    worker = Worker()
    worker.error = RuntimeError("no luck")
    async with running(settings, clock, worker) as server:
        service = the_one(server)
        waits = []
        for _ in range(12):
            assert service.next_start is not None
            wait = (service.next_start - clock.now()) / 1000
            waits.append(wait)
            await later(server, clock, wait - 0.001)
            before = service.restarts
            await later(server, clock, 1)
            assert service.restarts == before + 1
        assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]
        worker.error = None
        await later(server, clock, 300)
        assert (service.state, service.next_start) == ("running", None)
        assert service.error == "RuntimeError: no luck"


async def test_one_that_keeps_failing_degrades_health_until_it_has_run_well(
    settings: Settings, clock: MovedClock
) -> None:
    worker = Worker(per_team=True)
    worker.error = RuntimeError("no luck")
    async with running(settings, clock, worker) as server:
        service = the_one(server)
        states = [service.state]
        for wait in (1, 2):
            assert not await server.services.problems()
            await later(server, clock, wait)
            states.append(service.state)
        assert states == ["waiting", "waiting", "failed"]
        [problem] = await server.services.problems()
        assert (problem.part, problem.team) == ("services", "default")
        assert problem.text == "The service worker of team default keeps failing: RuntimeError: no luck"
        worker.error = None
        await later(server, clock, 4)
        assert service.state == "running"
        assert await server.services.problems()
        clock.advance(seconds=WELL / 1000)
        assert not await server.services.problems()
        assert server.services.facts() == {"worker": {"running": 1, "restarts": 3}}


async def test_what_fails_after_having_run_well_begins_with_a_short_wait(settings: Settings, clock: MovedClock) -> None:
    gate = asyncio.Event()

    async def run(server: Server) -> None:
        await gate.wait()
        gate.clear()
        raise RuntimeError("no luck")

    worker = Worker()
    worker.service = Service("worker", run)
    async with running(settings, clock, worker) as server:
        service = the_one(server)
        waits = []
        for spent in (0, 0, WELL / 1000, 0):
            clock.advance(seconds=spent)
            gate.set()
            for _ in range(3):
                await asyncio.sleep(0)
            assert service.next_start is not None
            wait = (service.next_start - clock.now()) / 1000
            waits.append(wait)
            await later(server, clock, wait)
        assert waits == [1, 2, 1, 2]


async def test_one_that_is_cancelled_by_what_it_uses_is_started_again(settings: Settings, clock: MovedClock) -> None:
    worker = Worker()
    worker.error = asyncio.CancelledError()  # type: ignore[assignment]
    async with running(settings, clock, worker) as server:
        assert the_one(server).state == "waiting"
        worker.error = None
        await later(server, clock, 1)
        assert the_one(server).state == "running"


async def test_one_that_waits_is_not_started_again_once_the_server_stops(settings: Settings, clock: MovedClock) -> None:
    worker = Worker()
    worker.error = RuntimeError("no luck")
    async with running(settings, clock, worker) as server:
        await server.begin_stop()
        await later(server, clock, 10)
        assert the_one(server).state == "stopped"
    assert worker.told.count("began server") == 1


# -- what is no service ---------------------------------------------------------------------------------------------


class Contributes:
    """Brings something else."""

    def __init__(self, services: list[Any]) -> None:
        self.services = services

    @hookimpl
    def register_services(self) -> list[Any]:
        return self.services


async def nothing(server: Server) -> None:
    pass


@pytest.mark.parametrize("services", [[5], [Service("twice", nothing), Service("twice", nothing)]])
def test_a_plugin_with_a_bad_service_is_switched_off(tmp_path: Path, services: list[Any]) -> None:
    app = create_app(Settings(home=tmp_path), MovedClock(), {"plugin": Contributes(services)})
    assert app.server.plugins.plugins["plugin"].state == "failed"


class Odd(BaseException):
    """What no `except Exception` takes."""


@pytest.mark.parametrize("error", [SystemExit(3), Odd("odd")])
async def test_a_service_that_wants_to_end_the_process_is_started_again(
    settings: Settings, clock: MovedClock, error: BaseException
) -> None:
    async def run(_: Server) -> None:
        raise error

    worker = Worker()
    worker.service = Service("worker", run)
    async with running(settings, clock, worker) as server:
        await asyncio.sleep(0)
        found = the_one(server)
        assert (found.state, type(error).__name__ in str(found.error)) == ("waiting", True)
