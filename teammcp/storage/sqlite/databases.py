"""`Databases` in the data folder: one SQLite file for each team, and one server at a time."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from functools import partial
from pathlib import Path

from filelock import FileLock, Timeout

from ...errors import InUse, NotFound, StartError, StorageFull
from ...keys import write_private
from ..base import Reader
from ..failures import failure_of
from ..folder_files import FolderFiles
from ..migrations import Migration
from .connections import SqliteTransaction
from .database import SqliteDatabase
from .migrations import blank, prepare, try_out
from .team_folders import TeamFolders


class SqliteDatabases:
    """The databases below one data folder.

    Args:
        home: the data folder.
        durable: see `SqliteDatabase.open`.
    """

    def __init__(self, home: Path, *, durable: bool = True) -> None:
        self._home = home
        self._durable = durable
        self._folders = TeamFolders(home)
        self._lock = FileLock(home / "server.lock")

    def lock(self) -> None:
        try:
            self._folders.prepare()
            self._lock.acquire(timeout=0)
        except Timeout:
            raise InUse(
                f"Another TeamMCP server is using {self._home}. Stop it, or set TEAMMCP_HOME to another folder."
            ) from None
        except OSError as error:
            raise self._unusable(error, " Set TEAMMCP_HOME.") from error

    def unlock(self) -> None:
        self._lock.release()

    def names(self) -> list[str]:
        try:
            return self._folders.names()
        except OSError as error:
            raise self._unusable(error) from error

    def check_new(self, name: str) -> None:
        self._folders.check_new(name)

    async def open(self, name: str, steps: Sequence[Migration]) -> SqliteDatabase:
        path = self._folders.database(name)
        database = await open_file(path, steps, durable=self._durable)
        try:
            self._folders.opened(name)
        except OSError as error:
            raise _not_opened(path, error) from error
        return database

    async def delete(self, name: str) -> None:
        self._folders.deleted(name)
        await asyncio.to_thread(shutil.rmtree, self.folder(name))

    def folder(self, name: str) -> Path:
        return self._folders.database(name).parent

    def files(self, name: str) -> FolderFiles:
        return FolderFiles(self.folder(name) / "files")

    def check(self, steps: Sequence[Migration]) -> None:
        blank(tuple(steps))

    def try_out(self, parts: Sequence[tuple[str, Sequence[Migration]]]) -> dict[str, str]:
        failed: dict[str, str] = {}
        for path in self._folders.databases():
            with suppress(sqlite3.Error, OSError, Timeout), self._lock.acquire(timeout=0):
                for name, error in try_out(path, [part for part in parts if part[0] not in failed]).items():
                    failed.setdefault(name, f"In the database of team '{path.parent.name}': {error}")
        return failed

    @contextmanager
    def look_into(self, name: str) -> Iterator[Reader]:
        path = self._folders.database(name)
        if not path.is_file():
            raise NotFound(f"There is no team '{name}' in {self._home}.", code="team_not_found")
        uri = f"{path.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as connection:
            connection.row_factory = sqlite3.Row
            connection.execute("BEGIN")
            yield SqliteTransaction(connection)

    def value(self, name: str) -> str | None:
        path = self._home / name
        try:
            return path.read_text(encoding="ascii").strip() if path.exists() else None
        except OSError as error:
            raise self._unusable(error) from error

    def set_value(self, name: str, value: str) -> None:
        try:
            write_private(self._home / name, value)
        except OSError as error:
            raise self._unusable(error) from error

    def _unusable(self, error: OSError, remedy: str = "") -> StartError:
        return StartError(f"The data folder {self._home} cannot be used: {_reason(error)}.{remedy}")


async def open_file(path: Path, steps: Sequence[Migration], *, durable: bool = True) -> SqliteDatabase:
    """Open the database in a file, or make it, and bring it up to date.

    Args:
        path: the file.
        steps: those of its tables, in order.
        durable: see `SqliteDatabase.open`.

    Raises:
        StartError: as `Databases.open`.
    """
    try:
        return await SqliteDatabase.open(path, partial(prepare, steps=tuple(steps)), durable=durable)
    except (sqlite3.Error, OSError) as error:
        raise _not_opened(path, error) from error


def _not_opened(path: Path, error: Exception) -> StartError:
    return StartError(f"The database {path} cannot be opened: {_reason(error, path)}.")


def _reason(error: Exception, path: Path | None = None) -> str:
    """Why something could not be opened, for the person at the terminal."""
    if isinstance(failure_of(error, path), StorageFull):
        return "the disk is full; free some space"
    said = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return ", ".join([said, *getattr(error, "__notes__", ())])
