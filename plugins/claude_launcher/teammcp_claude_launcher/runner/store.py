"""The runner's own database: one SQLite file, written with group commit and synced at every write."""

from __future__ import annotations

from pathlib import Path

from teammcp import Database, load_migrations, open_database

TABLES = "claude_launcher.runner"
"""The name under which the steps of these tables are recorded."""
FILE = "runner.db"


async def open_store(folder: Path, *, durable: bool = True) -> Database:
    """Open the database in the runner's folder, or make it.

    Args:
        folder: the runner's.
        durable: whether writes wait for the disk; False is for tests.

    Raises:
        StartError: it cannot be opened, or is newer than the program.
    """
    return await open_database(folder / FILE, load_migrations(TABLES, __package__), durable=durable)
