"""The SQLite back end: one writer with group commit, a small pool of readers.

Works queue up while the previous batch commits; the writer then runs all of them in one transaction, each inside its
own savepoint, with one thread hop and one fsync for the lot. Sixteen senders so cost little more than one.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from ...errors import StorageFailed, TeamError, Unavailable
from ..base import Transaction, Work
from ..failures import failure_of
from .connections import HopConnection, SqliteTransaction, connect, open_with_thread
from .identity import Identity

T = TypeVar("T")
Callbacks = list[Callable[[], None]]
Outcome = tuple[Any, BaseException | None, Callbacks]
Step = tuple[Callable[[Transaction], object], Callbacks]
"""What a work has left for the end of its batch, and where what it registers there goes: to the work's own."""

log = logging.getLogger(__name__)

BATCH_LIMIT = 256
READERS = 3
CLOSED = "This team is closed: the server is stopping, or the team was deleted. Try again in a moment."
QUICK = 0.25
"""Seconds that a quick read may take: everybody waits for it."""
STEPS = 10_000
"""Of SQLite's machine, well under a millisecond, between two looks at the clock."""


def _run_batch(connection: sqlite3.Connection, identity: Identity, works: list[Work[Any]]) -> list[Outcome]:
    """Run every work in one transaction; in the connection's thread. One outcome a work, in order."""
    outcomes: list[Outcome] = []
    steps: list[Step] = []
    try:
        identity.check()
        connection.execute("BEGIN IMMEDIATE")
        for work in works:
            outcomes.append(_run_work(connection, work, steps))
            if not connection.in_transaction:  # SQLite ended the whole transaction (full disk, I/O error)
                raise outcomes[-1][1] or sqlite3.OperationalError("the transaction was ended")
        for step, callbacks in steps:  # which may grow: a step may leave others
            transaction = SqliteTransaction(connection)
            step(transaction)
            callbacks.extend(transaction.callbacks)
            steps.extend((following, callbacks) for following in transaction.steps)
        connection.execute("COMMIT")
        identity.check()  # what was written into a file that is gone by now must not be acknowledged
    except BaseException as error:  # noqa: BLE001 - every waiting caller must hear of it
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        # A work that had failed by itself keeps its own reason; the rest share the batch's.
        own = [outcome[1] for outcome in outcomes] + [None] * (len(works) - len(outcomes))
        return [(None, reason or error, []) for reason in own]
    return outcomes


def _run_work(connection: sqlite3.Connection, work: Work[Any], steps: list[Step]) -> Outcome:
    """Run one work in a savepoint; what it leaves for the end of the batch is added to ``steps``."""
    transaction = SqliteTransaction(connection)
    connection.execute("SAVEPOINT work")
    try:
        result = work(transaction)
        connection.execute("RELEASE work")
    except BaseException as error:  # noqa: BLE001 - handed to the caller
        if connection.in_transaction:
            connection.execute("ROLLBACK TO work")
            connection.execute("RELEASE work")
        return None, error, []
    steps.extend((step, transaction.callbacks) for step in transaction.steps)
    return result, None, transaction.callbacks


def _run_query(connection: sqlite3.Connection, query: Callable[..., T], *arguments: Any) -> T:
    connection.execute("BEGIN")  # one snapshot for all statements of the query
    try:
        return query(SqliteTransaction(connection), *arguments)
    finally:
        connection.execute("COMMIT")


class SqliteDatabase:
    """`Database` in one SQLite file. Open it with `SqliteDatabase.open`."""

    def __init__(
        self, path: Path, writer: HopConnection, readers: list[HopConnection], quick_reader: sqlite3.Connection
    ) -> None:
        self.path = path
        self._writer = writer
        self._all_readers = readers
        self._quick_reader = quick_reader
        self._quick_until = 0.0
        self._identity = Identity(path)
        self.trouble: TeamError | None = None
        """Why the last batch could not be written, if that was the machine's fault; None since one was."""
        quick_reader.set_progress_handler(lambda: time.monotonic() > self._quick_until, STEPS)
        self._readers: asyncio.LifoQueue[HopConnection] = asyncio.LifoQueue()
        for reader in readers:
            self._readers.put_nowait(reader)
        self._queue: list[tuple[Work[Any], asyncio.Future[Any]]] = []
        self._wake = asyncio.Event()
        self._reading = 0
        self._quiet = asyncio.Event()
        self._closing = self._closed = False
        self._task = asyncio.create_task(self._write_forever(), name=f"writer-{path.parent.name}")

    @classmethod
    async def open(
        cls, path: Path, prepare: Callable[[sqlite3.Connection], None] | None = None, *, durable: bool = True
    ) -> SqliteDatabase:
        """Open (or create) the file.

        Args:
            path: the file.
            prepare: runs first on the writer's connection, to migrate.
            durable: whether writes wait for the disk; False is for tests, whose data nobody needs once they end.

        Raises:
            StartError: from ``prepare``.
            sqlite3.Error: the file cannot be opened.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        writer = await open_with_thread(path, read_only=False, durable=durable)
        try:
            if prepare is not None:
                await writer.hop(prepare)
            readers = [await open_with_thread(path, read_only=True, durable=durable) for _ in range(READERS)]
            quick_reader = await writer.hop(lambda _: connect(path, read_only=True, durable=durable))
        except BaseException:
            await writer.close()
            raise
        quick_reader.execute("PRAGMA busy_timeout=0")
        return cls(path, writer, readers, quick_reader)

    @property
    def place(self) -> str:
        return str(self.path)

    async def write(self, work: Work[T]) -> T:
        if self._closing:
            raise Unavailable(CLOSED)
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._queue.append((work, future))
        self._wake.set()
        return await future  # a caller that goes away cancels this, not its work, which may already be in a batch

    async def read(self, query: Callable[..., T], *arguments: Any) -> T:
        if self._closing:
            raise Unavailable(CLOSED)
        self._reading += 1
        try:
            reader = await self._readers.get()
            try:
                return await reader.hop(_run_query, query, *arguments)
            except sqlite3.Error as error:
                self._fail(error)
                raise
            finally:
                self._readers.put_nowait(reader)
        finally:
            self._reading -= 1
            if not self._reading:
                self._quiet.set()

    async def quick_read(self, query: Callable[..., T], *arguments: Any) -> T:
        if self._closed:
            raise Unavailable(CLOSED)
        # In the loop: this takes less time than to hand it to another thread, with which the loop would share the
        # interpreter.
        self._quick_until = time.monotonic() + QUICK
        try:
            return _run_query(self._quick_reader, query, *arguments)
        except sqlite3.Error as error:
            self._fail(error)
            raise

    def _fail(self, error: sqlite3.Error) -> None:
        """Raise the failure of the machine that a query has met. One that would write is a fault of the program's."""
        failure = failure_of(error, self.path)
        if failure is not None and getattr(error, "sqlite_errorcode", None) != sqlite3.SQLITE_READONLY:
            raise failure from error

    async def look(self) -> TeamError | None:
        try:
            await asyncio.to_thread(self._identity.check)
        except (TeamError, OSError) as error:
            return failure_of(error) or (error if isinstance(error, TeamError) else StorageFailed(str(error)))
        if self.trouble is not None:  # it may have ended; who would know, as long as nobody writes?
            with contextlib.suppress(TeamError, sqlite3.Error):
                await self.write(_touch)
        return self.trouble

    async def close(self) -> None:
        if self._closing:
            return
        self._closing = True
        self._wake.set()
        await self._task
        if self._reading:  # accepted before, some perhaps still waiting for a connection
            self._quiet.clear()
            await self._quiet.wait()
        for connection in [*self._all_readers, self._writer]:
            await connection.close()
        self._closed = True  # whoever has just been told of a write could read quickly until now
        self._quick_reader.close()

    async def _write_forever(self) -> None:
        while not (self._closing and not self._queue):
            if not self._queue:
                self._wake.clear()
                await self._wake.wait()
                continue
            batch, self._queue = self._queue[:BATCH_LIMIT], self._queue[BATCH_LIMIT:]
            outcomes = await self._commit(batch)
            for (_, future), (result, error, callbacks) in zip(batch, outcomes, strict=True):
                for callback in callbacks:
                    _call_back(callback)
                if future.cancelled():
                    continue
                if error is None:
                    future.set_result(result)
                else:
                    future.set_exception(error)

    async def _commit(self, batch: list[tuple[Work[Any], asyncio.Future[Any]]]) -> list[Outcome]:
        try:
            outcomes = await self._writer.hop(_run_batch, self._identity, [work for work, _ in batch])
        except Exception as error:  # noqa: BLE001 - every waiting caller must hear of it
            outcomes = [(None, error, [])] * len(batch)
        return self._told(outcomes)

    def _told(self, outcomes: list[Outcome]) -> list[Outcome]:
        """The outcomes with the machine's failures in words; the log and `trouble` hear when those begin and end."""
        told: list[Outcome] = []
        trouble = None
        for result, error, callbacks in outcomes:
            failure = None if error is None else failure_of(error, self.path)
            if failure is None and isinstance(error, StorageFailed):
                failure = error
            trouble = trouble or failure
            told.append((result, failure or error, callbacks))
        if trouble is None:
            if self.trouble is not None and any(error is None for _, error, _ in told):
                log.warning("the database of team %s is written again", self._name)
                self.trouble = None
        elif not isinstance(trouble, Unavailable):
            if self.trouble is None or self.trouble.detail != trouble.detail:
                why = trouble.__cause__ or trouble
                log.error("the database of team %s cannot be written: %s (%s)", self._name, trouble.detail, why)
            self.trouble = trouble
        return told

    @property
    def _name(self) -> str:
        return self.path.parent.name


def _touch(tx: Transaction) -> None:
    """Write a page that stays as it is."""
    tx.execute("PRAGMA user_version = 0")


def _call_back(callback: Callable[[], None]) -> None:
    try:
        callback()
    except Exception:
        # The rows are durable; memory that missed an update must be seen, not hidden.
        log.exception("a callback after commit failed")
