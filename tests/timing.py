"""How long something takes, on a machine that does other things meanwhile."""

from __future__ import annotations

import time
from collections.abc import Callable

TRIES = 3


def quickest(work: Callable[[], object], clock: Callable[[], float] = time.process_time) -> float:
    """The seconds that some work takes at least: collecting garbage, or the machine, may hold up one try."""
    found = []
    for _ in range(TRIES):
        began = clock()
        work()
        found.append(clock() - began)
    return min(found)
