"""What agents contributes: its hook implementations."""

from __future__ import annotations

from typing import Any

from ...events import EventData
from ...members.directory import Agent
from ...members.presence import MemberStatus, Reason
from ...plugins.markers import hookimpl
from ...server import Server, Team
from ...storage import Migration, load_migrations
from ...web import Page
from . import mirror
from .events import EVENT_KINDS, AgentOffline, AgentOnline, AgentStatus
from .operations import heartbeats, members
from .pages import PAGES
from .sightings import note_failed_login, note_presence, say_good_bye


@hookimpl
def register_operations() -> list[Any]:
    return [
        members.register_agent,
        members.get_me,
        members.get_agents,
        members.get_agent_profile,
        members.update_agent_profile,
        members.retire_agent,
        members.rotate_key,
        heartbeats.heartbeat,
    ]


@hookimpl
def register_migrations() -> list[Migration]:
    return load_migrations("agents", __package__)


@hookimpl
def register_pages() -> list[Page]:
    return PAGES


@hookimpl
def register_event_kinds() -> tuple[type[EventData], ...]:
    return EVENT_KINDS


@hookimpl
def authenticate(team: Team, key_hash: str) -> Agent | None:
    return team.directory.by_key(key_hash)


@hookimpl
async def team_opened(team: Team) -> None:
    await mirror.load(team)
    await say_good_bye(team, Reason("the server ended unexpectedly"))


@hookimpl
async def status_changed(team: Team, agent: str, before: MemberStatus, after: MemberStatus) -> None:
    kind = AgentStatus if before.here == after.here else AgentOnline if after.here else AgentOffline
    await note_presence(team, agent, kind, after)


@hookimpl
async def shutdown(server: Server) -> None:
    for team in server.teams.values():
        await say_good_bye(team, Reason("the server was stopped"))


@hookimpl
async def team_closed(team: Team) -> None:
    await say_good_bye(team, Reason("the team was closed for a moment"))


@hookimpl
async def login_failed(team: Team, address: str, surface: str) -> None:
    await note_failed_login(team, address, surface)
