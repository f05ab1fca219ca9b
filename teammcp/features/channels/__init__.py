"""Channels and their members: groups open to the team, topics for their members, direct messages of two."""

from __future__ import annotations

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
from .queries import last_place, open_place, take_place

__all__ = [
    "CHANNEL",
    "ChannelRef",
    "MemberRef",
    "OwnRef",
    "add_members",
    "dm_id",
    "ensure_dm",
    "find_agent",
    "join_general",
    "last_place",
    "may_oversee",
    "may_read",
    "no_channel",
    "open_place",
    "readable_channel",
    "resolve",
    "take_place",
    "writable_channel",
]
