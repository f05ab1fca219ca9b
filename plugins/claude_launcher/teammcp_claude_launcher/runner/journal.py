"""The journal: what happens in runs, on the disk before anybody hears of it.

Each line has a number, one more than the last one's. Numbers never repeat, also after a crash: the server knows by them
what it has already.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Callable

from teammcp import Database, TeamError, Transaction, hash_key

from ..entries import ENTRY, Ended, Entry, State
from ..protocol import BATCH, LARGEST, JournalEntry
from . import journal_queries as queries
from .fitting import fitted

KEPT = 7 * 86_400_000
"""Milliseconds for which lines are kept that the server has stored, so that one whose data were restored from a backup
can be told again."""
RETRY = 1.0
"""Seconds between two attempts to write while the disk refuses."""

log = logging.getLogger(__name__)


class Journal:
    """The journal of one machine of one team. Open it with `Journal.open`, and let `keep` run.

    Attributes:
        id: unlike that of any other journal.
        stored: up to which number the server is known to have it.
    """

    def __init__(self, store: Database, id: str, stored: int, last: int, now: Callable[[], int]) -> None:
        self.id = id
        self.stored = stored
        self._store = store
        self._now = now
        self._last = self._on_disk = last
        self._told: int | None = last
        """No line behind this one was told to the server; None once it has said what it has."""
        self._buffer: list[tuple[JournalEntry, str]] = []
        self._appended = asyncio.Event()
        self._news = asyncio.Event()
        self._writing = asyncio.Lock()

    @classmethod
    async def open(cls, store: Database, key: str, now: Callable[[], int]) -> Journal:
        """The journal that belongs to a machine's key; a new one if there is none.

        Args:
            store: the runner's database.
            key: the machine's. It is not kept, but its hash.
            now: UTC milliseconds.
        """

        def find(tx: Transaction) -> tuple[str, int, int]:
            row = queries.find_journal(tx, hash_key(key))
            if row is None:
                new = str(uuid.uuid4())
                queries.add_journal(tx, new, hash_key(key))
                return new, 0, 0
            return row["id"], row["stored"], queries.last_seq(tx, row["id"])

        return cls(store, *await store.write(find), now)

    @property
    def last(self) -> int:
        """The number of the last line."""
        return self._last

    def append(self, run: int, entry: Entry) -> int:
        """Write a line down, soon; its number. What is too long in it is cut.

        It is lost if the process ends before `flush` has returned: wait for that before you do what depends on it.
        """
        self._last += 1
        short = fitted(entry)
        line = JournalEntry(seq=self._last, run=run, at=self._now(), entry=short)
        self._buffer.append((line, short.model_dump_json()))
        self._appended.set()
        return self._last

    async def flush(self) -> None:
        """Return once all that was appended is on the disk.

        Raises:
            TeamError: the disk refuses. It is tried again, until it does not.
        """
        async with self._writing:
            if not self._buffer:
                return
            lines = [*self._buffer]
            await self._store.write(lambda tx: self._write(tx, lines))
            self._on_disk = lines[-1][0].seq
            del self._buffer[: len(lines)]
            news, self._news = self._news, asyncio.Event()
            news.set()

    def _write(self, tx: Transaction, lines: list[tuple[JournalEntry, str]]) -> None:
        queries.append(tx, self.id, [(line.seq, line.run, line.at, text) for line, text in lines])
        for line, _ in lines:
            if isinstance(line.entry, Ended):
                queries.run_is_over(tx, self.id, line.run)
            elif isinstance(line.entry, State) and line.entry.state == "starting":
                queries.run_lives(tx, self.id, line.run)

    async def agree(self, stored: int) -> None:
        """The server says up to which number it has the journal.

        More than it can have been told means that the runner's folder was put back to an earlier state, as a machine is
        that is restored from a snapshot. What was written since would pass for what the server has: it gets numbers
        behind that.
        """
        if self._told is not None and stored > self._told:
            log.warning("the journal was put back to line %d; it goes on where the server is: %d", self._told, stored)
            await self._renumber(self._told, stored - self._told)
        self._told = None
        self.stored = stored

    async def _renumber(self, behind: int, by: int) -> None:
        async with self._writing:
            self._last += by
            self._buffer = [_renumbered(line, text, by) for line, text in self._buffer]
            await self._store.write(lambda tx: queries.renumber(tx, self.id, behind, by))
            self._on_disk += by

    async def keep(self) -> None:
        """Write what is appended, until cancelled."""
        refused = False
        while True:
            await self._appended.wait()
            self._appended.clear()
            try:
                await self.flush()
                refused = False
            except TeamError as error:
                if not refused:
                    log.error("the journal cannot be written: %s", error.detail)
                refused = True
                self._appended.set()
                await asyncio.sleep(RETRY)

    async def runs_without_end(self) -> list[int]:
        """The runs that have begun, and whose end was not written down."""
        return await self._store.read(queries.live_runs, self.id)

    async def read(self, after: int) -> list[JournalEntry]:
        """The lines on the disk behind a number, oldest first: as many as one report takes."""
        rows = await self._store.read(queries.lines_after, self.id, after, BATCH)
        lines: list[JournalEntry] = []
        size = 0
        for row in rows:
            size += len(row["entry"])
            if lines and size > LARGEST // 2:
                break
            entry = ENTRY.validate_json(row["entry"])
            lines.append(JournalEntry(seq=row["seq"], run=row["run"], at=row["at"], entry=entry))
        return lines

    async def wait_behind(self, seq: int) -> None:
        """Wait until there is a line on the disk behind this number."""
        while self._on_disk <= seq:
            await self._news.wait()

    async def forget(self) -> None:
        """Delete what the server has stored, and which is older than `KEPT`."""
        stored, before = self.stored, self._now() - KEPT

        def work(tx: Transaction) -> None:
            queries.set_stored(tx, self.id, stored)
            queries.forget(tx, self.id, stored, before)

        await self._store.write(work)


def _renumbered(line: JournalEntry, text: str, by: int) -> tuple[JournalEntry, str]:
    return line.model_copy(update={"seq": line.seq + by}), text
