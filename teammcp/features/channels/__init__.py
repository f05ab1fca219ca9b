"""Channels and their members: groups open to the team, topics for their members, direct messages of two."""

from __future__ import annotations

from typing import Any

from ...members.directory import Channel
from ...plugins.hookspecs import hookimpl
from ...server import Team
from ...storage import Migration, load_migrations
from ...web import Page
from . import operations, pages, queries
from .access import (
    CHANNEL,
    ChannelRef,
    MemberRef,
    OwnRef,
    add_members,
    dm_id,
    find_agent,
    join_general,
    may_oversee,
    may_read,
    no_channel,
    readable_channel,
    resolve,
    writable_channel,
)
from .operations import ensure_dm
from .queries import acked, late_calls
from .queries import unread as count_unread

__all__ = [
    "CHANNEL",
    "ChannelRef",
    "MemberRef",
    "OwnRef",
    "acked",
    "add_members",
    "count_unread",
    "dm_id",
    "ensure_dm",
    "find_agent",
    "join_general",
    "late_calls",
    "may_oversee",
    "may_read",
    "no_channel",
    "readable_channel",
    "resolve",
    "writable_channel",
]

EVENT_KINDS = {
    "channel.created": "a channel was created",
    "channel.updated": "a channel's name or description was changed",
    "channel.archived": "a channel was archived or brought back",
    "channel.member_added": "an agent became a member of a channel",
    "channel.member_removed": "an agent is no longer a member of a channel",
}


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
    return load_migrations("channels", __name__)


@hookimpl
def register_pages() -> list[Page]:
    return pages.PAGES


@hookimpl
def register_event_kinds() -> dict[str, str]:
    return EVENT_KINDS


@hookimpl
async def team_opened(team: Team) -> None:
    for row in await team.database.read(queries.all_channels):
        team.directory.put_channel(Channel(row["id"], row["kind"], row["archived_at"] is not None))
    for row in await team.database.read(queries.all_members):
        team.directory.join(row["channel_id"], [row["agent"]])
