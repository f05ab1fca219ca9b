"""Durable storage of one team: the `Database` interface, its SQLite back end and migrations."""

from __future__ import annotations

from .base import Database, Reader, Row, Transaction, Work
from .migrations import Migration, load_migrations
from .sqlite import SqliteDatabase

__all__ = ["Database", "Migration", "Reader", "Row", "SqliteDatabase", "Transaction", "Work", "load_migrations"]
