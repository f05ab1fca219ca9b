"""What agents contributes: its hook implementations."""

from __future__ import annotations

from typing import Any

from ...members.directory import SYSTEM, Access, Agent
from ...members.presence import MemberStatus, Reason
from ...plugins.hookspecs import hookimpl
from ...server import Server, Team
from ...storage import Migration, Transaction, load_migrations
from ...web import Page
from . import mirror, queries
from .events import EVENT_KINDS
from .operations import heartbeats
from .operations import members as operations
from .pages import members as pages


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
        heartbeats.heartbeat,
    ]


@hookimpl
def register_migrations() -> list[Migration]:
    return load_migrations("agents", __package__)


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
        team.directory.put_agent(mirror.agent_of(row), row["key_hash"])
    team.directory.stored = mirror.stored
    await _say_good_bye(team, Reason("the server ended unexpectedly"))


@hookimpl
async def status_changed(team: Team, agent: str, before: MemberStatus, after: MemberStatus) -> None:
    kind = "agent.status" if before.here == after.here else "agent.online" if after.here else "agent.offline"
    await _note(team, agent, kind, after)


@hookimpl
async def shutdown(server: Server) -> None:
    for team in server.teams.values():
        await _say_good_bye(team, Reason("the server was stopped"))


@hookimpl
async def login_failed(team: Team, address: str, surface: str) -> None:
    """Like presence, it is observed, not done by anybody. It is for those who look after the team."""
    managers = [agent.name for agent in team.directory.agents.values() if agent.access >= Access.manager]

    def work(tx: Transaction) -> None:
        team.log.append(tx, "agent.login_failed", actor=SYSTEM.name, subject=address, agents=managers, surface=surface)

    await team.database.write(work)


async def _say_good_bye(team: Team, reason: Reason) -> None:
    """The server knows nothing of anybody while it does not run."""
    for name in await team.database.read(queries.still_online):
        await _note(team, name, "agent.offline", MemberStatus("away", reason))


async def _note(team: Team, name: str, kind: str, member_status: MemberStatus) -> None:
    """Presence is observed, not done by anybody: it has no operation, and only changes are written."""

    def work(tx: Transaction) -> None:
        queries.set_presence(tx, name, member_status.here, team.presence.last_seen(name))
        data = {"status": member_status.status, "reason": str(member_status.reason)}
        team.log.append(tx, kind, actor=SYSTEM.name, subject=name, data=data)

    await team.database.write(work)
