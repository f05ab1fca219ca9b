"""What is changed of a channel beside its messages: who is in it, and what it is about."""

from __future__ import annotations

from quart import Request, Response

from ....errors import NotFound
from ....members.directory import Access
from ....operations import Context
from ....web import Page, form_call, go_back, render, see
from ....web.channels import channel_entry, channel_path, sidebar
from ..operations import get_channels


async def change_membership(context: Context, request: Request, channel: str, change: str) -> Response:
    """Join or leave a channel, archive it or bring it back."""
    calls = {
        "join": ("join_channel", {}),
        "leave": ("leave_channel", {}),
        "archive": ("archive_channel", {"archived": True}),
        "restore": ("archive_channel", {"archived": False}),
    }
    name, arguments = calls[change]
    await context.call(name, channel=channel, **arguments)
    gone = change == "leave" and not context.team.directory.can_read(context.actor.name, channel)
    return see("/channels?list=1" if gone else channel_path(channel))


async def change_members(context: Context, request: Request, channel: str) -> Response:
    """Add a member, or remove one."""
    form = await request.form
    name = "remove_channel_member" if "remove" in form else "add_channel_member"
    agent = form.get("remove") or form.get("agent_name", "")
    await context.call(name, channel=channel, agent_name=agent)
    return await go_back(request, f"{channel_path(channel)}?panel=members")


async def change_about(context: Context, request: Request, channel: str) -> Response:
    """Change a channel's name and description."""
    form = await request.form
    arguments = {"channel": channel, "name": form.get("name", ""), "description": form.get("description", "")}
    outcome = await form_call(context, "update_channel", **arguments)
    if outcome.ok:
        return await go_back(request, f"{channel_path(channel)}?panel=about")
    assert outcome.notice is not None  # noqa: S101 - it was refused
    found = await context.call(get_channels, include_archived=True)
    info = next((each for each in found.root if each.id == channel), None)
    if info is None:
        raise NotFound(outcome.notice.text)
    return await render(
        context,
        "channels/about.html",
        outcome.status,
        notice=outcome.notice,
        channel=channel_entry(context, info),
        sidebar=await sidebar(context, channel),
    )


PAGES = [
    Page("/channels/<channel>/<any(join,leave,archive,restore):change>", change_membership, ("POST",), Access.member),
    Page("/channels/<channel>/members", change_members, ("POST",), Access.member),
    Page("/channels/<channel>/about", change_about, ("POST",), Access.member),
]
