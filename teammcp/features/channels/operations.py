"""Channels: list, create, join, leave, members, archive."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from ...arguments.fields import ChannelName, Line, NotBlank, Text
from ...errors import Conflict, Forbidden
from ...members.directory import Access, fold, is_dm, sides
from ...members.lookalikes import SERVERS_OWN, check_new
from ...operations import Context, operation
from ...storage import Reader, Row, Transaction, Work
from .. import deliveries
from . import queries
from .access import ChannelRef, MemberRef, add_members, find_agent, readable_channel, resolve
from .events import ChannelArchived, ChannelCreated, ChannelUpdated, MemberRemoved
from .mirror import mirror
from .models import ChannelInfo, ChannelList, ChannelMembers, MemberChange

Name = Annotated[Line, Field(min_length=1, max_length=100), NotBlank]
Description = Annotated[Text, Field(max_length=2000)]
ORDER = {"group": 0, "topic": 1, "dm": 2}


@operation("GET /api/channels", read_only=True, everyday=True)
async def get_channels(context: Context, include_archived: bool = False) -> ChannelList:
    """List the channels you may read, with what is unread for you."""
    shown = await context.read(_overview, context)
    return ChannelList([channel for channel in shown if include_archived or not channel.archived])


def _overview(reader: Reader, context: Context) -> list[ChannelInfo]:
    rows = sorted(queries.shown_to(reader, context.actor.name), key=lambda row: (ORDER[row["kind"]], row["folded"]))
    cursors = deliveries.cursors(reader, context.actor.name)
    return [_info(reader, context, row, cursors.get(row["id"])) for row in rows]


def _info(reader: Reader, context: Context, row: Row, cursor: Row | None) -> ChannelInfo:
    """A channel as the actor sees it; ``cursor``: how far it is there, None if it is no member."""
    unread = mentions = 0
    if cursor is not None:
        me = context.actor.name
        unread = deliveries.unread(reader, me, row["id"], cursor["acked"], cursor["own"], row["last_seq"])
        mentions = deliveries.unread_mentions(reader, me, row["id"])
    return ChannelInfo(
        id=row["id"],
        type=row["kind"],
        name=row["name"],
        description=row["description"],
        created_by=row["created_by"],
        created_at=row["created_at"],
        archived=row["archived_at"] is not None,
        member=cursor is not None,
        unread=unread,
        mentions=mentions,
        last_message_at=row["last_message_at"],
    )


def _current(reader: Reader, context: Context, channel_id: str) -> ChannelInfo:
    cursor = deliveries.cursor(reader, context.actor.name, channel_id)
    return _info(reader, context, _row(reader, channel_id), cursor)


def _row(reader: Reader, channel_id: str) -> Row:
    row = queries.channel(reader, channel_id)
    assert row is not None  # noqa: S101 - the directory knows it, and channels are never deleted
    return row


async def _as_created(context: Context, arguments: Any) -> list[dict[str, Any]]:
    """A channel with another name or description is what could have been created with them."""
    found = readable_channel(context, arguments.channel)
    row = await context.read(_row, found.id)
    said = {name: getattr(arguments, name) or row[name] for name in ("name", "description")}
    return [{"id": found.id, "type": found.kind, **said}]


async def _as_adding_each(context: Context, arguments: Any) -> list[dict[str, Any]]:
    return [{"channel": arguments.id, "agent_name": name} for name in arguments.members]


async def _as_a_members_change(context: Context, arguments: Any) -> list[dict[str, Any]]:
    """Joining is adding oneself, leaving is removing oneself."""
    return [{"channel": arguments.channel, "agent_name": context.actor.name}]


async def _as_ones_own(context: Context, arguments: Any) -> list[dict[str, Any]]:
    return [{"channel": arguments.channel}] if arguments.agent_name == context.actor.name else []


@operation("POST /api/channels", status=201, amounts_to={"add_channel_member": _as_adding_each})
async def create_channel(
    context: Context,
    id: ChannelName,
    type: Literal["group", "topic"] = "group",
    name: Name | None = None,
    description: Description = "",
    members: Annotated[list[MemberRef], Field(max_length=500)] = [],  # noqa: B006 - never changed
) -> Work[ChannelInfo]:
    """Create a channel: a group is open to the whole team, a topic only to its members. You become a member."""
    invited = [find_agent(context, member, "members").name for member in members]

    def work(tx: Transaction) -> ChannelInfo:
        if queries.folded_exists(tx, fold(id)):
            raise Conflict(
                f"id: there is a channel '{id}' already. Join it or choose another id.", code="channel_exists"
            )
        check_new("id", id, queries.ids(tx), SERVERS_OWN)
        queries.insert(tx, id, fold(id), type, name or id, description, context.actor.name, context.now())
        announce(context, tx, id, [context.actor.name, *invited])
        return _current(tx, context, id)

    return work


def announce(context: Context, tx: Transaction, channel_id: str, members: list[str]) -> None:
    """Give a new channel its first members, and tell of it: the directory when it is committed, and the log."""
    # The directory comes first, so that the events below reach the new members.
    channel = mirror(context.team, tx, channel_id)
    tx.on_commit(lambda: context.team.directory.join(channel_id, members))
    context.emit(tx, ChannelCreated(id=channel_id, type=channel.kind), channel_id, channel=channel_id)
    add_members(context, tx, channel_id, members, seq=0)


@operation("GET /api/channels/{channel}/members", read_only=True)
async def get_channel_members(context: Context, channel: ChannelRef) -> ChannelMembers:
    """List who is in a channel."""
    found = readable_channel(context, channel)
    directory = context.team.directory
    members = [member for name in directory.members(found.id) if (member := directory.agent(name)) is not None]
    present = [member.name for member in members if not member.retired]
    return ChannelMembers(channel=found.id, members=sorted(present, key=fold))


@operation(
    "POST /api/channels/{channel}/join",
    idempotent=True,
    everyday=True,
    amounts_to={"add_channel_member": _as_a_members_change},
)
async def join_channel(context: Context, channel: ChannelRef) -> Work[MemberChange]:
    """Become a member of a group channel: its messages then come to your inbox."""
    found = readable_channel(context, channel)
    return _add(context, found.id, context.actor.name)


@operation(
    "POST /api/channels/{channel}/leave", idempotent=True, amounts_to={"remove_channel_member": _as_a_members_change}
)
async def leave_channel(context: Context, channel: ChannelRef) -> Work[MemberChange]:
    """Leave a channel: its messages no longer come to your inbox."""
    found = readable_channel(context, channel)
    return _remove(context, found.id, context.actor.name)


@operation(
    "POST /api/channels/{channel}/members",
    idempotent=True,
    amounts_to={"join_channel": _as_ones_own},
    also={"agent": "agent_name"},
)
async def add_channel_member(context: Context, channel: ChannelRef, agent_name: MemberRef) -> Work[MemberChange]:
    """Add a member to a channel. In a topic channel one of its members must do this."""
    found = readable_channel(context, channel)
    return _add(context, found.id, find_agent(context, agent_name, "agent_name").name)


@operation(
    "DELETE /api/channels/{channel}/members/{agent_name}",
    idempotent=True,
    amounts_to={"leave_channel": _as_ones_own},
    also={"agent": "agent_name"},
)
async def remove_channel_member(context: Context, channel: ChannelRef, agent_name: MemberRef) -> Work[MemberChange]:
    """Remove a member from a channel: for its creator and for managers."""
    found = readable_channel(context, channel)
    agent = find_agent(context, agent_name, "agent_name", retired=True)
    row = await context.read(_row, found.id)
    if agent.name != context.actor.name and row["created_by"] != context.actor.name:
        context.require(Access.manager, "Removing others from a channel you did not create")
    return _remove(context, found.id, agent.name)


def _add(context: Context, channel_id: str, agent: str) -> Work[MemberChange]:
    _refuse_dm(channel_id)

    def work(tx: Transaction) -> MemberChange:
        row = _row(tx, channel_id)
        added = add_members(context, tx, channel_id, [agent], seq=row["last_seq"])
        return MemberChange(channel=channel_id, agent=agent, changed=bool(added))

    return work


def _remove(context: Context, channel_id: str, agent: str) -> Work[MemberChange]:
    _refuse_dm(channel_id)

    def work(tx: Transaction) -> MemberChange:
        changed = queries.remove_member(tx, channel_id, agent)
        if changed:
            deliveries.leave(tx, agent, channel_id)
            tx.on_commit(lambda: context.team.directory.leave(channel_id, agent))
            # The one who left hears of it too, though the channel's events may no longer reach it.
            context.emit(tx, MemberRemoved(id=channel_id, agent=agent), agent, channel=channel_id)
        return MemberChange(channel=channel_id, agent=agent, changed=changed)

    return work


def _refuse_dm(channel_id: str) -> None:
    if is_dm(channel_id):
        raise Forbidden("channel: a direct message has its two members, always.", code="is_dm")


@operation("PATCH /api/channels/{channel}", idempotent=True, amounts_to={"create_channel": _as_created})
async def update_channel(
    context: Context, channel: ChannelRef, name: Name | None = None, description: Description | None = None
) -> Work[ChannelInfo]:
    """Change a channel's name or description: for its creator and for managers."""
    return await _change(context, channel, name=name, description=description)


@operation("POST /api/channels/{channel}/archive", idempotent=True)
async def archive_channel(context: Context, channel: ChannelRef, archived: bool = True) -> Work[ChannelInfo]:
    """Archive a channel (readable, but closed to new messages), or bring it back: for its creator and for managers."""
    return await _change(context, channel, archived=archived)


async def _change(
    context: Context,
    reference: str,
    *,
    name: str | None = None,
    description: str | None = None,
    archived: bool | None = None,
) -> Work[ChannelInfo]:
    found = readable_channel(context, reference)
    _refuse_dm(found.id)
    before = await context.read(_row, found.id)
    if before["created_by"] != context.actor.name:
        context.require(Access.manager, "Changing a channel you did not create")
    if archived and found.id == "general":
        raise Conflict("channel: #general is everybody's and cannot be archived.", code="is_general")

    def work(tx: Transaction) -> ChannelInfo:
        row = _row(tx, found.id)
        archived_at = row["archived_at"]
        if archived is not None and archived != (archived_at is not None):
            archived_at = context.now() if archived else None
        queries.update(
            tx,
            found.id,
            row["name"] if name is None else name,
            row["description"] if description is None else description,
            archived_at,
        )
        mirror(context.team, tx, found.id)
        kind = ChannelUpdated if archived is None else ChannelArchived
        context.emit(tx, kind(id=found.id, archived=archived_at is not None), found.id, channel=found.id)
        return _current(tx, context, found.id)

    return work


@operation("POST /api/dm", idempotent=True, tool=False)
async def open_dm(context: Context, agent: MemberRef) -> Work[ChannelInfo]:
    """Open the direct-message channel with another member, creating it if there is none yet."""
    found = resolve(context, f"dm:{agent}")

    def work(tx: Transaction) -> ChannelInfo:
        ensure_dm(context, tx, found.id)
        return _current(tx, context, found.id)

    return work


def ensure_dm(context: Context, tx: Transaction, channel_id: str) -> None:
    """Create a direct-message channel ``dm:A:B`` with its two members, unless it is there."""
    if queries.channel(tx, channel_id) is not None:
        return
    pair = sides(channel_id)
    queries.insert(tx, channel_id, channel_id, "dm", channel_id, "", context.actor.name, context.now())
    announce(context, tx, channel_id, pair)
