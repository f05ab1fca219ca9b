"""How long a question would wait: pure rules."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median


def next_wait(took: Sequence[int], waiting: int, answering: int, at_once: int) -> int | None:
    """How many seconds the next question to a project would wait for its turn.

    Args:
        took: how many milliseconds the last questions were being answered.
        waiting: how many wait.
        answering: how many are being answered.
        at_once: how many can be answered at a time.

    Returns:
        0 if there is room now; None if it cannot be told, since nothing was answered yet or nobody answers.
    """
    if at_once and not waiting and answering < at_once:
        return 0
    if not took or not at_once:
        return None
    rounds = waiting // at_once + 1
    return round(median(took) * rounds / 1000)
