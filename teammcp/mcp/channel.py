"""Messages handed to a running model: Claude Code's ``claude/channel`` notifications.

They arrive in the model's next turn, if the client was started with the channel; otherwise the client drops them
without a word. So nothing counts as offered or read because of a push, and the inbox tells of it again.
"""

from __future__ import annotations

import asyncio
import re
from typing import Any, Literal

from mcp.server.session import ServerSession
from mcp.types import Implementation, Notification

from ..text.untrusted import fence, quote
from .upstream import Unreachable, Upstream, call, pauses

CAPABILITY = "claude/channel"
WAIT_MS = 30_000
_CLOSING = re.compile(r"</(?=channel)", re.IGNORECASE)


class ChannelNotification(Notification[dict[str, Any], Literal["notifications/claude/channel"]]):
    """``content`` is put into a ``<channel …>`` tag of the model's context, with ``meta`` as the tag's attributes."""

    method: Literal["notifications/claude/channel"] = "notifications/claude/channel"
    params: dict[str, Any]


def takes_channel(client: Implementation | None) -> bool:
    """Whether a client knows these notifications. Clients do not say so, hence by name."""
    return client is not None and client.name.lower().startswith("claude")


async def push(session: ServerSession, upstream: Upstream) -> None:
    """Hand over each message to this agent from now on, as it comes. Ends only by being cancelled.

    Raises:
        KeyRefused: the key is no longer valid. MCPError: the server refuses to tell.
    """
    me = (await _patiently(upstream, "get_me"))["name"]
    cursor = (await _patiently(upstream, "sync"))["cursor"]
    while True:
        page = await _patiently(upstream, "sync", since=cursor, wait_ms=WAIT_MS, kinds=["message.sent"])
        for event in page["events"]:
            if event["actor"] != me and me in event["data"]["addressed"]:
                # The hint lists the protocol's own notifications only; the method takes any.
                await session.send_notification(notification(event["data"]))  # type: ignore[arg-type]
        cursor = page["cursor"]


def notification(message: dict[str, Any]) -> ChannelNotification:
    """A message as a notification. What its sender wrote can end neither its fence nor the tag it stands in."""
    origin = f"[{message['id']}] {message['created_at'][:16]} {message['from_agent']} ({message['from_kind']})"
    more = f"\n(it has parts: get_message message_id={message['id']})" if message.get("parts") else ""
    said = fence([f"{origin}: {quote(message['content'])}{more}"], f"#{message['channel_id']}")
    return ChannelNotification(
        params={
            "content": _CLOSING.sub("<\\/", said),
            "meta": {
                "sender": message["from_agent"],
                "channel": message["channel_id"],
                "message_id": str(message["id"]),
                "priority": message["priority"],
            },
        }
    )


async def _patiently(upstream: Upstream, tool: str, **arguments: Any) -> dict[str, Any]:
    for pause in pauses():
        try:
            return await call(upstream, tool, **arguments)
        except Unreachable:
            await asyncio.sleep(pause)
    raise AssertionError("pauses never end")
