"""The report on who talks to whom, and where."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from teammcp import Context

from . import message_queries
from .findings import Findings
from .queries import LISTED, Scope, chunks

Pair = tuple[str, str]
WAYS = ("mentions", "dms", "replies")
"""How one member turns to another one."""


async def communication(context: Context, scope: Scope) -> Findings:
    """Pairs by mentions, direct messages and replies; who writes how much, where, and when."""
    pairs: Mapping[str, Counter[Pair]] = {way: Counter() for way in WAYS}
    written, sent = Counter[Pair](), Counter[int]()
    for ids in chunks(scope.messages):
        for row in await context.read(message_queries.called, scope, ids):
            for way in ("mentions", "dms"):
                pairs[way][row["sender"], row["agent"]] += row[way]
        for row in await context.read(message_queries.replied, scope, ids):
            pairs["replies"][row["sender"], row["agent"]] += row["replies"]
        for row in await context.read(message_queries.written, scope, ids):
            written[row["agent"], row["channel"]] += row["messages"]
            sent[row["step"]] += row["messages"]
    found = Findings()
    busiest = _busiest(pairs)
    found.figures = {"messages": sent.total(), "pairs": len(busiest)}
    found.add("pairs", ("sender", "agent", *WAYS, "total"), busiest)
    found.add("senders", ("agent", "messages", "channels"), _sums(written, 0, "agent", "channels"))
    found.add("channels", ("channel", "messages", "senders"), _sums(written, 1, "channel", "senders"))
    steps = [{"step_at": start, "messages": sent[step]} for step, start in enumerate(scope.starts)]
    found.add("messages_over_time", ("step_at", "messages"), steps)
    return found


def _busiest(pairs: Mapping[str, Counter[Pair]]) -> list[dict[str, Any]]:
    """The pairs of which the first turned to the second one most often."""
    totals = sum(pairs.values(), Counter[Pair]())
    return [
        {"sender": pair[0], "agent": pair[1], **{way: pairs[way][pair] for way in WAYS}, "total": totals[pair]}
        for pair in sorted(totals, key=lambda pair: (-totals[pair], pair))[:LISTED]
    ]


def _sums(written: Counter[Pair], place: int, by: str, others: str) -> list[dict[str, Any]]:
    """For each member, or channel: how many messages, and in how many channels, or by how many; the busiest first."""
    messages, places = Counter[str](), Counter[str]()
    for pair, count in written.items():
        messages[pair[place]] += count
        places[pair[place]] += 1
    busiest = sorted(messages, key=lambda name: (-messages[name], name))[:LISTED]
    return [{by: name, "messages": messages[name], others: places[name]} for name in busiest]
