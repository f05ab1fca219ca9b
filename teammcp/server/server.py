"""`Server`: what one process serves, and what plugins and surfaces use of it."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from ..clock import Clock, SystemClock
from ..config import Settings
from ..plugins import PluginManager
from ..secrets import SecretKeys
from ..storage import open_databases
from . import timeouts
from .background import Background
from .event_kinds import collect_event_kinds
from .health import Health
from .identity import Identity
from .jobs import Jobs
from .limits import Limits
from .schema import collect_migrations
from .services import Services
from .state import State
from .team import Team
from .teams import Teams
from .timekeeping import Timekeeper

if TYPE_CHECKING:
    from ..registry import Registry


class Server:
    """The teams, plugins and operations of one process. Open it, use it, close it.

    Args:
        settings: those of the server.
        plugins: loaded plugins.
        registry: the operations of all features and plugins.
        clock: for tests; the machine's clock otherwise.
        durable: see `open_databases`.

    Attributes:
        clock: the server's time, in milliseconds.
        databases: where the teams' data are.
        limits: how often it may be called.
        teams: those that are open, by name.
        identity: whose key it is.
        state: what features and plugins keep in memory for all teams.
        health: how the server is.
        time: follows the machine's clock when that is set.
        jobs: its periodic work.
        services: work that lasts as long as it, or as a team is open.
    """

    def __init__(
        self,
        settings: Settings,
        plugins: PluginManager,
        registry: Registry,
        clock: Clock | None = None,
        durable: bool = True,
    ) -> None:
        self.settings = settings
        self.plugins = plugins
        self.registry = registry
        self.clock = clock or SystemClock()
        self.databases = open_databases(settings.home, durable=durable)
        self.limits = Limits(self.clock, settings)
        self.teams = Teams(self, collect_migrations(plugins, self.databases))
        self.event_kinds = collect_event_kinds(plugins)
        self.identity = Identity(self, self.teams)
        self.health = Health(self)
        self.secret_keys = SecretKeys(settings)
        self.time = Timekeeper(self)
        self.health.add(self.time)
        self.jobs = Jobs(self, self.time.look)
        self.services = Services(self)
        for part in (self.jobs, self.services):
            self.health.add(part)
        self.state = State()
        self._background = Background()
        self._is_stopping = False

    async def open(self) -> None:
        """Lock the data, open every team, tell the plugins.

        Raises:
            StartError: another server uses the data, or a database is newer than this program.
        """
        self._is_stopping = False
        self.databases.lock()
        try:
            self.identity.read_admin_key()
            await self.teams.open_all()
            await self.time.begin()
            await self.plugins.announce("startup", timeouts.START, server=self)
            self.services.start()
        except BaseException:
            await self.close()
            raise

    async def begin_stop(self) -> None:
        """End the services, and have the plugins end what they keep open, before connections are waited for."""
        if self._is_stopping:
            return
        self._is_stopping = True
        await self.services.stop()
        if self.teams:
            await self.plugins.announce("stopping", timeouts.STOP, server=self)

    async def close(self) -> None:
        """Tell the plugins, end streams, finish accepted writes, unlock the data."""
        await self.begin_stop()
        if self.teams:
            await self.plugins.announce("shutdown", timeouts.STOP, server=self)
        self.end_streams()
        await self.teams.leave_all()
        await self._background.stop(timeouts.STOP)  # it may still write to teams
        await self.teams.close_all()
        self.databases.unlock()

    # -- what plugins and surfaces use ---------------------------------------------------------------------------------

    def team(self, name: str) -> Team:
        """The open team of that name.

        Raises:
            NotFound: there is none.
        """
        return self.teams.team(name)

    async def create_team(self, name: str, *, reserved: bool = False) -> Team:
        """Make a new, empty team; see `Teams.create`."""
        return await self.teams.create(name, reserved=reserved)

    async def delete_team(self, name: str) -> None:
        """Close a team and delete all its data, for good; see `Teams.delete`."""
        await self.teams.delete(name)

    def end_streams(self) -> None:
        """End all live streams of all teams, so that a stop need not wait for their readers."""
        self.teams.end_streams()

    def background(self, work: Coroutine[Any, Any, None]) -> None:
        """Run ``work`` beside the requests; the server waits for it when it stops. Errors are logged.

        Work on one team's data belongs to `Team.background`: it ends before that team is closed.
        """
        self._background.run(work)

    async def settle(self) -> None:
        """Wait until the background work of now is done, of the server and of its teams; for tests."""
        while busy := [each for each in (self._background, *(team.work for team in self.teams.values())) if each]:
            for each in busy:
                await each.settle()

    async def run_jobs(self) -> None:
        """Do what is due by the clock, once each, and wait until it and its background work are done; for tests.

        Raises:
            ExceptionGroup: what jobs have failed with.
        """
        await self.jobs.run_due()
        await self.settle()
