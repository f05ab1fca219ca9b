"""Pages of the inbox: what waits in all channels, and who has read a message."""

from __future__ import annotations

from quart import Request, Response

from ....operations import Context
from ....web import Page, go_back, mark, render
from ....web import gettext as _
from ....web.channels import ChannelEntry, channel_entry, sidebar
from ....web.members import kind_of
from ....web.messages import arrange
from ...messages import answered
from ..models import Inbox, InboxChannel, Unanswered, UnansweredList
from ..operations.inbox import get_inbox, get_receipt
from ..operations.unanswered import settle_message

TITLES = {
    "waiting_for_me": mark("Waiting for me"),
    "waiting_for_others": mark("Waiting for others"),
    "overdue": mark("Overdue"),
}


async def inbox(context: Context, request: Request) -> Response:
    """Everything that is new, by channel. Looking at it acknowledges nothing: that is what the buttons are for."""
    found: Inbox = await context.call(get_inbox)
    entries = await _entries(context)
    waiting = [
        {"entry": entries[each.channel], "inbox": each, "shown": await _arrange(context, each)}
        for each in sorted(found.channels, key=lambda each: (each.channel_type != "dm", not each.mentions))
    ]
    listed = await sidebar(context)
    return await render(
        context, "inbox/inbox.html", view="new", waiting=waiting, sections=found.sections, sidebar=listed
    )


async def _entries(context: Context) -> dict[str, ChannelEntry]:
    """All channels that the reader may read, by id."""
    channels = await context.call("get_channels", include_archived=True)
    return {info.id: channel_entry(context, info) for info in channels.root}


async def _arrange(context: Context, found: InboxChannel) -> list[object]:
    together = {message.id: message for message in [*found.mentions, *found.messages]}
    messages = [together[key] for key in sorted(together)]
    return [*await arrange(context, messages, await answered(context, messages))]


async def acknowledge(context: Context, request: Request) -> Response:
    """Mark one channel as read, or all that were shown."""
    form = await request.form
    items = [item.rpartition(" ") for item in form.getlist("item")]
    given = [{"channel": channel, "ack_id": int(number)} for channel, _, number in items if number.isdecimal()]
    if given:
        await context.call("ack_inbox", items=given)
    return await go_back(request, "/inbox")


async def receipt(context: Context, request: Request, message_id: int) -> Response:
    """How far a message got with everybody it was sent to."""
    found = await context.call(get_receipt, message_id=message_id)
    directory = context.team.directory
    kinds = {who.agent: agent.kind for who in found.recipients if (agent := directory.agent(who.agent)) is not None}
    listed = await sidebar(context, found.channel)
    return await render(context, "inbox/receipt.html", receipt=found, kinds=kinds, now=context.now(), sidebar=listed)


async def unanswered(context: Context, request: Request) -> Response:
    """What waits for an answer: the reader's, others', or what is late."""
    asked = {name: value for name in ("view", "before") if (value := request.args.get(name))}
    found: UnansweredList = await context.call("list_unanswered", **asked)
    entries = await _entries(context)
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


MAIL = ("message.sent", "message.edited", "message.deleted", "message.settled", "inbox.acked")
PAGES = [
    Page("/inbox", inbox, label=mark("Inbox"), icon="inbox", order=5, badge=True, badge_on=MAIL),
    Page("/inbox/read", acknowledge, ("POST",)),
    Page("/inbox/unanswered", unanswered),
    Page("/messages/<int:message_id>/receipt", receipt),
    Page("/messages/<int:message_id>/settle", settle, ("POST",)),
]
