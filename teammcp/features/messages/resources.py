"""Channels as resources that MCP clients follow."""

from __future__ import annotations

from ...errors import TeamError
from ...events import Event
from ...operations import Context
from ...surfaces.resources import Resource
from ..channels import readable_channel
from .operations.history import get_history

SHOWN = 50


async def _read(context: Context, id: str) -> str:
    history = await context.call(get_history, channel=id, limit=SHOWN)
    return str(history.text())


def _changed(context: Context, event: Event, id: str) -> bool:
    if event.channel is None or event.kind.partition(".")[0] not in {"message", "reaction"}:
        return False
    try:
        return event.channel == readable_channel(context, id).id
    except TeamError:  # no longer the reader's
        return False


def _allow(context: Context, id: str) -> None:
    readable_channel(context, id)


CHANNEL = Resource(
    uri="teammcp://channel/{id}",
    name="channel",
    description="The latest messages of a channel, oldest first.",
    read=_read,
    changed=_changed,
    allow=_allow,
)
