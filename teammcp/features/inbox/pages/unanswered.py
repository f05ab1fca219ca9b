"""The page of what waits for an answer."""

from __future__ import annotations

from quart import Request, Response

from ....operations import Context
from ....web import Page, go_back, mark, render
from ....web import gettext as _
from ....web.channels import ChannelEntry, sidebar
from ....web.members import kind_of
from ..models import Unanswered, UnansweredList
from ..operations.unanswered import settle_message
from .entries import entries_of

TITLES = {
    "waiting_for_me": mark("Waiting for me"),
    "waiting_for_others": mark("Waiting for others"),
    "overdue": mark("Overdue"),
}


async def unanswered(context: Context, request: Request) -> Response:
    """What waits for an answer: the reader's, others', or what is late."""
    asked = {name: value for name in ("view", "before") if (value := request.args.get(name))}
    found: UnansweredList = await context.call("list_unanswered", **asked)
    entries = await entries_of(context)
    path = f"/inbox/unanswered?view={found.view}"
    return await render(
        context,
        "inbox/unanswered.html",
        view=found.view,
        title=_(TITLES[found.view]),
        path=f"{path}&before={asked['before']}" if "before" in asked else path,
        older=None if found.next is None else f"{path}&before={found.next}",
        rows=[_row(context, entries[each.message.channel_id], each) for each in found.messages],
        sidebar=await sidebar(context),
    )


def _row(context: Context, channel: ChannelEntry, found: Unanswered) -> dict[str, object]:
    """One message with the way to its answer."""
    message, me = found.message, context.actor.name
    thread = f"{channel.path}?panel=thread&message={message.thread or message.id}"
    return {
        "found": found,
        "kind": kind_of(context, message.from_agent),
        "place": channel.title if channel.agent else f"#{channel.title}",
        "path": channel.path if channel.agent else thread,
        "mine": me in found.waiting_for,
        "others": [name for name in found.waiting_for if name != me],
    }


async def settle(context: Context, request: Request, message_id: int) -> Response:
    """Say that a message needs no answer."""
    await context.call(settle_message, message_id=message_id)
    return await go_back(request, "/inbox/unanswered")


PAGES = [
    Page("/inbox/unanswered", unanswered),
    Page("/messages/<int:message_id>/settle", settle, ("POST",)),
]
