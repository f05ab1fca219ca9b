"""Reacting to a message."""

from __future__ import annotations

from ....operations import Context, operation
from ....storage import Transaction, Work
from .. import queries
from ..events import ReactionAdded, ReactionRemoved
from ..models import (
    Emoji,
    MessageId,
    ReactionChange,
)
from ..shapes import message_now
from ..visibility import living, still_there


@operation("POST /api/messages/{message_id}/reactions", profile="messages", everyday=True, idempotent=True)
async def add_reaction(context: Context, message_id: MessageId, emoji: Emoji) -> Work[ReactionChange]:
    """React to a message with an emoji."""
    return await _react(context, message_id, emoji, add=True)


@operation("DELETE /api/messages/{message_id}/reactions/{emoji}", profile="messages", idempotent=True)
async def remove_reaction(context: Context, message_id: MessageId, emoji: Emoji) -> Work[ReactionChange]:
    """Take back your reaction."""
    return await _react(context, message_id, emoji, add=False)


async def _react(context: Context, message_id: int, emoji: Emoji, *, add: bool) -> Work[ReactionChange]:
    _, channel = await living(context, message_id)
    agent = context.actor.name

    def work(tx: Transaction) -> ReactionChange:
        still_there(tx, message_id)
        if add:
            changed = queries.add_reaction(tx, message_id, emoji, agent, context.now())
        else:
            changed = queries.remove_reaction(tx, message_id, emoji, agent)
        if changed:
            kind = ReactionAdded if add else ReactionRemoved
            reaction = kind(message_id=message_id, channel_id=channel.id, emoji=emoji, agent=agent)
            context.emit(tx, reaction, message_id, channel=channel.id)
            message = message_now(tx, message_id)
            tx.on_commit(lambda: context.notify("reaction_changed", message=message, emoji=emoji, added=add))
        return ReactionChange(message_id=message_id, emoji=emoji, agent=agent, changed=changed)

    return work
