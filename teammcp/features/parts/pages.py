"""Where parts of messages are seen: under their messages, and each whole on a page of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from quart import Request, Response

from ...operations import Context
from ...web import Page, render
from ...web.channels import sidebar
from .keeping import StoredPart, parts_of
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
    stored = await context.read(parts_of, list(told))
    found = [
        (message_id, part, shown)
        for message_id, parts in stored.items()
        for part, shown in zip(parts, told[message_id], strict=False)
    ]
    drawn: dict[int, dict[str, Any]] = {message_id: {"drawings": []} for message_id in stored}
    for (message_id, *_), drawing in zip(found, await draw_parts(context, found), strict=True):
        drawn[message_id]["drawings"].append(drawing)
    return drawn


async def show_part(context: Context, request: Request, message_id: int, number: int) -> Response:
    """A part of a message, whole."""
    message = await context.call("get_message", message_id=message_id)
    found = await context.call("get_part", message_id=message_id, number=number)
    stored = StoredPart(number, found.kind, found.content)
    shown = next(part for part in message.parts if part.number == number)
    drawings = await draw_parts(context, [(message_id, stored, shown)], whole=True)
    listed = await sidebar(context, message.channel_id)
    return await render(context, "parts/part.html", message=message, drawings=drawings, sidebar=listed)


PAGES = [Page("/messages/<int:message_id>/parts/<int:number>", show_part)]
