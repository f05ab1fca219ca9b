"""Who is in a team and who may read which channel, in memory.

A mirror of a few small tables, so that no request needs the database to know its actor, and no event needs it to know
its audience. The features that own the tables keep it in step through `Transaction.on_commit`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from ..storage import Reader


class Access(IntEnum):
    """What a member may do; each level includes those below it."""

    anonymous = 0
    observer = 1
    member = 2
    manager = 3
    owner = 4


@dataclass(frozen=True)
class Agent:
    """A member of a team. ``role`` is free text and decides nothing; ``access`` decides."""

    name: str
    kind: Literal["human", "agent", "service"]
    role: str
    access: Access
    retired: bool = False
    time_zone: str = "UTC"
    """Where it lives: an IANA name. Times that it writes without an offset are meant there."""


ANONYMOUS = Agent("", "service", "", Access.anonymous)
SYSTEM = Agent("system", "service", "", Access.owner)
"""The server itself, where it acts unasked: reminders, leases that ran out. No key opens it and it reads nothing."""


@dataclass(frozen=True)
class Channel:
    """A channel, as far as its audience goes: a ``group`` is open to the team, ``topic`` and ``dm`` to members."""

    id: str
    kind: Literal["group", "topic", "dm"]
    archived: bool = False


def fold(name: str) -> str:
    """The form in which two names are the same name: no difference of case, width or composition."""
    return unicodedata.normalize("NFKC", name).casefold()


class Directory:
    """The members and channels of one team."""

    def __init__(self) -> None:
        self.agents: dict[str, Agent] = {}
        self.channels: dict[str, Channel] = {}
        self._by_fold: dict[str, str] = {}
        self._channel_by_fold: dict[str, str] = {}
        self._by_key: dict[str, str] = {}
        self._members: dict[str, set[str]] = {}
        self._joined: dict[str, set[str]] = {}
        self.stored: Callable[[Reader, str], Agent | None] | None = None
        """How the feature that owns the members reads one inside a transaction, where this mirror may be behind."""

    # -- agents --------------------------------------------------------------------------------------------------------

    def put_agent(self, agent: Agent, key_hash: str | None) -> None:
        """Add or replace an agent; a ``key_hash`` of None means that no key opens it."""
        self.agents[agent.name] = agent
        self._by_fold[fold(agent.name)] = agent.name
        for old in [old for old, name in self._by_key.items() if name == agent.name]:
            del self._by_key[old]
        if key_hash is not None:
            self._by_key[key_hash] = agent.name

    def agent(self, name: str) -> Agent | None:
        """The agent of that name, whatever its case."""
        found = self.agents.get(name)
        return found if found is not None else self.agents.get(self._by_fold.get(fold(name), ""))

    def who(self, name: str) -> Agent | None:
        """As `agent`, and the server itself by its name, ``system``."""
        return SYSTEM if fold(name) == SYSTEM.name else self.agent(name)

    def by_key(self, key_hash: str) -> Agent | None:
        """The agent whose key has this SHA-256."""
        return self.agents.get(self._by_key.get(key_hash, ""))

    @property
    def owners(self) -> list[Agent]:
        """The owners that are not retired."""
        return [agent for agent in self.agents.values() if agent.access is Access.owner and not agent.retired]

    # -- channels ------------------------------------------------------------------------------------------------------

    def put_channel(self, channel: Channel) -> None:
        """Add or replace a channel; its members stay."""
        self.channels[channel.id] = channel
        self._channel_by_fold[fold(channel.id)] = channel.id
        self._members.setdefault(channel.id, set())

    def channel(self, channel_id: str) -> Channel | None:
        """The channel of that id, whatever its case."""
        found = self.channels.get(channel_id)
        return found if found is not None else self.channels.get(self._channel_by_fold.get(fold(channel_id), ""))

    def join(self, channel: str, names: Iterable[str]) -> None:
        """Make agents members of a channel."""
        for name in names:
            self._members[channel].add(name)
            self._joined.setdefault(name, set()).add(channel)

    def leave(self, channel: str, name: str) -> None:
        """End a membership."""
        self._members[channel].discard(name)
        self._joined.get(name, set()).discard(channel)

    def members(self, channel: str) -> set[str]:
        """The names of a channel's members; not to be changed."""
        return self._members.get(channel, set())

    def joined(self, name: str) -> set[str]:
        """The ids of the channels an agent is a member of; not to be changed."""
        return self._joined.get(name, set())

    def can_read(self, name: str, channel: str) -> bool:
        """Whether an agent may read a channel: every member of the team a group, its members any other."""
        found = self.channels.get(channel)
        return found is not None and (found.kind == "group" or name in self._members[channel])

    def readable(self, name: str) -> set[str]:
        """The ids of all channels an agent may read."""
        return self.joined(name) | {channel.id for channel in self.channels.values() if channel.kind == "group"}
