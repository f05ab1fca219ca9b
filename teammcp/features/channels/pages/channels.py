"""Pages of channels: the list beside every stream, and new channels and direct messages."""

from __future__ import annotations

from quart import Request, Response

from ....members.directory import Access
from ....operations import Context
from ....web import Outcome, Page, form_call, mark, render, see, wants_fragment
from ....web.channels import LAST_CHANNEL, channel_path, sidebar
from ....web.members import other_members
from ..access import GENERAL


async def channel_list(context: Context, request: Request) -> Response:
    """The channel that was read last; on a telephone, and for live.js when it has changed, the list."""
    current = request.args.get("current", "")
    wants_list = "list" in request.args or request.headers.get("Sec-CH-UA-Mobile") == "?1"
    if not wants_list and not wants_fragment(request):
        last = request.cookies.get(LAST_CHANNEL, GENERAL)
        readable = context.team.directory.can_read(context.actor.name, last)
        return see(channel_path(last if readable else GENERAL))
    return await render(context, "channels/list.html", sidebar=await sidebar(context, current))


async def new_channel(context: Context, request: Request) -> Response:
    """A form for a channel, and the channel."""
    form = await request.form
    values = {key: form.get(key, "") for key in ("id", "description")} | {"type": form.get("type", "group")}
    outcome = Outcome()
    if request.method == "POST":
        outcome = await form_call(
            context, "create_channel", **values, members=form.getlist("members") if values["type"] == "topic" else None
        )
        if outcome.ok:
            return see(channel_path(outcome.result.id))
    return await render(
        context,
        "channels/new.html",
        outcome.status,
        notice=outcome.notice,
        values=values,
        chosen=form.getlist("members"),
        agents=other_members(context),
        sidebar=await sidebar(context),
    )


async def new_dm(context: Context, request: Request) -> Response:
    """Choose somebody to write to."""
    outcome = Outcome()
    if request.method == "POST":
        outcome = await form_call(context, "open_dm", agent=(await request.form).get("agent", ""))
        if outcome.ok:
            return see(channel_path(outcome.result.id))
    return await render(
        context,
        "channels/new_dm.html",
        outcome.status,
        notice=outcome.notice,
        agents=other_members(context),
        presence=context.team.presence,
        sidebar=await sidebar(context),
    )


async def go(context: Context, request: Request) -> Response:
    """Every channel and person, to go there by a few letters."""
    listed = await sidebar(context)
    known = {each.title for each in listed.direct}
    strangers = [agent for agent in other_members(context) if agent.name not in known]
    return await render(context, "channels/go.html", sidebar=listed, strangers=strangers)


PAGES = [
    Page("/channels", channel_list, label=mark("Channels"), icon="hash", order=10),
    Page("/channels/new", new_channel, ("GET", "POST"), Access.member),
    Page("/go", go),
    Page("/dm/new", new_dm, ("GET", "POST"), Access.member),
]
