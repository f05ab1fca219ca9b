"""Services: work that lasts as long as the server, or as a team is open."""

from __future__ import annotations

import asyncio
import contextvars
import logging
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from ..clock import Clock
from .health import Problem
from .team import Host, Team

Run = Callable[[Any], Awaitable[None]]
"""Takes the `Server`, or a `Team`."""

State = Literal["running", "waiting", "failed", "stopped"]

FIRST_WAIT, LONGEST_WAIT = 1_000, 300_000
"""Milliseconds until a service that has failed is started again: at first, doubled each time, and at most."""
WELL = 60_000
"""Milliseconds of running after which what was before no longer counts."""
KEEPS_FAILING = 3
"""Times in a row that a service fails before it counts as one that keeps failing."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Service:
    """Work that lasts. Contribute it with the hook ``register_services``.

    When the server stops, or the team is closed, ``run`` is cancelled: let it clean up in ``finally``. When it raises,
    it is started again, after a second, then two, four, at most five minutes. When it returns, it is over.

    Attributes:
        name: unlike that of any other service; put your plugin's name before it: ``polls.listener``.
        run: an async function of the server, or of a team.
        per_team: run once for each team that is open.
        stop_seconds: how long it gets to end once it is cancelled.
    """

    name: str
    run: Run
    per_team: bool = False
    stop_seconds: float = 5.0


class Supervised:
    """One service, of the server or of one team, and what has become of it.

    Attributes:
        restarts: how often it was started again.
        error: what it has failed with last.
        failed_at: when that was, UTC milliseconds.
    """

    def __init__(self, service: Service, plugin: str, subject: Any, team: str | None, clock: Clock) -> None:
        self.service = service
        self.plugin = plugin
        self.team = team
        self.restarts = 0
        self.error: str | None = None
        self.failed_at: int | None = None
        self._subject = subject
        self._clock = clock
        self._task: asyncio.Task[None] | None = None
        self._ending = False
        self._refused = False
        self._began = 0
        self._failures = 0
        self._wait_until: int | None = None

    def __str__(self) -> str:
        where = "" if self.team is None else f" of team {self.team}"
        return f"the service {self.service.name}{where}"

    @property
    def state(self) -> State:
        """``waiting`` to be started again; ``failed`` if that has been so for long, or if it would not end."""
        if self._refused:
            return "failed"
        if self._is_running:
            return "running"
        if self._wait_until is None:
            return "stopped"
        return "failed" if self.keeps_failing else "waiting"

    @property
    def keeps_failing(self) -> bool:
        """Whether it has failed several times and has not run well since."""
        return self._failures >= KEEPS_FAILING and not (self._is_running and self._has_run_well)

    @property
    def next_start(self) -> int | None:
        """When it is started again, UTC milliseconds."""
        if self._wait_until is None:
            return None
        return self._clock.now() + max(self._wait_until - self._clock.steady(), 0)

    @property
    def _is_running(self) -> bool:
        return self._task is not None and not self._task.done()

    @property
    def _has_run_well(self) -> bool:
        return self._clock.steady() - self._began >= WELL

    def start(self) -> None:
        """Begin its work."""
        self._wait_until = None
        self._began = self._clock.steady()
        # Not in the context of whatever call has opened the team: its log lines would bear that call's id for ever.
        self._task = asyncio.create_task(self._work(), context=contextvars.Context())

    def look(self) -> None:
        """Start it again if it is time to."""
        if self._wait_until is not None and self._wait_until <= self._clock.steady():
            self.restarts += 1
            self.start()

    async def _work(self) -> None:
        try:
            await self.service.run(self._subject)
        except asyncio.CancelledError:
            if self._ending:
                raise
            self._failed(asyncio.CancelledError("something that it uses has cancelled it"))
        except (KeyboardInterrupt, GeneratorExit):
            raise
        except BaseException as error:  # a SystemExit would end the server
            if self._ending:
                log.exception("%s has failed while it was being ended", self)
            else:
                self._failed(error)

    def _failed(self, error: BaseException) -> None:
        if self._has_run_well:
            self._failures = 0
        wait = min(FIRST_WAIT * 2 ** min(self._failures, 20), LONGEST_WAIT)
        self._failures += 1
        self.error, self.failed_at = f"{type(error).__name__}: {error}", self._clock.now()
        self._wait_until = self._clock.steady() + wait
        log.error("%s has failed and is started again in %d s", self, wait // 1000, exc_info=error)

    async def end(self) -> None:
        """Cancel it and wait until it has ended, unless it refuses to."""
        self._ending, self._wait_until = True, None
        if self._task is None or self._task.done():
            return
        self._task.cancel()
        done, _ = await asyncio.wait([self._task], timeout=self.service.stop_seconds)
        if not done:
            self._refused = True
            self.error = f"it did not end within {self.service.stop_seconds:g} s"
            self.failed_at = self._clock.now()
            log.error("%s, of the plugin %s, is given up: %s", self, self.plugin, self.error)


class Services:
    """All services of a server."""

    name = "services"

    def __init__(self, server: Host) -> None:
        self._server = server
        self._known: list[tuple[str, Service]] = []
        self._supervised: list[Supervised] = []
        self._running = False

    def collect(self) -> None:
        """Gather the services of all plugins. A plugin that contributes a bad one is switched off."""
        plugins = self._server.plugins
        for plugin, services in plugins.collect("register_services"):
            try:
                self._known += [(plugin, service) for service in self._checked(services)]
            except (TypeError, ValueError):
                plugins.fail(plugin)

    def _checked(self, services: Iterable[Service]) -> list[Service]:
        seen = {service.name for _, service in self._known}
        for service in services:
            if not isinstance(service, Service):
                raise TypeError(f"register_services: {service!r} is no Service")
            if service.name in seen:
                raise ValueError(f"register_services: there is a service called {service.name!r} already")
            seen.add(service.name)
        return list(services)

    # -- life ----------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the services of the server and of the teams that are open."""
        self._running = True
        for plugin, service in self._active():
            if not service.per_team:
                self._start(plugin, service, self._server, None)
        for team in self._server.teams.values():
            self.team_opened(team)

    def team_opened(self, team: Team) -> None:
        """Start the services of a team; at the start of the server that comes later."""
        if self._running:
            for plugin, service in self._active():
                if service.per_team:
                    self._start(plugin, service, team, team.name)

    async def team_closes(self, team: Team) -> None:
        """End the services of a team."""
        ending = [each for each in self._supervised if each.team == team.name]
        await asyncio.gather(*(each.end() for each in ending))
        self._supervised = [each for each in self._supervised if each not in ending]

    async def stop(self) -> None:
        """End all."""
        self._running = False
        await asyncio.gather(*(each.end() for each in self._supervised))

    def look(self) -> None:
        """Start again what has waited for long enough."""
        for each in self._supervised:
            each.look()

    def _start(self, plugin: str, service: Service, subject: Host | Team, team: str | None) -> None:
        supervised = Supervised(service, plugin, subject, team, self._server.clock)
        self._supervised.append(supervised)
        supervised.start()

    def _active(self) -> list[tuple[str, Service]]:
        """Those whose plugin has not been switched off since."""
        plugins = self._server.plugins.plugins
        return [(plugin, service) for plugin, service in self._known if plugins[plugin].state == "active"]

    # -- what became of them -------------------------------------------------------------------------------------------

    def of(self, plugin: str, team: str) -> list[Supervised]:
        """The services of a plugin: the server's, and those of one team."""
        return [each for each in self._supervised if each.plugin == plugin and each.team in {None, team}]

    async def problems(self) -> list[Problem]:
        """Services that keep failing."""
        return [
            Problem(self.name, f"T{str(each)[1:]} keeps failing: {each.error}", team=each.team)
            for each in self._supervised
            if each.keeps_failing
        ]

    def facts(self) -> dict[str, Any]:
        """How many of each service, of all teams, are in which state, and how often they were started again."""
        found: dict[str, Counter[str]] = defaultdict(Counter)
        for each in self._supervised:
            found[each.service.name].update({each.state: 1, "restarts": each.restarts})
        return {name: dict(counted) for name, counted in sorted(found.items())}
