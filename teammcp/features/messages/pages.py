"""Pages of messages: a channel's stream with its side panel, and sending. One message is in ``message_pages.py``."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from quart import Request, Response

from ... import operations
from ...directory import Access, Channel, fold
from ...operations import Context
from ...web import Notice, Outcome, Page, form_call, fragment, go_back, is_visit, render, see, wants_fragment
from ...web import gettext as _
from ...web.visit import set_cookie
from ..channels import readable_channel
from ..channels.pages import LAST_CHANNEL, Sidebar, channel_path, entry, others, sidebar
from .models import EMOJI, History
from .presentation import Shown, alone, arrange, kind_of

PAGE = 50


# -- the stream ------------------------------------------------------------------------------------------------------


async def show_channel(
    context: Context, request: Request, channel: str, outcome: Outcome | None = None, draft: str = ""
) -> Response:
    """A channel: its messages, its side panel if one is asked for. Opening it at its end marks it as read."""
    found = readable_channel(context, channel)
    if found.id != channel:
        return see(channel_path(found.id))
    listed = await sidebar(context, found.id)
    unread = _entry(listed, found).info.unread
    history, at_end, older = await _page(context, request, found)
    shown = await arrange(context, history.messages, unread=unread if at_end else 0)
    if at_end and unread and history.messages and is_visit(request):
        await mark_read(context, found.id, history.messages[-1].id)
        listed = await sidebar(context, found.id)
    outcome = outcome or Outcome()
    response = await render(
        context,
        "messages/channel.html",
        outcome.status,
        notice=outcome.notice,
        draft=draft,
        lonely=not others(context),
        sidebar=listed,
        channel=_entry(listed, found),
        shown=shown,
        at_end=at_end,
        older=older,
        around=request.args.get("around", type=int),
        emoji=EMOJI,
        panel=await _panel(context, request, found),
    )
    set_cookie(request, response, LAST_CHANNEL, found.id)
    return response


def _entry(listed: Sidebar, channel: Channel) -> Any:
    return next(each for each in [*listed.joined, *listed.direct, *listed.open] if each.info.id == channel.id)


async def _page(context: Context, request: Request, channel: Channel) -> tuple[History, bool, bool]:
    """The messages to show, whether the newest is among them, and whether there are older ones."""
    place = {
        name: value for name in ("before", "after", "around") if (value := request.args.get(name, type=int)) is not None
    }
    history: History = await operations.call(context, "get_history", {"channel": channel.id, "limit": PAGE, **place})
    if "after" in place:
        return history, not history.hasMore, True
    if not place:
        return history, True, history.hasMore
    if not history.messages:
        return history, True, False
    newer = await operations.call(
        context, "get_history", {"channel": channel.id, "limit": 1, "after": history.messages[-1].id}
    )
    return history, not newer.messages, history.hasMore


async def more_messages(context: Context, request: Request, channel: str) -> Response:
    """Messages alone, for live.js: those before or after one, or one that has changed."""
    found = readable_channel(context, channel)
    before, after, one = (request.args.get(name, type=int) for name in ("before", "after", "message"))
    older = False
    if one is not None:
        shown = [await _again(context, found.id, one, continued="continued" in request.args)]
    elif before is not None:
        history = await operations.call(context, "get_history", {"channel": found.id, "limit": PAGE, "before": before})
        shown, older = await arrange(context, history.messages), history.hasMore
    else:
        shown = await _since(context, found.id, after)
    return await render(
        context, "messages/items.html", channel=await _alone(context, found), shown=shown, older=older, emoji=EMOJI
    )


async def _again(context: Context, channel: str, message_id: int, *, continued: bool) -> Shown:
    """A message that the reader sees already, as it is now, in the same place."""
    message = await operations.call(context, "get_message", {"message_id": message_id})
    above = await operations.call(context, "get_history", {"channel": channel, "limit": 1, "before": message_id})
    shown = await arrange(context, [message], before=above.messages[0] if above.messages else None)
    return replace(shown[0], continued=continued, day=None)


async def _since(context: Context, channel: str, after: int | None) -> list[Shown]:
    """What came after a message that the reader sees already, grouped under it."""
    if after is None:
        history = await operations.call(context, "get_history", {"channel": channel, "limit": PAGE})
        return await arrange(context, history.messages)
    last = await operations.call(context, "get_message", {"message_id": after})
    history = await operations.call(context, "get_history", {"channel": channel, "limit": 200, "after": after})
    return await arrange(context, history.messages, before=last)


async def _alone(context: Context, channel: Channel) -> Any:
    found = await operations.call(context, "get_channels", {"include_archived": True})
    return next(entry(context, info) for info in found.root if info.id == channel.id)


async def mark_read(context: Context, channel: str, message_id: int) -> None:
    """Acknowledge what somebody has before them. Who only looks into a channel has nothing to acknowledge."""
    if context.actor.name in context.team.directory.members(channel):
        await operations.call(context, "ack_inbox", {"items": [{"channel": channel, "ack_id": message_id}]})


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
        thread = await operations.call(
            context, "get_thread", {"message_id": request.args.get("message", 0, type=int) or 0, "limit": 200}
        )
        replies = await arrange(context, thread.replies, before=thread.root)
        return {"kind": kind, "root": await alone(context, thread.root), "replies": replies, "more": thread.hasMore}
    if kind == "members":
        found = await operations.call(context, "get_channel_members", {"channel": channel.id})
        agents = [context.team.directory.agent(name) for name in found.members]
        outside = [agent for agent in others(context) if agent.name not in found.members]
        return {"kind": kind, "agents": agents, "outside": outside, "presence": context.team.presence}
    if kind == "pins":
        found = await operations.call(context, "get_pinned_messages", {"channel_id": channel.id})
        return {
            "kind": kind,
            "pins": found.pins,
            "kinds": {pin.from_agent: kind_of(context, pin.from_agent) for pin in found.pins},
        }
    if kind == "files":
        found = await operations.call(context, "list_files", {"channel": channel.id, "limit": 100})
        return {"kind": kind, "files": found.files}
    return {"kind": kind} if kind == "about" else None


# -- sending ---------------------------------------------------------------------------------------------------------


async def send(context: Context, request: Request, channel: str) -> Response:
    """Send what was written, with the files that were chosen."""
    form = await request.form
    content = form.get("content", "").replace("\r\n", "\n").strip()
    outcome, files, names = await _upload(context, request, channel)
    if outcome.ok:
        outcome = await form_call(
            context,
            "send_message",
            channel=channel,
            content=content or ", ".join(names),
            replyTo=form.get("reply_to", type=int),
            reply_by=form.get("reply_by") or None,
            files=files,
            idem_key=form.get("idem_key") or None,
            auto_add_mentions="add_mentioned" in form or None,
        )
    if not outcome.ok:
        return await show_channel(context, request, channel, outcome, content)
    if wants_fragment(request):
        return await _sent(context, outcome)
    return await go_back(request, channel_path(channel))


async def _sent(context: Context, outcome: Outcome) -> Response:
    """Nothing to show, unless somebody who was called is not there to hear it."""
    texts = []
    if outcome.result.not_members:
        texts.append(_("%(names)s: not in this channel, so not notified.", names=", ".join(outcome.result.not_members)))
    if outcome.result.retired:
        texts.append(_("%(names)s: retired, so not reached.", names=", ".join(outcome.result.retired)))
    if not texts:
        return Response(status=204)
    return await fragment(context, "web/notice.html", [], notice=Notice("info", " ".join(texts)))


async def _upload(context: Context, request: Request, channel: str) -> tuple[Outcome, list[int], list[str]]:
    chosen = [file for file in (await request.files).getlist("files") if file.filename]
    ids, names = [], []
    for file in chosen:
        outcome = await form_call(context, "upload_file", name=file.filename, content=file.read(), channel=channel)
        if not outcome.ok:
            return outcome, [], []
        ids.append(outcome.result.file_id)
        names.append(outcome.result.file_name)
    return Outcome(), ids, names


PAGES = [
    Page("/channels/<channel>", show_channel),
    Page("/channels/<channel>/stream", more_messages),
    Page("/channels/<channel>/names", names),
    Page("/channels/<channel>/read", note_read, ("POST",)),
    Page("/channels/<channel>/send", send, ("POST",), Access.member, uploads=True),
]
