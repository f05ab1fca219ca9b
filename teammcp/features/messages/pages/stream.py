"""A channel's stream with its side panel."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from quart import Request, Response

from ....members.directory import Channel, fold
from ....operations import Context
from ....storage import Reader
from ....web import Outcome, Page, go_back, render, see
from ....web.channels import LAST_CHANNEL, ChannelEntry, ListedChannel, Sidebar, channel_entry, channel_path, sidebar
from ....web.members import kind_of, other_members
from ....web.messages import Shown, alone, arrange
from ....web.visit import set_cookie
from ... import deliveries
from ...channels import readable_channel
from .. import queries
from ..models import EMOJI, History, Message
from ..operations.history import get_history, get_message, get_thread
from ..operations.pins import get_pinned_messages
from ..shapes import answered

PAGE = 50
MORE = 200
"""How many messages come at once behind those that the reader sees already."""


# -- the stream ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Window:
    """A part of a channel's stream, oldest first, and whether there is more on either side."""

    messages: list[Message]
    older: bool
    newer: bool


@dataclass(frozen=True)
class Unread:
    """What somebody has not read in a channel: how much, from which message on and since when, and the newest one."""

    count: int
    first: int
    since: int
    newest: int


async def show_channel(
    context: Context, request: Request, channel: str, outcome: Outcome | None = None, draft: str = ""
) -> Response:
    """A channel from the first unread message on, with its side panel if one is asked for.

    To look at it reads nothing: live.js says what was on the screen, and there is a button.
    """
    found = readable_channel(context, channel)
    if found.id != channel:
        return see(channel_path(found.id))
    listed = await sidebar(context, found.id)
    here = _entry(listed, found)
    unread = await _unread(context, here.info)
    window = await _window(context, request, found, unread)
    shown = await _stream(context, window.messages, first_unread=None if unread is None else unread.first)
    outcome = outcome or Outcome()
    response = await render(
        context,
        "messages/channel.html",
        outcome.status,
        notice=outcome.notice,
        draft=draft,
        lonely=not other_members(context),
        sidebar=listed,
        channel=here,
        shown=shown,
        older=window.older,
        newer=window.newer,
        unread=unread,
        emoji=EMOJI,
        panel=await _panel(context, request, found),
    )
    set_cookie(request, response, LAST_CHANNEL, found.id)
    return response


async def _unread(context: Context, info: ListedChannel) -> Unread | None:
    """What the reader has not read, if they are a member and there is any."""
    if not info.unread:
        return None
    me = context.actor.name

    def look(reader: Reader) -> Unread | None:
        cursor = deliveries.cursor(reader, me, info.id)
        first = None if cursor is None else queries.first_unread(reader, info.id, cursor["acked"], me)
        if first is None:  # only what an edit has addressed to them since: that is in the inbox
            return None
        newest = queries.newest(reader, info.id, None, 1)
        return Unread(info.unread, first["id"], first["created_at"], newest[0]["id"])

    return await context.read(look)


async def show_unread(context: Context, request: Request, channel: str) -> Response:
    """How much is unread, for live.js."""
    found = readable_channel(context, channel)
    here = await _alone(context, found)
    return await render(context, "messages/unread.html", channel=here, unread=await _unread(context, here.info))


def _entry(listed: Sidebar, channel: Channel) -> ChannelEntry:
    return next(each for each in [*listed.joined, *listed.direct, *listed.open] if each.info.id == channel.id)


async def _window(context: Context, request: Request, channel: Channel, unread: Unread | None) -> Window:
    """The messages to show: those asked for, or else from the first unread one on, or else the newest."""
    for name in ("before", "after", "around"):
        if (place := request.args.get(name, type=int)) is not None:
            return await _part(context, channel.id, **{name: place})
    newest = await _part(context, channel.id)
    if unread is None or "newest" in request.args or newest.messages[0].id <= unread.first:
        return newest
    return await _part(context, channel.id, around=unread.first)


async def _part(context: Context, channel: str, limit: int = PAGE, **place: int) -> Window:
    """Messages before, after or around one, or the newest."""
    history: History = await context.call(get_history, channel=channel, limit=limit, **place)
    found = history.messages
    if "after" in place:
        return Window(found, older=True, newer=history.hasMore)
    newer = bool(place) and bool(found) and await _is_followed(context, channel, found[-1].id)
    return Window(found, older=history.hasMore, newer=newer)


async def _is_followed(context: Context, channel: str, message_id: int) -> bool:
    behind = await context.call(get_history, channel=channel, limit=1, after=message_id)
    return bool(behind.messages)


async def more_messages(context: Context, request: Request, channel: str) -> Response:
    """Messages alone, for live.js: those before or after one, or one that has changed."""
    found = readable_channel(context, channel)
    before, after, one = (request.args.get(name, type=int) for name in ("before", "after", "message"))
    if one is not None:
        shown, window = (
            [await _again(context, found.id, one, continued="continued" in request.args)],
            Window([], False, False),
        )
    elif before is not None:
        window = await _part(context, found.id, before=before)
        shown, window = await _stream(context, window.messages), replace(window, newer=False)
    elif after is not None:
        last = await context.call(get_message, message_id=after)
        window = await _part(context, found.id, MORE, after=after)
        shown, window = await _stream(context, window.messages, before=last), replace(window, older=False)
    else:
        window = await _part(context, found.id)
        shown = await _stream(context, window.messages)
    return await render(
        context,
        "messages/items.html",
        channel=await _alone(context, found),
        shown=shown,
        older=window.older,
        newer=window.newer,
        emoji=EMOJI,
    )


async def _again(context: Context, channel: str, message_id: int, *, continued: bool) -> Shown:
    """A message that the reader sees already, as it is now, in the same place."""
    message = await context.call(get_message, message_id=message_id)
    above = await context.call(get_history, channel=channel, limit=1, before=message_id)
    shown = await _stream(context, [message], before=above.messages[0] if above.messages else None)
    return replace(shown[0], continued=continued, day=None)


async def _alone(context: Context, channel: Channel) -> ChannelEntry:
    found = await context.call("get_channels", include_archived=True)
    return next(channel_entry(context, info) for info in found.root if info.id == channel.id)


async def _stream(
    context: Context, messages: list[Message], *, before: Message | None = None, first_unread: int | None = None
) -> list[Shown]:
    """Messages as the stream shows them, each with what it answers."""
    return await arrange(context, messages, await answered(context, messages), before=before, first_unread=first_unread)


async def mark_read(context: Context, channel: str, message_id: int) -> None:
    """Acknowledge what somebody has before them. A visitor who only looks into a channel has nothing to acknowledge."""
    if context.actor.name in context.team.directory.members(channel):
        await context.call("ack_inbox", items=[{"channel": channel, "ack_id": message_id}])


async def names(context: Context, request: Request, channel: str) -> Response:
    """Whom one can call in a channel, for the completion of names."""
    found = readable_channel(context, channel)
    members = sorted(context.team.directory.members(found.id), key=fold)
    agents = [context.team.directory.agent(name) for name in members]
    return await render(
        context,
        "messages/names.html",
        agents=[agent for agent in agents if agent and not agent.retired and agent.name != context.actor.name],
    )


async def note_read(context: Context, request: Request, channel: str) -> Response:
    """live.js says that somebody has seen a message."""
    form = await request.form
    await mark_read(context, readable_channel(context, channel).id, form.get("message", 0, type=int))
    return await go_back(request, channel_path(channel))


# -- the side panel --------------------------------------------------------------------------------------------------


async def _panel(context: Context, request: Request, channel: Channel) -> dict[str, Any] | None:
    """What stands beside the stream: a thread, the members, pins, files, or what the channel is about."""
    kind = request.args.get("panel", "")
    if kind == "thread":
        thread = await context.call(get_thread, message_id=request.args.get("message", 0, type=int) or 0, limit=200)
        replies = await _stream(context, thread.replies, before=thread.root)
        return {"kind": kind, "root": await alone(context, thread.root), "replies": replies, "more": thread.hasMore}
    if kind == "members":
        found = await context.call("get_channel_members", channel=channel.id)
        agents = [context.team.directory.agent(name) for name in found.members]
        outside = [agent for agent in other_members(context) if agent.name not in found.members]
        return {"kind": kind, "agents": agents, "outside": outside, "presence": context.team.presence}
    if kind == "pins":
        found = await context.call(get_pinned_messages, channel_id=channel.id)
        return {
            "kind": kind,
            "pins": found.pins,
            "kinds": {pin.from_agent: kind_of(context, pin.from_agent) for pin in found.pins},
        }
    if kind == "files":
        found = await context.call("list_files", channel=channel.id, limit=100)
        return {"kind": kind, "files": found.files}
    return {"kind": kind} if kind == "about" else None


PAGES = [
    Page("/channels/<channel>", show_channel),
    Page("/channels/<channel>/stream", more_messages),
    Page("/channels/<channel>/unread", show_unread),
    Page("/channels/<channel>/names", names),
    Page("/channels/<channel>/read", note_read, ("POST",)),
]
