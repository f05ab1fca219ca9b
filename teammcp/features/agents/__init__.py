"""Members of a team: their profiles, keys, access levels and presence."""

from __future__ import annotations

from typing import Any

from ...directory import SYSTEM, Access, Agent
from ...hookspecs import hookimpl
from ...storage import Migration, Transaction, load_migrations
from ...team import Server, Team
from ...web import Page
from . import operations, pages, queries

EVENT_KINDS = {
    "agent.registered": "a member was registered",
    "agent.updated": "a profile or access level was changed",
    "agent.key_rotated": "a member's key was replaced",
    "agent.retired": "a member was retired",
    "agent.online": "a member came online",
    "agent.offline": "a member went away",
    "agent.login_failed": "somebody came with a key that is not valid",
}


@hookimpl
def register_operations() -> list[Any]:
    return [
        operations.register_agent,
        operations.get_me,
        operations.get_agents,
        operations.get_agent_profile,
        operations.update_agent_profile,
        operations.retire_agent,
        operations.rotate_key,
        operations.heartbeat,
    ]


@hookimpl
def register_migrations() -> list[Migration]:
    return load_migrations("agents", __name__)


@hookimpl
def register_pages() -> list[Page]:
    return pages.PAGES


@hookimpl
def register_event_kinds() -> dict[str, str]:
    return EVENT_KINDS


@hookimpl
def authenticate(team: Team, key_hash: str) -> Agent | None:
    return team.directory.by_key(key_hash)


@hookimpl
async def team_opened(team: Team) -> None:
    for row in await team.database.read(queries.all_agents):
        agent = Agent(row["name"], row["kind"], row["role"], Access(row["access"]), row["retired_at"] is not None)
        team.directory.put_agent(agent, row["key_hash"])
    for name in await team.database.read(queries.still_online):  # the server ended without saying good-bye
        await _note_presence(team, name, online=False)


@hookimpl
async def agent_online(team: Team, agent: str) -> None:
    await _note_presence(team, agent, online=True)


@hookimpl
async def agent_offline(team: Team, agent: str) -> None:
    await _note_presence(team, agent, online=False)


@hookimpl
async def shutdown(server: Server) -> None:
    for team in server.teams.values():
        for name in await team.database.read(queries.still_online):
            await _note_presence(team, name, online=False)


@hookimpl
async def login_failed(team: Team, address: str, surface: str) -> None:
    """Like presence, it is observed, not done by anybody. It is for those who look after the team."""
    managers = [agent.name for agent in team.directory.agents.values() if agent.access >= Access.manager]

    def work(tx: Transaction) -> None:
        team.log.append(tx, "agent.login_failed", actor=SYSTEM.name, subject=address, agents=managers, surface=surface)

    await team.database.write(work)


async def _note_presence(team: Team, name: str, *, online: bool) -> None:
    """Presence is observed, not done by anybody: it has no operation, and only changes are written."""

    def work(tx: Transaction) -> None:
        if queries.set_presence(tx, name, online, team.server.clock.now()):
            kind = "agent.online" if online else "agent.offline"
            team.log.append(tx, kind, actor=SYSTEM.name, subject=name)

    await team.database.write(work)
