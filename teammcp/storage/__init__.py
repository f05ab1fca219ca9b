"""Durable storage of one team: the `Database` interface, its SQLite back end and migrations."""

from __future__ import annotations

from .base import LARGEST_ID, Database, Reader, Row, Transaction, Work
from .fulltext import Index, IndexEntry, facet
from .migrations import Migration, load_migrations
from .sqlite import SqliteDatabase

__all__ = [
    "LARGEST_ID",
    "Database",
    "Index",
    "IndexEntry",
    "Migration",
    "Reader",
    "Row",
    "SqliteDatabase",
    "Transaction",
    "Work",
    "facet",
    "load_migrations",
]
