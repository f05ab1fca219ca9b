"""How fast what a program says is written down: at once, as long as it says no more than anybody could read.

All agents of a runner share its disk and its link to the server. So each has a share: what a program says beyond it
waits for a moment, and is written down together: texts in one entry, of which the middle is left out if it is too
long, and of a tool or a plan how it stands then. What has a meaning for the runner or the server waits for nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ...entries import LARGEST, Entry, Noted, Plan, Said, Thought, Tool
from ..fitting import Grown, fitted
from ..host import Clock

AT_ONCE = 1024 * 1024
"""Characters that a run may have written down at once."""
EACH_SECOND = 64 * 1024
"""Characters that it may have written down in a second, if it goes on."""
ENTRY = 512
"""Characters for which an entry counts besides its own: many small ones are work, too."""
LITTLE = 1024
"""Characters of an entry that can wait no longer, while the share is used up."""
MOST = 100
"""Entries that wait."""

Words = Said | Thought | Noted
Key = tuple[str, str]


class Pace:
    """The share of one run. Let `keep` run.

    Args:
        clock: of the runner.
        write: writes an entry down.
    """

    def __init__(self, clock: Clock, write: Callable[[Entry], None]) -> None:
        self._clock = clock
        self._write = write
        self._left = float(AT_ONCE)
        self._counted_at = clock.passed()
        self._words: dict[Key, Grown] = {}
        self._waiting: dict[Key, Entry] = {}
        self._waits = asyncio.Event()

    def add(self, entry: Entry) -> None:
        """Write an entry down, now or soon; all that came before it is by then."""
        match entry:
            case Said() | Thought() | Noted() | Tool() | Plan() if self._waiting or self._is_used_up():
                self._put_off(entry)
            case Said() | Thought() | Noted() | Tool() | Plan():
                self._spend(entry)
            case _:
                self.flush()
                self._write(entry)

    def flush(self) -> None:
        """Write down what waits; no more than a little of each while the share is used up."""
        for key, entry in self._waiting.items():
            most = LITTLE if self._is_used_up() else LARGEST
            if (words := self._words.get(key)) is not None:
                self._spend(entry.model_copy(update={"text": words.text(most)}))
            else:
                self._spend(fitted(entry, most))
        self._waiting.clear()
        self._words.clear()

    async def keep(self) -> None:
        """Write down what waits as soon as there is a share for it, until cancelled."""
        while True:
            await self._waits.wait()
            self._waits.clear()
            await self._clock.sleep(max(1.0, -self._left / EACH_SECOND))
            self.flush()

    def _put_off(self, entry: Entry) -> None:
        key = (entry.kind, entry.id if isinstance(entry, Tool) else "")
        self._waiting[key] = entry
        if isinstance(entry, Words):
            self._words.setdefault(key, Grown(LARGEST // 2)).add(entry.text)
        self._waits.set()
        if len(self._waiting) > MOST:
            self.flush()

    def _spend(self, entry: Entry) -> None:
        if isinstance(entry, Words):
            size = len(entry.text)
        else:
            entry = fitted(entry)
            size = len(entry.model_dump_json())
        self._left -= ENTRY + size
        self._write(entry)

    def _is_used_up(self) -> bool:
        now = self._clock.passed()
        self._left = min(self._left + (now - self._counted_at) * EACH_SECOND, AT_ONCE)
        self._counted_at = now
        return self._left <= 0
