"""The report on who talks to whom, and where."""

from __future__ import annotations

from teammcp import Context

from . import message_queries
from .findings import Findings
from .queries import Scope


async def communication(context: Context, scope: Scope) -> Findings:
    """Pairs by mentions, direct messages and replies; who writes how much, where, and when."""
    found = Findings()
    senders = await context.read(message_queries.senders, scope)
    pairs = await context.read(message_queries.pairs, scope)
    sent = await context.read(message_queries.sent_over_time, scope)
    found.figures = {"messages": sum(sent.values()), "pairs": len(pairs)}
    found.add("pairs", ("sender", "agent", "mentions", "dms", "replies", "total"), pairs)
    found.add("senders", ("agent", "messages", "channels"), senders)
    channels = await context.read(message_queries.channels, scope)
    found.add("channels", ("channel", "messages", "senders"), channels)
    steps = [{"step_at": scope.since + step * scope.step, "messages": sent.get(step, 0)} for step in range(scope.steps)]
    found.add("messages_over_time", ("step_at", "messages"), steps)
    return found
