"""The teams that are open in this process, and how one is opened, made, closed and deleted."""

from __future__ import annotations

import asyncio
from collections.abc import ItemsView, Iterator, Mapping, ValuesView

from ..errors import Conflict, InvalidInput, NotFound, StartError, Unavailable
from ..events.log import open_hub
from ..keys import TEAM_NAME
from ..storage import Migration
from . import timeouts
from .team import Host, Team

DEFAULT_TEAM = "default"


class Teams(Mapping[str, Team]):
    """The open teams of a server, by name. Changed in the event loop only.

    A walk over them goes over those that were open when it began, whichever are opened and closed meanwhile, and may
    do so in any thread.

    Args:
        server: whose teams they are.
        migrations: the steps that every database goes through before it is used.
    """

    def __init__(self, server: Host, migrations: tuple[Migration, ...]) -> None:
        self.migrations = migrations
        self._server = server
        self._open: dict[str, Team] = {}  # never changed, but replaced
        self._resting: dict[str, bool] = {}
        self._changing = asyncio.Lock()

    def __getitem__(self, name: str) -> Team:
        return self._open[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._open)

    def __len__(self) -> int:
        return len(self._open)

    def values(self) -> ValuesView[Team]:
        """The teams themselves."""
        return self._open.values()

    def items(self) -> ItemsView[str, Team]:
        """The teams with their names."""
        return self._open.items()

    def team(self, name: str) -> Team:
        """The open team of that name.

        Raises:
            NotFound: there is none. Unavailable: it is closed for a moment.
        """
        team = self._open.get(name)
        if team is None:
            self.check_awake(name)
            raise NotFound(f"There is no team called '{name}'.", code="team_not_found")
        return team

    def check_awake(self, name: str) -> None:
        """Make sure that a team which is not open is not there, rather than closed for a moment.

        Raises:
            Unavailable: it is closed.
        """
        if name in self._resting:
            raise Unavailable(f"The team '{name}' is closed at this moment. Try again in a moment.")

    async def open_all(self) -> None:
        """Open every team that there is; the team ``default`` is made if there is none.

        Raises:
            StartError: one cannot be opened.
        """
        names = self._server.databases.names() or [DEFAULT_TEAM]
        for name in names:
            await self._start(name, reserved=names != [DEFAULT_TEAM])

    async def create(self, name: str, *, reserved: bool = False) -> Team:
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
        async with self._changing:
            if name in self._open or name in self._resting:
                raise Conflict(f"There is a team called '{name}' already.", code="name_taken")
            self._server.databases.check_new(name)
            return await self._start(name, reserved)

    async def delete(self, name: str) -> None:
        """Close a team and delete all its data, for good.

        Raises:
            NotFound: there is no such team.
        """
        async with self._changing:
            await self._stop(self.team(name))
            await self._server.databases.delete(name)

    async def close(self, name: str) -> None:
        """Close a team, whose data stay; until it is opened again, those who call are asked to try again.

        Raises:
            NotFound: there is no such team.
        """
        async with self._changing:
            team = self.team(name)
            self._resting[name] = team.reserved
            await self._stop(team)

    async def reopen(self, name: str) -> Team:
        """Open a team that was closed. What begins anew is listed in docs/plugins/memory.md; all else is as it was.

        Raises:
            NotFound: there is no closed team of that name.
            StartError: it cannot be opened; it stays closed.
        """
        async with self._changing:
            if name not in self._resting:
                raise NotFound(f"There is no closed team called '{name}'.", code="team_not_found")
            team = await self._start(name, self._resting[name])
            del self._resting[name]
            return team

    async def leave_all(self) -> None:
        """End the streams of every team, and tell the plugins that it is about to be closed."""
        await asyncio.gather(*(team.leave() for team in self.values()))

    async def close_all(self) -> None:
        """Close every team."""
        async with self._changing:
            await asyncio.gather(*(team.close() for team in self.values()))
            self._open, self._resting = {}, {}

    def end_streams(self) -> None:
        """End all live streams of all teams, so that a stop need not wait for their readers."""
        for team in self.values():
            team.hub.close()

    async def _start(self, name: str, reserved: bool) -> Team:
        server = self._server
        database = await server.databases.open(name, self.migrations)
        try:
            hub = await open_hub(database, server.settings.ring_size)
        except BaseException:
            await database.close()
            raise
        team = Team(server, name, database, hub, reserved)
        self._open = {**self._open, name: team}
        before = server.plugins.faults_of_features()
        await server.plugins.announce("team_opened", timeouts.START, wait_for_features=True, team=team)
        if server.plugins.faults_of_features() > before:  # without its members and channels a team is nobody's
            await self._stop(team)
            raise StartError(f"The team '{name}' could not be loaded from {database.place}; the log above says why.")
        server.services.team_opened(team)
        return team

    async def _stop(self, team: Team) -> None:
        self._open = {name: other for name, other in self._open.items() if other is not team}
        await team.close()
