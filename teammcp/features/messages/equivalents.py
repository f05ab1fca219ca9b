"""The ways to say something to somebody, each in terms of the others.

So that a rule, or an access level in the settings, for one of them is one for all.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...members.directory import Channel, is_dm, sides
from ...operations import Context
from ..channels import resolve
from .audience import all_mentions, effective_priority
from .models import Priority

SHARED = {"content", "replyTo", "priority", "ack_required", "reply_by", "files", "parts"}
"""The arguments that all ways to send have."""

Calls = list[dict[str, Any]]


async def sending(context: Context, arguments: Any) -> Calls:
    """What send_message will send: everybody it calls, in its text too, and the priority that it gets."""
    channel = resolve(context, arguments.channel)
    called = await _called(context, channel, arguments.content, arguments.priority, arguments.mentions)
    return [{**arguments.model_dump(mode="json"), **called}]


async def sending_as_dm(context: Context, arguments: Any) -> Calls:
    """What is sent to a channel of direct messages goes to its other member."""
    return as_dm(context, (await sending(context, arguments))[0])


async def adding(context: Context, arguments: Any) -> Calls:
    """Whom send_message calls may become a member of its channel."""
    if not arguments.auto_add_mentions or is_dm(arguments.channel):
        return []
    there = context.team.directory.members(arguments.channel)
    called = await all_mentions(context, arguments.mentions, arguments.content)
    return [{"channel": arguments.channel, "agent_name": name} for name in called if name not in {*there, "all"}]


async def dm_as_message(context: Context, arguments: Any) -> Calls:
    """What send_dm sends, to the channel of the two."""
    channel = resolve(context, f"dm:{arguments.recipient}")
    called = await _called(context, channel, arguments.content, arguments.priority)
    return [{**arguments.model_dump(mode="json", include=SHARED), "channel": channel.id, **called}]


def as_dm(context: Context, message: dict[str, Any]) -> Calls:
    """A call of send_message as one of send_dm, if it is to a member."""
    shared = {name: value for name, value in message.items() if name in SHARED}
    return [{**shared, "recipient": name} for name in _partners(context, message["channel"])]


def _partners(context: Context, channel_id: str) -> Iterator[str]:
    if is_dm(channel_id):
        yield from (name for name in sides(channel_id) if name != context.actor.name)


async def _called(
    context: Context, channel: Channel, content: str, priority: Priority | None, given: list[str] | None = None
) -> dict[str, Any]:
    mentions = await all_mentions(context, given or [], content)
    return {
        "mentions": everybody_called(context, channel, mentions),
        "priority": effective_priority(context, channel, mentions, priority),
    }


def everybody_called(context: Context, channel: Channel, mentions: list[str]) -> list[str]:
    """Who is called, with each member of the channel by name where everybody is."""
    if "all" not in mentions:
        return mentions
    there = sorted(context.team.directory.members(channel.id) - {context.actor.name})
    return list(dict.fromkeys([*mentions, *there]))
