"""Channels as every page shows them: the list beside a stream, and the address of a channel's page.

What a channel is belongs to the feature that holds the channels; the shell only lists what its operation answers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol
from urllib.parse import quote

from ..members.directory import Agent, sides
from ..operations import Context

LAST_CHANNEL = "teammcp_channel"
"""The cookie that remembers where somebody was."""


class ListedChannel(Protocol):
    """What the list needs of a channel, as ``get_channels`` answers it."""

    @property
    def id(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def archived(self) -> bool: ...
    @property
    def member(self) -> bool: ...
    @property
    def unread(self) -> int: ...
    @property
    def waiting(self) -> int: ...
    @property
    def created_at(self) -> int: ...
    @property
    def last_message_at(self) -> int | None: ...


@dataclass(frozen=True)
class ChannelEntry:
    """A channel as the list shows it. ``agent`` is the other side of a direct message."""

    info: ListedChannel
    title: str
    agent: Agent | None = None
    status: str = "away"
    """What it is doing."""

    @property
    def path(self) -> str:
        """The address of its page."""
        return channel_path(self.info.id)

    @property
    def kind(self) -> str | None:
        """What the other side of a direct message is; the server itself, which is no member, is a service."""
        if self.info.type != "dm":
            return None
        return self.agent.kind if self.agent else "service"


@dataclass(frozen=True)
class Sidebar:
    """The list of channels: those the reader is in, direct messages, and open channels to join."""

    joined: list[ChannelEntry]
    direct: list[ChannelEntry]
    open: list[ChannelEntry]
    current: str = ""


def channel_path(channel_id: str) -> str:
    """The address of a channel's page."""
    return f"/channels/{quote(channel_id, safe=':')}"


async def sidebar(context: Context, current: str = "") -> Sidebar:
    """What the list shows. An archived channel is in it only while it is being read or something in it waits."""
    channels = (await context.call("get_channels", include_archived=True)).root
    entries = [
        channel_entry(context, info) for info in channels if not info.archived or info.id == current or info.waiting
    ]
    direct = [entry for entry in entries if entry.info.type == "dm"]
    others = [entry for entry in entries if entry.info.type != "dm"]
    return Sidebar(
        joined=[entry for entry in others if entry.info.member],
        direct=sorted(direct, key=lambda entry: -(entry.info.last_message_at or entry.info.created_at)),
        open=[entry for entry in others if not entry.info.member],
        current=current,
    )


def channel_entry(context: Context, info: ListedChannel) -> ChannelEntry:
    """A channel for the list: a direct message has the name of its other side."""
    if info.type != "dm":
        return ChannelEntry(info, info.name)
    names = sides(info.id)
    other = next((name for name in names if name != context.actor.name), names[0])
    agent = context.team.directory.agent(other)
    status = "retired" if agent is not None and agent.retired else context.team.presence.status_of(other).status
    return ChannelEntry(info, other, agent, status)
