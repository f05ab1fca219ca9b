"""The channels that a reader may read, as the pages of the inbox name them."""

from __future__ import annotations

from ....operations import Context
from ....web.channels import ChannelEntry, channel_entry


async def entries_of(context: Context) -> dict[str, ChannelEntry]:
    """All channels that the reader may read, by id."""
    channels = await context.call("get_channels", include_archived=True)
    return {info.id: channel_entry(context, info) for info in channels.root}
