"""Progress in percent, of tasks with subtasks and of goals."""

from __future__ import annotations


def percent_of(progress: int, weights: int) -> int:
    """A weighted mean of percentages as a whole number, from their weighted sum and the sum of their weights.

    It is 0 only if nothing has been done of any part, and 100 only if all of every part has.
    """
    if progress <= 0 or not weights:
        return 0
    return 100 if progress >= 100 * weights else min(99, max(1, (2 * progress + weights) // (2 * weights)))
