"""What channels contributes: its hook implementations."""

from __future__ import annotations

from typing import Any

from ...events import EventData
from ...plugins.markers import hookimpl
from ...server import Team
from ...storage import Migration, load_migrations
from ...web import Page
from . import mirror, operations
from .events import EVENT_KINDS
from .pages import PAGES


@hookimpl
def register_operations() -> list[Any]:
    return [
        operations.get_channels,
        operations.create_channel,
        operations.get_channel_members,
        operations.join_channel,
        operations.leave_channel,
        operations.add_channel_member,
        operations.remove_channel_member,
        operations.update_channel,
        operations.archive_channel,
        operations.open_dm,
    ]


@hookimpl
def register_migrations() -> list[Migration]:
    return load_migrations("channels", __package__)


@hookimpl
def register_pages() -> list[Page]:
    return PAGES


@hookimpl
def register_event_kinds() -> tuple[type[EventData], ...]:
    return EVENT_KINDS


@hookimpl
async def team_opened(team: Team) -> None:
    await mirror.load(team)
