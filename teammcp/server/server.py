"""`Server`: all teams of a process."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import logging
import shutil
import sqlite3
from collections.abc import Coroutine, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from ..clock import Clock, SystemClock
from ..config import Settings
from ..errors import Conflict, InvalidInput, NotFound, RateLimited, StartError, StorageFull, Unauthorized
from ..events.log import open_hub
from ..http.callers import bucket
from ..keys import TEAM_NAME, hash_key, new_admin_key, team_of, write_private
from ..logs.access import note_wrong
from ..members.directory import Agent
from ..plugins import PluginManager
from ..storage import Migration, SqliteDatabase, load_migrations
from ..storage.failures import failure_of
from ..storage.migrations import blank, prepare, try_out
from .health import Health
from .jobs import Jobs
from .limits import AddressLimit, RateLimit
from .services import Services
from .team import Team
from .team_folders import TeamFolders
from .timekeeping import Timekeeper

if TYPE_CHECKING:
    from ..registry import Registry

DEFAULT_TEAM = "default"
PATIENCE = 5.0
"""Seconds that each plugin gets at a stop; one that hangs must not keep the server from stopping."""
START_PATIENCE = 10.0
"""Seconds that each plugin gets at a start, and when a team is opened: nobody is answered before."""

log = logging.getLogger(__name__)


class Server:
    """The teams, plugins and operations of one process. Open it, use it, close it.

    Args:
        settings: see `teammcp.config`.
        plugins: loaded plugins.
        registry: the operations of all features and plugins.
        clock: for tests; the machine's clock otherwise.
        durable: see `SqliteDatabase.open`.
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
        self.teams: dict[str, Team] = {}
        self.health = Health(self)
        self.new_admin_key: str | None = None
        """The administrator's key, if this start has made it: to be shown once."""
        self.agent_limit = RateLimit(self.clock, settings.agent_rate, settings.agent_burst, "calls by this agent")
        self.address_limit = AddressLimit(
            self.clock, settings.address_rate, settings.address_burst, "calls without a valid key from this address"
        )
        self.register_limit = AddressLimit(
            self.clock,
            settings.register_rate / 60,
            settings.register_rate,
            "registrations or failed logins from this address",
        )
        self._failure_limit = RateLimit(self.clock, 1 / 60, 1, "failed logins")
        self._durable = durable
        self._folders = TeamFolders(settings.home)
        self._lock = FileLock(settings.home / "server.lock")
        self._migrations = self._collect_migrations()
        self.time = Timekeeper(self)
        self.health.add(self.time)
        self.jobs = Jobs(self)
        self.services = Services(self)
        self._is_stopping = False
        self._changing_teams = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()

    # -- start and stop ------------------------------------------------------------------------------------------------

    async def open(self) -> None:
        """Lock the data folder, open every team (the team ``default`` is made if there is none), tell the plugins.

        Raises:
            StartError: another server uses the folder, or a database is newer than this program.
        """
        home = self.settings.home
        self._is_stopping = False
        self._prepare_home(home)
        try:
            names = self._look_into(home) or [DEFAULT_TEAM]
            for name in names:
                await self._open_team(name, reserved=names != [DEFAULT_TEAM])
            await self.time.begin()
            await self.plugins.announce("startup", START_PATIENCE, server=self)
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
            await self.plugins.announce("stopping", PATIENCE, server=self)

    async def close(self) -> None:
        """Tell the plugins, end streams, finish accepted writes, unlock the data folder."""
        await self.begin_stop()
        if self.teams:
            await self.plugins.announce("shutdown", PATIENCE, server=self)
        self.end_streams()
        await asyncio.gather(*(self._leave(team) for team in self.teams.values()))
        await self._end_background_work()
        for team in self.teams.values():
            await team.close()
        self.teams.clear()
        self._lock.release()

    def end_streams(self) -> None:
        """End all live streams of all teams, so that a stop need not wait for their readers."""
        for team in self.teams.values():
            team.hub.close()

    def _prepare_home(self, home: Path) -> None:
        try:
            self._folders.prepare()
            self._lock.acquire(timeout=0)
        except Timeout:
            raise StartError(
                f"Another TeamMCP server is using {home}. Stop it, or set TEAMMCP_HOME to another folder."
            ) from None
        except OSError as error:
            raise StartError(f"The data folder {home} cannot be used: {_reason(error)}. Set TEAMMCP_HOME.") from error

    def _look_into(self, home: Path) -> list[str]:
        """Read the administrator's key and the names of the teams."""
        try:
            self._read_admin_key(home / "admin-key.sha256")
            return self._folders.names()
        except OSError as error:
            raise StartError(f"The data folder {home} cannot be used: {_reason(error)}.") from error

    def _collect_migrations(self) -> tuple[Migration, ...]:
        """The steps of the core and of all plugins, but for plugins whose steps fail, also on what a team holds."""
        core = (*load_migrations("events", "teammcp.events"), *load_migrations("operations", "teammcp.operations"))
        parts: list[tuple[str, Sequence[Migration]]] = [("", core)]
        contributed = self.plugins.collect("register_migrations")
        with contextlib.suppress(Exception):  # who fails is found out below
            blank((*core, *(step for _, steps in contributed for step in steps)))
            return self._tried_out([*parts, *contributed])
        for name, steps in contributed:
            try:
                blank((*(step for _, each in parts for step in each), *steps))
            except Exception:  # noqa: BLE001 - logged, and listed as failed
                self.plugins.fail(name)
                continue
            parts.append((name, steps))
        return self._tried_out(parts)

    def _tried_out(self, parts: list[tuple[str, Sequence[Migration]]]) -> tuple[Migration, ...]:
        """The steps of all plugins that the teams' databases take; the others are switched off, before they take part.

        Whether the core fits is for `open` to say, as is everything about a database that cannot be read.
        """
        failed: dict[str, str] = {}
        for path in self._folders.databases():
            with contextlib.suppress(sqlite3.Error, OSError, Timeout), self._lock.acquire(timeout=0):
                for name, error in try_out(path, [part for part in parts if part[0] not in failed]).items():
                    failed.setdefault(name, f"In the database of team '{path.parent.name}': {error}")
        if all(name and not self.plugins.plugins[name].built_in for name in failed):
            for name, why in failed.items():
                self._switch_off(name, why)
        return tuple(step for name, steps in parts if self._takes_part(name) for step in steps)

    def _takes_part(self, name: str) -> bool:
        return not name or self.plugins.plugins[name].state == "active"

    def _switch_off(self, name: str, why: str) -> None:
        try:
            raise StartError(
                f"{why} Its tables are as they were, and the rest of the server goes on without the plugin. Install "
                f"the version of '{name}' that fits, or mend its step; or name it in disabled_plugins."
            )
        except StartError:
            self.plugins.fail(name)

    # -- teams ---------------------------------------------------------------------------------------------------------

    async def create_team(self, name: str, *, reserved: bool = False) -> Team:
        """Make a new, empty team.

        Args:
            name: its name.
            reserved: see `Team.reserved`.

        Raises:
            InvalidInput: not 1 to 32 lower-case letters, digits and hyphens.
            Conflict: there is one of that name.
        """
        if TEAM_NAME.fullmatch(name) is None:
            wanted = "1 to 32 lower-case letters, digits and hyphens"
            raise InvalidInput.at("name", wanted, detail=f"name: a team's name has {wanted}.")
        async with self._changing_teams:
            if name in self.teams:
                raise Conflict(f"There is a team called '{name}' already.", code="name_taken")
            self._folders.check_new(name)
            return await self._open_team(name, reserved)

    async def delete_team(self, name: str) -> None:
        """Close a team and delete all its data, for good.

        Raises:
            NotFound: there is no such team.
        """
        async with self._changing_teams:
            team = self.team(name)
            del self.teams[name]
            await self._leave(team)
            await team.close()
            self._folders.deleted(name)
            await asyncio.to_thread(shutil.rmtree, team.folder)

    def team(self, name: str) -> Team:
        """The open team of that name.

        Raises:
            NotFound: there is none.
        """
        if name not in self.teams:
            raise NotFound(f"There is no team called '{name}'.", code="team_not_found")
        return self.teams[name]

    async def _open_team(self, name: str, reserved: bool) -> Team:
        path = self._folders.database(name)
        try:
            database = await SqliteDatabase.open(path, partial(prepare, steps=self._migrations), durable=self._durable)
            self._folders.opened(name)
        except (sqlite3.Error, OSError) as error:
            raise StartError(f"The database {path} cannot be opened: {_reason(error, path)}.") from error
        team = Team(self, name, database, await open_hub(database, self.settings.ring_size), reserved)
        self.teams[name] = team
        before = self.plugins.faults_of_features()
        await self.plugins.announce("team_opened", START_PATIENCE, wait_for_features=True, team=team)
        if self.plugins.faults_of_features() > before:  # without its members and channels a team is nobody's
            raise StartError(f"The team '{name}' could not be loaded from {path}; the log above says why.")
        self.services.team_opened(team)
        return team

    async def _leave(self, team: Team) -> None:
        """End a team's services and streams, and tell the plugins that it is about to be closed."""
        await self.services.team_closes(team)
        team.hub.close()
        await self.plugins.announce("team_closed", PATIENCE, team=team)

    # -- identity ------------------------------------------------------------------------------------------------------

    def authenticate(self, key: str) -> tuple[Team, Agent]:
        """The team and agent that a key stands for.

        Raises:
            Unauthorized: it has not the form of a key, or is not (or no longer) valid.
        """
        team = self.teams.get(team_of(key) or "")
        if team is not None:
            agent: Agent | None = self.plugins.first("authenticate", team=team, key_hash=hash_key(key))
            if agent is not None:
                return team, agent
        raise Unauthorized(
            "This key is not valid: it is mistyped, was replaced, or its agent was retired. "
            "An owner of the team can make a new one with rotate_key."
        )

    def login_failed(self, key: str, address: str, surface: str) -> None:
        """Note that a key is not valid. If it names a team, tell the plugins, once a minute for each address."""
        note_wrong("key", address, surface)
        team = self.teams.get(team_of(key) or "")
        if team is None:
            return
        with contextlib.suppress(RateLimited):
            self._failure_limit.take(f"{team.name}/{bucket(address)}")
            self.tell("login_failed", team=team, address=address, surface=surface)

    def is_admin_key(self, key: str) -> bool:
        """Whether ``key`` is the administrator's."""
        return hmac.compare_digest(hash_key(key), self._admin_key_hash)

    def _read_admin_key(self, path: Path) -> None:
        self._admin_key_hash = path.read_text(encoding="ascii").strip() if path.exists() else ""
        if not self._admin_key_hash:  # an empty file is what a power cut may leave of one that was never synced
            self.new_admin_key = new_admin_key()
            self._admin_key_hash = hash_key(self.new_admin_key)
            write_private(path, self._admin_key_hash)

    # -- background work -----------------------------------------------------------------------------------------------

    def background(self, work: Coroutine[Any, Any, None]) -> None:
        """Run ``work`` beside the requests; the server waits for it when it stops. Errors are logged."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def tell(self, hook: str, **arguments: Any) -> None:
        """Call a notify hook in the background, each plugin by itself."""
        for notification in self.plugins.notifications(hook, **arguments):
            self.background(notification)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("background work failed", exc_info=error)

    async def settle(self) -> None:
        """Wait until the background work of now is done; for tests and for a clean stop."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))
            await asyncio.sleep(0)  # for those that were done already: what takes them out has not been called yet

    async def run_jobs(self) -> None:
        """Do what is due by the clock, once each, and wait until it and its background work are done; for tests.

        Raises:
            ExceptionGroup: what jobs have failed with.
        """
        await self.jobs.run_due()
        await self.settle()

    async def _end_background_work(self) -> None:
        """Let it come to its end for a while; then it is broken off."""
        try:
            await asyncio.wait_for(self.settle(), PATIENCE)
        except TimeoutError:
            left = set(self._tasks)
            log.error("gave up waiting for %d pieces of background work after %s s", len(left), PATIENCE)
            for task in left:
                task.cancel()
            await asyncio.wait(left, timeout=PATIENCE)


def _reason(error: Exception, path: Path | None = None) -> str:
    """Why something could not be opened, for the person at the terminal."""
    if isinstance(failure_of(error, path), StorageFull):
        return "the disk is full; free some space"
    said = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return ", ".join([said, *getattr(error, "__notes__", ())])
