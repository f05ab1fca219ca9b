"""What is used, against what may be: the one rule for runs, tasks, days and teams."""

from __future__ import annotations

from .sentences import USED_COST, USED_TOKENS

MICROS = 1_000_000
"""A dollar, in the unit in which costs are kept: sums of fractions would drift."""


def over(cost_usd: float, most_usd: float, tokens: int, most_tokens: int) -> str:
    """Which limit is used up, said as so much of so much; empty if none is. A limit of 0 is none."""
    if most_usd and cost_usd >= most_usd:
        return USED_COST(used=f"{cost_usd:.2f}", most=f"{most_usd:.2f}")
    return USED_TOKENS(used=tokens, most=most_tokens) if most_tokens and tokens >= most_tokens else ""
