"""Who is in a team and who may read which channel, in memory.

A mirror of a few small tables, so that no request needs the database to know its actor, and no event needs it to know
its audience. The features that own the tables keep it in step through `Transaction.on_commit`.

It is changed in the event loop alone and read in every thread: by works in the writer's, by queries in the readers'.
Therefore nothing that a reader may hold is ever changed. A change makes a new picture of the whole and puts it in the
place of the one before.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass, field, replace
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

    @property
    def is_dm(self) -> bool:
        """Whether it holds the direct messages of two members."""
        return self.kind == "dm"

    @property
    def sides(self) -> list[str]:
        """The two members of a channel for direct messages; none of another channel."""
        return sides(self.id)


def is_dm(channel_id: str) -> bool:
    """Whether it is the id of a channel for direct messages."""
    return channel_id.startswith("dm:")


def sides(channel_id: str) -> list[str]:
    """The two members of a channel for direct messages, by its id; none of another channel."""
    return channel_id.split(":")[1:]


def fold(name: str) -> str:
    """The form in which two names are the same name: no difference of case, width or composition."""
    return unicodedata.normalize("NFKC", name).casefold()


@dataclass(frozen=True, slots=True)
class _Picture:
    """The directory at one moment. Nothing in it is changed once it is shown."""

    agents: Mapping[str, Agent] = field(default_factory=dict)
    agent_by_fold: Mapping[str, str] = field(default_factory=dict)
    agent_by_key: Mapping[str, str] = field(default_factory=dict)
    channels: Mapping[str, Channel] = field(default_factory=dict)
    channel_by_fold: Mapping[str, str] = field(default_factory=dict)
    members: Mapping[str, frozenset[str]] = field(default_factory=dict)
    joined: Mapping[str, frozenset[str]] = field(default_factory=dict)


_NOBODY: frozenset[str] = frozenset()


class Directory:
    """The members and channels of one team.

    Each question is answered from one moment, in any thread. A reader that asks two may be answered from two, but for a
    work: what its transaction has found stays so until it is committed, since nothing is told to the directory before.
    """

    def __init__(self) -> None:
        self._now = _Picture()
        self.stored: Callable[[Reader, str], Agent | None] | None = None
        """How the feature that owns the members reads one inside a transaction, where this mirror may be behind. Set
        when the team is opened, before anybody is answered."""

    # -- agents --------------------------------------------------------------------------------------------------------

    @property
    def agents(self) -> Mapping[str, Agent]:
        """All agents by name and in its order, the retired ones too; as of now, also while others come and go."""
        return self._now.agents

    def put_agent(self, agent: Agent, key_hash: str | None) -> None:
        """Add or replace an agent; a ``key_hash`` of None means that no key opens it."""
        self.put_agents([(agent, key_hash)])

    def put_agents(self, agents: Iterable[tuple[Agent, str | None]]) -> None:
        """The same for many at once."""
        now, put = self._now, list(agents)
        names = {agent.name for agent, _ in put}
        keys = {key: name for key, name in now.agent_by_key.items() if name not in names}
        self._now = replace(
            now,
            agents=dict(sorted({**now.agents, **{agent.name: agent for agent, _ in put}}.items())),
            agent_by_fold={**now.agent_by_fold, **{fold(name): name for name in names}},
            agent_by_key={**keys, **{key: agent.name for agent, key in put if key is not None}},
        )

    def agent(self, name: str) -> Agent | None:
        """The agent of that name, whatever its case."""
        now = self._now
        found = now.agents.get(name)
        return found if found is not None else now.agents.get(now.agent_by_fold.get(fold(name), ""))

    def who(self, name: str) -> Agent | None:
        """As `agent`, and the server itself by its name, ``system``."""
        return SYSTEM if fold(name) == SYSTEM.name else self.agent(name)

    def by_key(self, key_hash: str) -> Agent | None:
        """The agent whose key has this SHA-256."""
        now = self._now
        return now.agents.get(now.agent_by_key.get(key_hash, ""))

    @property
    def owners(self) -> list[Agent]:
        """The owners that are not retired."""
        return [agent for agent in self.agents.values() if agent.access is Access.owner and not agent.retired]

    @property
    def managers(self) -> list[Agent]:
        """Those who look after the team: managers and owners that are not retired."""
        return [agent for agent in self.agents.values() if agent.access >= Access.manager and not agent.retired]

    # -- channels ------------------------------------------------------------------------------------------------------

    @property
    def channels(self) -> Mapping[str, Channel]:
        """All channels by id, as of now."""
        return self._now.channels

    def put_channel(self, channel: Channel) -> None:
        """Add or replace a channel; its members stay."""
        self.put_channels([channel])

    def put_channels(self, channels: Iterable[Channel]) -> None:
        """The same for many at once."""
        now, put = self._now, list(channels)
        self._now = replace(
            now,
            channels={**now.channels, **{channel.id: channel for channel in put}},
            channel_by_fold={**now.channel_by_fold, **{fold(channel.id): channel.id for channel in put}},
            members={**{channel.id: _NOBODY for channel in put}, **now.members},
        )

    def channel(self, channel_id: str) -> Channel | None:
        """The channel of that id, whatever its case."""
        now = self._now
        found = now.channels.get(channel_id)
        return found if found is not None else now.channels.get(now.channel_by_fold.get(fold(channel_id), ""))

    def join(self, channel: str, names: Iterable[str]) -> None:
        """Make agents members of a channel."""
        self.join_each((channel, name) for name in names)

    def join_each(self, memberships: Iterable[tuple[str, str]]) -> None:
        """Make agents members of channels, which are there: (channel, name) of each."""
        members: dict[str, set[str]] = defaultdict(set)
        joined: dict[str, set[str]] = defaultdict(set)
        for channel, name in memberships:
            members[channel].add(name)
            joined[name].add(channel)
        now = self._now
        self._now = replace(
            now,
            members={**now.members, **{channel: now.members[channel] | names for channel, names in members.items()}},
            joined={**now.joined, **{name: now.joined.get(name, _NOBODY) | ids for name, ids in joined.items()}},
        )

    def leave(self, channel: str, name: str) -> None:
        """End a membership."""
        now = self._now
        self._now = replace(
            now,
            members={**now.members, channel: now.members[channel] - {name}},
            joined={**now.joined, name: now.joined.get(name, _NOBODY) - {channel}},
        )

    def members(self, channel: str) -> Set[str]:
        """The names of a channel's members."""
        return self._now.members.get(channel, _NOBODY)

    def joined(self, name: str) -> Set[str]:
        """The ids of the channels an agent is a member of."""
        return self._now.joined.get(name, _NOBODY)

    def can_read(self, name: str, channel: str) -> bool:
        """Whether an agent may read a channel: every member of the team a group, its members any other."""
        now = self._now
        found = now.channels.get(channel)
        return found is not None and (found.kind == "group" or name in now.members[channel])

    def readable(self, name: str) -> Set[str]:
        """The ids of all channels an agent may read."""
        now = self._now
        groups = (channel.id for channel in now.channels.values() if channel.kind == "group")
        return now.joined.get(name, _NOBODY).union(groups)
