"""The back end on SQLite: a file for each team, in the data folder."""

from __future__ import annotations

from .database import SqliteDatabase
from .databases import SqliteDatabases, open_file

__all__ = ["SqliteDatabase", "SqliteDatabases", "open_file"]
