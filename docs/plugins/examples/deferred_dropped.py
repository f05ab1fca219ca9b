"""Count how often members ask for what they do not get."""

from collections import Counter
from typing import Any

from teammcp import hookimpl

asked_in_vain: Counter[str] = Counter()


@hookimpl
def deferred_dropped(context: Any, operation: str, arguments: Any, proposer: str, reason: str) -> None:
    asked_in_vain[proposer] += 1
