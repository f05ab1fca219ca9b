"""What the machine refuses, as errors that say what to do: no room, a dead or read-only disk, no descriptors."""

from __future__ import annotations

import errno
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import StorageFailed, StorageFull, TeamError, Unavailable

SPARE = 16 * 1024 * 1024
"""Bytes that are free on a disk that does not count as full."""

_LOCKED = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_NOT_WRITTEN = {sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_SHMSIZE}
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}

_FULL = "The disk or the database is full: nothing was written. Free space and try again."
_LOST = "Nothing was written. The server's administrator has to look at the disk."
_BY_CODE = {
    sqlite3.SQLITE_IOERR: f"The disk of the database answers with errors. {_LOST}",
    sqlite3.SQLITE_CORRUPT: "The file of the database is damaged. The server's administrator has to restore a backup.",
    sqlite3.SQLITE_NOTADB: "The file of the database is damaged. The server's administrator has to restore a backup.",
    sqlite3.SQLITE_READONLY: f"The disk or the file of the database is read-only. {_LOST}",
    sqlite3.SQLITE_CANTOPEN: f"The files of the database cannot be opened. {_LOST}",
    sqlite3.SQLITE_PERM: f"The server may not open the files of the database. {_LOST}",
    sqlite3.SQLITE_NOMEM: "The server has no memory left. Try again later.",
}
_BY_ERRNO = {
    errno.EIO: "The server's disk answers with errors.",
    errno.EROFS: "The server's disk is read-only.",
    errno.EMFILE: "The server has no file descriptors left. Try again in a moment.",
    errno.ENFILE: "The machine has no file descriptors left. Try again in a moment.",
    errno.ENOMEM: "The server has no memory left. Try again later.",
    getattr(errno, "ESTALE", -1): "The server's disk is not there any more.",
    errno.ENODEV: "The server's disk is not there any more.",
}


class DataDamaged(Exception):
    """Rows are there that cannot be read: the database is damaged, or its tables are not as they were made."""


@contextmanager
def telling_damage() -> Iterator[None]:
    """For those who look at data that may be damaged: queries inside raise `DataDamaged` where they cannot be read."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise DataDamaged(str(error)) from error


def failure_of(error: BaseException, path: Path | None = None) -> TeamError | None:
    """What to tell a caller of an error that is the machine's, not the program's; None if it is none.

    Args:
        error: what was raised.
        path: of the database, to find out whether its disk is full.
    """
    if isinstance(error, sqlite3.Error):
        found = _of_sqlite(getattr(error, "sqlite_errorcode", None) or 0, path)
    elif isinstance(error, OSError):
        full = error.errno in _NO_ROOM
        text = _BY_ERRNO.get(error.errno or -2)
        found = StorageFull(_FULL) if full else None if text is None else StorageFailed(text)
    else:
        return None
    if found is not None:
        found.__cause__ = error
    return found


def _of_sqlite(code: int, path: Path | None) -> TeamError | None:
    kind = code & 0xFF  # the rest says more, such as at which step
    if kind == sqlite3.SQLITE_FULL or (code in _NOT_WRITTEN and _is_full(path)):
        return StorageFull(_FULL)
    if kind in _LOCKED:
        return Unavailable("Another program keeps the database locked: nothing was written. Try again in a moment.")
    return StorageFailed(_BY_CODE[kind]) if kind in _BY_CODE else None


def _is_full(path: Path | None) -> bool:
    """Whether what could not be written has met a limit; SQLite says of a dead disk the same as of a full one."""
    if path is None or _has_size_limit():
        return True
    try:
        return shutil.disk_usage(path.parent).free < SPARE
    except OSError:
        return False


def _has_size_limit() -> bool:
    if sys.platform == "win32":
        return False
    import resource

    return resource.getrlimit(resource.RLIMIT_FSIZE)[0] != resource.RLIM_INFINITY
