"""Durable storage: what a back end has to offer, and the one on SQLite.

Nothing outside of this package knows which back end there is, where it keeps its data, or what errors it raises.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from .base import LARGEST_ID, Database, Reader, Row, Transaction, Work, marks, present
from .databases import Databases
from .failures import DataDamaged, telling_damage
from .files import FileStore, file_chunks, sha256
from .fulltext import Index, IndexEntry, facet
from .migrations import Migration, is_applied, load_migrations
from .numbers import NumberSeries
from .sqlite import SqliteDatabase, SqliteDatabases, open_file

__all__ = [
    "LARGEST_ID",
    "DataDamaged",
    "Database",
    "Databases",
    "FileStore",
    "Index",
    "IndexEntry",
    "Migration",
    "NumberSeries",
    "Reader",
    "Row",
    "SqliteDatabase",
    "Transaction",
    "Work",
    "facet",
    "file_chunks",
    "is_applied",
    "load_migrations",
    "marks",
    "open_database",
    "open_databases",
    "present",
    "sha256",
    "telling_damage",
]


def open_databases(home: Path, *, durable: bool = True) -> Databases:
    """The databases that a server keeps in its data folder; none is opened yet.

    Args:
        home: the data folder.
        durable: whether writes wait for the disk; False is for tests, whose data nobody needs once they end.
    """
    return SqliteDatabases(home, durable=durable)


async def open_database(path: Path, steps: Sequence[Migration], *, durable: bool = True) -> Database:
    """Open the database in a file, or make it and the folders above it: for a process that is no server.

    One process at a time may use it, which is for the caller to see to.

    Args:
        path: the file.
        steps: those of its tables, in order; see `load_migrations`.
        durable: whether writes wait for the disk; False is for tests, whose data nobody needs once they end.

    Raises:
        StartError: it cannot be opened, or is newer than the program.
    """
    return await open_file(path, steps, durable=durable)
