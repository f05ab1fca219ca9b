"""Where parts of messages are seen: under their messages, and each whole on a page of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from quart import Request, Response

from ...errors import NotFound
from ...operations import Context
from ...web import Page, render
from ...web import gettext as _
from ...web.channels import sidebar
from .models import PartShown
from .showing import draw_parts


class WithParts(Protocol):
    """What is needed of a message."""

    @property
    def id(self) -> int: ...
    @property
    def parts(self) -> list[PartShown]: ...


async def at_messages(context: Context, messages: Sequence[WithParts]) -> Mapping[int, Mapping[str, Any]]:
    """The parts of the messages that are shown on a page."""
    told = {message.id: message.parts for message in messages if message.parts}
    if not told:
        return {}
    drawn = await draw_parts(context, told)
    return {message_id: {"drawings": drawings} for message_id, drawings in drawn.items()}


async def show_part(context: Context, request: Request, message_id: int, number: int) -> Response:
    """A part of a message, whole."""
    message = await context.call("get_message", message_id=message_id)
    shown = [part for part in message.parts if part.number == number]
    if not shown:
        raise NotFound(_("The message has no such part."))
    drawn = await draw_parts(context, {message_id: shown}, whole=True)
    listed = await sidebar(context, message.channel_id)
    return await render(context, "parts/part.html", message=message, drawings=drawn[message_id], sidebar=listed)


PAGES = [Page("/messages/<int:message_id>/parts/<int:number>", show_part)]
