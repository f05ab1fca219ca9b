"""Waiting for what happens, as long as nothing else happens first."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class Bell:
    """Wakes all who wait for something to have changed.

    Whoever waits takes hold of `next` before looking at what may change, so that nothing slips between.
    """

    def __init__(self) -> None:
        self._next = asyncio.Event()

    @property
    def next(self) -> asyncio.Event:
        """Set when the bell rings next."""
        return self._next

    def ring(self) -> None:
        """Something has changed."""
        self._next.set()
        self._next = asyncio.Event()


async def unless(work: Coroutine[Any, Any, T], *others: Coroutine[Any, Any, object]) -> T | None:
    """Do some work until it is done or one of the others is, whichever is first; the rest is cancelled.

    Returns:
        What the work gives; None if another was done first.

    Raises:
        Exception: what the work raises.
    """
    mine = asyncio.ensure_future(work)
    tasks = [mine, *map(asyncio.ensure_future, others)]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        return mine.result() if mine.done() else None
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
