"""The inbox as a resource that MCP clients follow."""

from __future__ import annotations

from ...events import Event
from ...operations import Context
from ...surfaces.resources import Resource
from .operations.inbox import get_inbox


async def _read(context: Context) -> str:
    inbox = await context.call(get_inbox)
    return str(inbox.text())


def _changed(context: Context, event: Event) -> bool:
    me = context.actor.name
    if event.kind == "inbox.acked":
        return event.actor == me
    return (
        event.kind in {"message.sent", "message.edited", "message.deleted"}
        and event.actor != me
        and event.channel in context.team.directory.joined(me)
    )


INBOX = Resource(
    uri="teammcp://inbox",
    name="inbox",
    description="What is new for you in all your channels. Reading it counts as reading the messages.",
    read=_read,
    changed=_changed,
)
