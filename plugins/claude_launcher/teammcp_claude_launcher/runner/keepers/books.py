"""A keeper's books: what it must still know when the runner was killed, written down in order."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from teammcp import TeamError, Transaction

from ..host import Host

RETRY = 1.0
"""Seconds between two attempts while the disk refuses."""

log = logging.getLogger(__name__)

Work = Callable[[Transaction], Any]


class Books:
    """Writes down what it is told to, together with all that stands in the journal by then. Let `keep` run."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._works: list[tuple[Work, Callable[[Any], None] | None]] = []
        self._noted = asyncio.Event()
        self._written = asyncio.Event()
        self._written.set()

    def note(self, work: Work, then: Callable[[Any], None] | None = None) -> None:
        """Write something down, soon; ``then`` is called with what the work returns, once it is on the disk."""
        self._works.append((work, then))
        self._written.clear()
        self._noted.set()

    async def flush(self) -> None:
        """Return once all that was noted, and all that was in the journal before, is on the disk."""
        if self._works:
            await self._written.wait()
        else:
            await self._surely(self._host.journal.flush)

    async def keep(self) -> None:
        """Write what is noted, until cancelled."""
        while True:
            await self._noted.wait()
            self._noted.clear()
            await self._surely(self._write)

    async def _write(self) -> None:
        works = [*self._works]

        def all_of_them(tx: Transaction) -> list[Any]:
            return [work(tx) for work, _ in works]

        _, results = await asyncio.gather(self._host.journal.flush(), self._host.store.write(all_of_them))
        del self._works[: len(works)]
        for (_, then), result in zip(works, results, strict=True):
            if then is not None:
                then(result)
        if not self._works:
            self._written.set()

    async def _surely(self, write: Callable[[], Awaitable[None]]) -> None:
        refused = False
        while True:
            try:
                await write()
                return
            except TeamError as error:
                if not refused:
                    log.error("what agents do cannot be written down: %s", error.detail)
                refused = True
                await self._host.clock.sleep(RETRY)
