"""Count how often members ask for what they do not get."""

from collections import Counter

from teammcp import Context, hookimpl

asked_in_vain: Counter[str] = Counter()


@hookimpl
def deferred_dropped(context: Context, operation: str, proposer: str, reason: str) -> None:
    asked_in_vain[proposer] += 1
