"""Pages of one message: its own address, and what can be done with it."""

from __future__ import annotations

from quart import Request, Response

from ....errors import Forbidden
from ....members.directory import Access
from ....operations import Context
from ....web import Outcome, Page, form_call, go_back, render, see
from ....web import gettext as _
from ....web.channels import channel_path, sidebar
from ....web.members import kind_of
from ..models import Message
from ..operations.edits import delete_message, get_edits
from ..operations.history import get_message


async def show_message(context: Context, request: Request, message_id: int) -> Response:
    """A message's own address: its channel, with the message in the middle."""
    message = await context.call(get_message, message_id=message_id)
    return see(f"{channel_path(message.channel_id)}?around={message_id}#m-{message_id}")


async def edit(context: Context, request: Request, message_id: int) -> Response:
    """Edit a message: as a page, or in its place with live.js."""
    message: Message = await context.call(get_message, message_id=message_id)
    if message.from_agent != context.actor.name:
        raise Forbidden(_("Only its sender may edit a message."))
    content, outcome = message.content, Outcome()
    if request.method == "POST":
        content = (await request.form).get("content", "").strip()
        outcome = await form_call(context, "edit_message", id=message_id, content=content)
        if outcome.ok:
            return await go_back(request, f"/messages/{message_id}")
    return await render(
        context,
        "messages/edit.html",
        outcome.status,
        notice=outcome.notice,
        message=message,
        kind=kind_of(context, message.from_agent),
        content=content,
        sidebar=await sidebar(context, message.channel_id),
    )


async def delete(context: Context, request: Request, message_id: int) -> Response:
    """Delete a message, once its sender is sure."""
    message: Message = await context.call(get_message, message_id=message_id)
    if request.method == "POST":
        await context.call(delete_message, id=message_id)
        return await go_back(request, channel_path(message.channel_id))
    return await render(
        context, "messages/delete.html", message=message, sidebar=await sidebar(context, message.channel_id)
    )


async def edits(context: Context, request: Request, message_id: int) -> Response:
    """What a message said before its edits."""
    message: Message = await context.call(get_message, message_id=message_id)
    found = await context.call(get_edits, message_id=message_id)
    listed = await sidebar(context, message.channel_id)
    return await render(context, "messages/edits.html", message=message, edits=found.edits, sidebar=listed)


async def react(context: Context, request: Request, message_id: int) -> Response:
    """Add a reaction, or take it back if it is there."""
    emoji = (await request.form).get("emoji", "")
    message: Message = await context.call(get_message, message_id=message_id)
    mine = {reaction.emoji for reaction in message.reactions if context.actor.name in reaction.agents}
    name = "remove_reaction" if emoji in mine else "add_reaction"
    await context.call(name, message_id=message_id, emoji=emoji)
    return await go_back(request, f"/messages/{message_id}")


async def pin(context: Context, request: Request, message_id: int) -> Response:
    """Pin a message, or take its pin away."""
    message: Message = await context.call(get_message, message_id=message_id)
    name = "unpin_message" if message.pinned else "pin_message"
    await context.call(name, message_id=message_id)
    return await go_back(request, f"/messages/{message_id}")


PAGES = [
    Page("/messages/<int:message_id>", show_message),
    Page("/messages/<int:message_id>/edit", edit, ("GET", "POST"), Access.member),
    Page("/messages/<int:message_id>/delete", delete, ("GET", "POST"), Access.member),
    Page("/messages/<int:message_id>/edits", edits),
    Page("/messages/<int:message_id>/react", react, ("POST",), Access.member),
    Page("/messages/<int:message_id>/pin", pin, ("POST",), Access.member),
]
