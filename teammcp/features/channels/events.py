"""The kinds of events that channels appends."""

from __future__ import annotations

EVENT_KINDS = {
    "channel.created": "a channel was created",
    "channel.updated": "a channel's name or description was changed",
    "channel.archived": "a channel was archived or brought back",
    "channel.member_added": "an agent became a member of a channel",
    "channel.member_removed": "an agent is no longer a member of a channel",
}
