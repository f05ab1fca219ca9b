"""The report on who talks to whom, and where."""

from __future__ import annotations

from collections import Counter
from typing import Any

from teammcp import Context

from . import message_queries
from .findings import Findings
from .queries import LISTED, Scope


async def communication(context: Context, scope: Scope) -> Findings:
    """Pairs by mentions, direct messages and replies; who writes how much, where, and when."""
    found = Findings()
    pairs = await context.read(message_queries.pairs, scope)
    written = await context.read(message_queries.written, scope)
    sent = await context.read(message_queries.sent_over_time, scope)
    found.figures = {"messages": sum(sent.values()), "pairs": len(pairs)}
    found.add("pairs", ("sender", "agent", "mentions", "dms", "replies", "total"), pairs)
    found.add("senders", ("agent", "messages", "channels"), _sums(written, "agent", "channels"))
    found.add("channels", ("channel", "messages", "senders"), _sums(written, "channel", "senders"))
    steps = [{"step_at": scope.since + step * scope.step, "messages": sent.get(step, 0)} for step in range(scope.steps)]
    found.add("messages_over_time", ("step_at", "messages"), steps)
    return found


def _sums(written: list[Any], by: str, others: str) -> list[dict[str, Any]]:
    """For each member, or channel: how many messages, and in how many channels, or by how many; the busiest first."""
    messages, places = Counter[str](), Counter[str]()
    for row in written:
        messages[row[by]] += row["messages"]
        places[row[by]] += 1
    busiest = sorted(messages, key=lambda name: (-messages[name], name))[:LISTED]
    return [{by: name, "messages": messages[name], others: places[name]} for name in busiest]
