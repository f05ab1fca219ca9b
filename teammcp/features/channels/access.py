"""Who may read or write which channel: the one place where a channel's name becomes a channel."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Annotated

from ...arguments.references import Reference
from ...errors import Conflict, Forbidden, Gone, InvalidInput, NotFound
from ...members.directory import SYSTEM, Access, Agent, Channel, is_dm, sides
from ...operations import Context
from ...storage import Transaction
from .. import deliveries
from . import queries
from .events import MemberAdded

GENERAL = "general"


def dm_id(first: str, second: str) -> str:
    """The id of the direct-message channel of two agents: ``dm:A:B``, names sorted."""
    return "dm:" + ":".join(sorted((first, second)))


def find_agent(context: Context, name: str, field: str, *, retired: bool = False) -> Agent:
    """The member called ``name`` (or ``@name``), as given in the argument ``field``.

    Raises:
        NotFound: there is none. Gone: it was retired (unless ``retired`` ones are wanted too).
    """
    found = context.team.directory.agent(name.removeprefix("@"))
    if found is None:
        raise NotFound(f"{field}: there is no member called '{name}'. get_agents lists them.", code="agent_not_found")
    if found.retired and not retired:
        raise Gone(f"{field}: {found.name} was retired and reads nothing any more.", code="agent_retired")
    return found


def no_channel(reference: str, field: str = "channel") -> NotFound:
    """The error of a channel that is not there; the same of one that the actor may not read, and need not know of."""
    shown = reference.strip().removeprefix("#")
    return NotFound(
        f"{field}: there is no channel '{shown}' that you may read. get_channels lists them.", code="channel_not_found"
    )


def resolve(context: Context, reference: str) -> Channel:
    """The channel that ``reference`` stands for: an id, ``#id``, ``dm:Name`` or ``dm:A:B``, whatever its case.

    A direct-message channel that does not exist yet is described all the same. Whether the actor may read it is the
    caller's question; see `readable_channel` and `writable_channel`.

    Raises:
        NotFound, Gone, InvalidInput: it stands for nothing.
    """
    reference = reference.strip().removeprefix("#")
    if not reference.startswith("dm:"):
        found = context.team.directory.channel(reference)
        if found is None:
            raise no_channel(reference)
        return found
    names = reference.split(":")[1:]
    if len(names) not in (1, 2) or not all(names):
        raise InvalidInput("channel: a direct message is dm:Name or dm:A:B.", code="bad_channel")
    pair = [_member_name(context, name, "channel") for name in names]
    if len(pair) == 1:
        pair.append(context.actor.name)
    if pair[0] == pair[1]:
        raise InvalidInput("channel: you cannot write to yourself; name another member.", code="bad_channel")
    channel_id = dm_id(*pair)
    return context.team.directory.channels.get(channel_id) or Channel(channel_id, "dm")


def _channel_id(context: Context, reference: str, argument: str) -> str:
    channel = resolve(context, reference)
    if channel.kind == "topic" and context.actor is not SYSTEM and not may_read(context, channel):
        raise no_channel(reference)
    return channel.id


def _other_ids(context: Context, channel_id: str) -> Iterator[str]:
    """A direct message may be written with its two members in any order, or by the other one alone."""
    if is_dm(channel_id):
        first, second = sides(channel_id)
        yield f"dm:{second}:{first}"
        yield from (f"dm:{name}" for name in (first, second) if name != context.actor.name)


CHANNEL = Reference(_channel_id, also=_other_ids)
ChannelRef = Annotated[str, CHANNEL]
"""An argument that names a channel, as `resolve` takes it."""


def _member_name(context: Context, name: str, argument: str) -> str:
    found = context.team.directory.who(name.removeprefix("@"))
    return found.name if found is SYSTEM else find_agent(context, name, argument, retired=True).name


MemberRef = Annotated[str, Reference(_member_name)]
"""An argument that names a member, retired or not, as `find_agent` takes it."""
OwnRef = Annotated[str, Reference(_member_name, left_out=lambda context: context.actor.name)]
"""As `MemberRef`; the caller, if it is left out."""


def may_read(context: Context, channel: Channel) -> bool:
    """Whether the actor may read a channel that `resolve` found, also a direct message that is yet to be."""
    if channel.is_dm:
        return context.actor.name in channel.sides
    return context.team.directory.can_read(context.actor.name, channel.id)


def readable_channel(context: Context, reference: str) -> Channel:
    """The channel, if the actor may read it.

    Raises:
        NotFound: no such channel, a topic of others, or a direct message that was never begun.
        Forbidden: a direct message between others; that there may be one is no secret.
    """
    channel = resolve(context, reference)
    if not may_read(context, channel):
        if not channel.is_dm:
            raise no_channel(reference)
        raise Forbidden("channel: this direct message is between others.", code="not_a_member")
    if channel.id not in context.team.directory.channels:
        raise NotFound(f"channel: there are no messages in {channel.id} yet.", code="channel_not_found")
    return channel


def writable_channel(context: Context, reference: str) -> Channel:
    """The channel, if the actor may write to it.

    Raises:
        NotFound, Forbidden: as `readable_channel`. Gone: the other side of a direct message was retired.
        Conflict: it is archived.
    """
    channel = resolve(context, reference)
    if channel.is_dm and may_read(context, channel):
        for name in channel.sides:
            if name == SYSTEM.name != context.actor.name:
                raise Forbidden(
                    "channel: 'system' only tells and reads no answers. Write to a member.", code="no_reader"
                )
            if name != SYSTEM.name:
                find_agent(context, name, "channel")
        return channel
    readable_channel(context, reference)
    if channel.archived:
        raise Conflict(f"channel: #{channel.id} is archived; write somewhere else.", code="channel_archived")
    return channel


def add_members(context: Context, tx: Transaction, channel_id: str, names: list[str], *, seq: int) -> list[str]:
    """Make agents members who have everything up to ``seq`` behind them; the names that were not members before."""
    added = [name for name in names if queries.add_member(tx, channel_id, name, context.now())]
    if added:
        tx.on_commit(partial(context.team.directory.join, channel_id, added))
    for name in added:
        deliveries.begin(tx, name, channel_id, seq)
        context.emit(tx, MemberAdded(id=channel_id, agent=name), name, channel=channel_id)
    return added


def join_general(context: Context, tx: Transaction, name: str) -> None:
    """Make a new member of the team a member of #general, whose history is not news to it."""
    row = queries.channel(tx, GENERAL)
    assert row is not None  # noqa: S101 - made by the migration, never deleted
    add_members(context, tx, GENERAL, [name], seq=row["last_seq"])


def may_oversee(context: Context, channel: Channel) -> bool:
    """Whether the actor, as an owner, may look into a direct message: only one between agents, never a person's."""
    if not channel.is_dm or context.actor.access is not Access.owner:
        return False
    pair = [context.team.directory.agent(name) for name in channel.sides]
    return all(agent is not None and agent.kind != "human" for agent in pair)
