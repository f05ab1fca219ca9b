"""Connections to a team's SQLite file, and what runs statements on them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import aiosqlite

from ..base import Parameters, Row, Transaction, Work

T = TypeVar("T")

WAL_PAGES = 4000
"""Pages after which the log is copied into the file (SQLite's default is 1000). Those that every message changes are so
copied a quarter as often; one block of the log's index, which readers look through, still holds them all."""


class HopConnection(aiosqlite.Connection):
    """An aiosqlite connection that runs a whole function in its thread.

    The one place that relies on aiosqlite's internals (`_execute`, `_conn`): awaiting each statement on its own would
    make two threads fight for the interpreter lock at every step.
    """

    async def hop(self, function: Callable[..., T], *arguments: Any) -> T:
        """Run ``function(sqlite3_connection, *arguments)`` in the connection's thread."""
        result: T = await self._execute(lambda: function(self._conn, *arguments))  # type: ignore[no-untyped-call]
        return result


class SqliteTransaction:
    """`Transaction` (and `Reader`) over a plain sqlite3 connection; lives in the connection's thread."""

    __slots__ = ("_connection", "callbacks", "steps")

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.callbacks: list[Callable[[], None]] = []
        self.steps: list[Callable[[Transaction], object]] = []

    def all(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        return self._connection.execute(sql, parameters).fetchall()

    def one(self, sql: str, parameters: Parameters = ()) -> Row | None:
        row: Row | None = self._connection.execute(sql, parameters).fetchone()
        return row

    def value(self, sql: str, parameters: Parameters = ()) -> Any:
        row = self._connection.execute(sql, parameters).fetchone()
        return None if row is None else row[0]

    def last_id(self, table: str) -> int:
        return self.value("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)) or 0

    def execute(self, sql: str, parameters: Parameters = ()) -> int:
        return self._connection.execute(sql, parameters).rowcount

    def execute_many(self, sql: str, rows: Iterable[Parameters]) -> None:
        self._connection.executemany(sql, rows)

    def insert(self, sql: str, parameters: Parameters = ()) -> int:
        return self._connection.execute(sql, parameters).lastrowid or 0

    def attempt(self, work: Work[T]) -> T:
        steps, callbacks = len(self.steps), len(self.callbacks)
        self._connection.execute("SAVEPOINT attempt")
        try:
            result = work(self)
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK TO attempt")
                self._connection.execute("RELEASE attempt")
            del self.steps[steps:], self.callbacks[callbacks:]
            raise
        self._connection.execute("RELEASE attempt")
        return result

    def before_commit(self, step: Callable[[Transaction], object]) -> None:
        self.steps.append(step)

    def on_commit(self, callback: Callable[[], None]) -> None:
        self.callbacks.append(callback)


def connect(path: Path, *, read_only: bool, durable: bool) -> sqlite3.Connection:
    """Open (or create) the file for one thread at a time."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=512)
    try:
        _set_up(connection, read_only=read_only, durable=durable)
    except BaseException:
        connection.close()
        raise
    return connection


def _set_up(connection: sqlite3.Connection, *, read_only: bool, durable: bool) -> None:
    connection.row_factory = sqlite3.Row
    for pragma in (
        "journal_mode=WAL",
        f"synchronous={'FULL' if durable else 'OFF'}",
        "foreign_keys=ON",
        "busy_timeout=5000",
        "temp_store=MEMORY",
        "cache_size=-65536",
        "mmap_size=268435456",
        f"wal_autocheckpoint={WAL_PAGES}",
    ):
        connection.execute(f"PRAGMA {pragma}")
    if read_only:
        connection.execute("PRAGMA query_only=ON")


async def open_with_thread(path: Path, *, read_only: bool, durable: bool) -> HopConnection:
    """The same, with a thread of its own."""
    # iter_chunk_size belongs to aiosqlite's own cursors, which are not used here.
    connection = HopConnection(partial(connect, path, read_only=read_only, durable=durable), 64)
    await connection
    return connection
