"""Pages of the inbox: what waits in all channels, and who has read a message."""

from __future__ import annotations

from quart import Request, Response

from ....operations import Context
from ....web import Page, gettext, go_back, mark, render
from ....web.channels import sidebar
from ....web.messages import arrange
from ...messages import answered
from ..models import Inbox, InboxChannel
from ..operations.inbox import get_inbox
from ..operations.receipts import get_receipt
from .entries import entries_of


async def inbox(context: Context, request: Request) -> Response:
    """Everything that is new, by channel. Looking at it acknowledges nothing: that is what the buttons are for."""
    found: Inbox = await context.call(get_inbox)
    entries = await entries_of(context)
    waiting = [
        {"entry": entries[each.channel], "inbox": each, "shown": await _arrange(context, each)}
        for each in sorted(found.channels, key=lambda each: (each.channel_type != "dm", not each.mentions))
    ]
    listed = await sidebar(context)
    return await render(
        context, "inbox/inbox.html", view="new", waiting=waiting, sections=found.sections, sidebar=listed
    )


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
    why = {who.agent: gettext(who.not_reached) for who in found.recipients if who.not_reached}
    listed = await sidebar(context, found.channel)
    return await render(
        context, "inbox/receipt.html", receipt=found, kinds=kinds, why=why, now=context.now(), sidebar=listed
    )


MAIL = ("message.sent", "message.edited", "message.deleted", "message.settled", "inbox.acked")
PAGES = [
    Page("/inbox", inbox, label=mark("Inbox"), icon="inbox", order=5, badge=True, badge_on=MAIL),
    Page("/inbox/read", acknowledge, ("POST",)),
    Page("/messages/<int:message_id>/receipt", receipt),
]
