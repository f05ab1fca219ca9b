"""`Team`: one team's database, event log, live hub, members, presence, and what plugins keep of it in memory."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping
from typing import Any, Protocol

from ..clock import Clock
from ..config import Settings
from ..events.hub import Hub
from ..events.kinds import EventKinds
from ..events.log import EventLog
from ..members.directory import Directory
from ..members.presence import MemberStatus, Presence, PresenceTimeouts
from ..members.readers import Signs
from ..plugins import PluginManager
from ..registry import Registry
from ..secrets import SecretKeys
from ..storage import Database, Databases
from . import timeouts
from .background import Background
from .limits import Limits
from .state import State


class TeamServices(Protocol):
    """The services of teams, as those begin and end them that open and close a team."""

    def team_opened(self, team: Team) -> None:
        """Start them."""

    async def team_closes(self, team: Team) -> None:
        """End them."""


class Host(Protocol):
    """The `Server`, as its own parts use it: they are below it, and know no more of it than this."""

    @property
    def settings(self) -> Settings: ...
    @property
    def plugins(self) -> PluginManager: ...
    @property
    def registry(self) -> Registry: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def event_kinds(self) -> EventKinds: ...
    @property
    def databases(self) -> Databases: ...
    @property
    def secret_keys(self) -> SecretKeys: ...
    @property
    def limits(self) -> Limits: ...
    @property
    def state(self) -> State: ...
    @property
    def teams(self) -> Mapping[str, Team]: ...
    @property
    def services(self) -> TeamServices: ...

    def background(self, work: Coroutine[Any, Any, None]) -> None:
        """See `Server.background`."""


class Team:
    """Everything of one team. Teams share nothing, so no query can reach from one into another."""

    def __init__(self, server: Host, name: str, database: Database, hub: Hub, reserved: bool) -> None:
        self.server = server
        self.name = name
        self.database = database
        self.hub = hub
        self.log = EventLog(server.clock, hub, server.event_kinds)
        self.directory = Directory()
        self.signs = Signs()
        patience = PresenceTimeouts(server.settings.presence_timeout, server.settings.away_timeout)
        self.presence = Presence(
            server.clock,
            patience,
            self._is_person,
            self._status_changed,
            server.settings.member_streams,
            self._reach_changed,
        )
        self.folder = server.databases.folder(name)
        """For what plugins keep of this team in files, on this machine."""
        self.files = server.databases.files(name)
        """The bytes of the team's files."""
        self.state = State()
        """What features and plugins keep of this team in memory."""
        self.work = Background()
        self.reserved = reserved
        """Whether its first member needs the admin's word. Without it whoever asks first would be the owner of a team
        that somebody else has made; only on a fresh server being on its machine is enough."""
        self.opened_at = server.clock.now()
        """Since when members could call without a break: since this process opened the team, stood still, or followed a
        jump of the clock."""
        self._left = False

    def background(self, work: Coroutine[Any, Any, None]) -> None:
        """Run ``work`` on this team beside the requests; it comes to its end before the team is closed.

        Errors are logged.
        """
        self.work.run(work)

    def notify(self, hook: str, **arguments: Any) -> None:
        """Call a notify hook about this team in the background, each plugin by itself."""
        for notification in self.server.plugins.notifications(hook, **arguments):
            self.background(notification)

    def moved(self, by: int) -> None:
        """The server's time has followed a clock that was set forward by so many milliseconds."""
        self.presence.moved(by)
        self.hear_anew()

    def hear_anew(self) -> None:
        """Nobody could be heard until now, so no silence before counts against anybody."""
        self.opened_at = self.server.clock.now()
        self.presence.hear_anew()

    def _is_person(self, name: str) -> bool:
        agent = self.directory.agents.get(name)
        return agent is not None and agent.kind == "human"

    def _status_changed(self, agent: str, before: MemberStatus, after: MemberStatus) -> None:
        self.notify("status_changed", team=self, agent=agent, before=before, after=after)
        if before.here != after.here:
            self.notify("agent_online" if after.here else "agent_offline", team=self, agent=agent)

    def _reach_changed(self, agent: str, reachable: bool) -> None:
        self.notify("reach_changed", team=self, agent=agent, reachable=reachable)

    async def leave(self) -> None:
        """End services and live streams, and tell the plugins that the team is about to be closed. Once is enough."""
        if self._left:
            return
        self._left = True
        await self.server.services.team_closes(self)
        self.hub.close()
        await self.server.plugins.announce("team_closed", timeouts.STOP, team=self)

    async def close(self) -> None:
        """Leave, finish background work and accepted writes, close the database."""
        await self.leave()
        await self.work.stop(timeouts.STOP)
        self.hub.close()
        await self.database.close()
