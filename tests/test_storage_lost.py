"""Database files that go away or are replaced, disks that fail: nothing is acknowledged that nobody will read again."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import shutil
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from teammcp.errors import StorageFailed, StorageFull, TeamError, Unavailable
from teammcp.logs.flood import AT_ONCE, WINDOW, Flood
from teammcp.storage import Reader, SqliteDatabase, Transaction
from teammcp.storage.failures import failure_of


def create(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE IF NOT EXISTS things (id INTEGER PRIMARY KEY)")


def add(tx: Transaction) -> int:
    return tx.insert("INSERT INTO things DEFAULT VALUES")


def count(reader: Reader) -> int:
    return int(reader.value("SELECT count(*) FROM things"))


def remove(path: Path) -> None:
    path.unlink()


def replace(path: Path) -> None:
    shutil.copy(path, path.with_name("copy"))
    os.replace(path.with_name("copy"), path)


def make_anew(path: Path) -> None:
    path.unlink()
    path.touch()


def move_folder(path: Path) -> None:
    path.parent.rename(path.parent.with_name("elsewhere"))


def remove_folder(path: Path) -> None:
    shutil.rmtree(path.parent)


# -- the files of a database -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["team.db", "team.db-wal"])
@pytest.mark.parametrize("harm", [remove, replace, make_anew, move_folder, remove_folder])
async def test_nothing_is_acknowledged_into_a_file_that_is_not_there(
    tmp_path: Path, name: str, harm: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    database = await SqliteDatabase.open(tmp_path / "team" / "team.db", create)
    await database.write(add)
    harm(database.path.with_name(name))
    heard: list[str] = []

    def loud(tx: Transaction) -> None:
        add(tx)
        tx.on_commit(lambda: heard.append("committed"))

    outcomes = await asyncio.gather(*(database.write(loud) for _ in range(20)), return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {StorageFailed}
    assert "removed or replaced" in str(outcomes[0])
    assert isinstance(database.trouble, StorageFailed)
    assert (heard, await database.read(count)) == ([], 1)  # who reads goes on reading
    assert len([record for record in caplog.records if "cannot be written" in record.message]) == 1
    await database.close()


async def test_a_file_that_comes_back_is_written_again(tmp_path: Path) -> None:
    database = await SqliteDatabase.open(tmp_path / "team.db", create)
    await database.write(add)
    aside = database.path.rename(tmp_path / "aside")
    with pytest.raises(StorageFailed):
        await database.write(add)
    aside.rename(database.path)
    assert await database.write(add) == 2
    assert database.trouble is None
    await database.close()


async def test_what_went_into_a_file_that_vanished_meanwhile_is_not_acknowledged(tmp_path: Path) -> None:
    database = await SqliteDatabase.open(tmp_path / "team.db", create)

    def work(tx: Transaction) -> int:
        database.path.unlink()
        return add(tx)

    with pytest.raises(StorageFailed):
        await database.write(work)
    await database.close()


# -- what the machine says no to ---------------------------------------------------------------------------------------


def sqlite_error(code: int) -> sqlite3.Error:
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (sqlite_error(sqlite3.SQLITE_FULL), StorageFull),
        (sqlite_error(sqlite3.SQLITE_IOERR_WRITE), StorageFailed),  # and there is room
        (sqlite_error(sqlite3.SQLITE_IOERR_FSYNC), StorageFailed),
        (sqlite_error(sqlite3.SQLITE_IOERR_READ), StorageFailed),
        (sqlite_error(sqlite3.SQLITE_CORRUPT), StorageFailed),
        (sqlite_error(sqlite3.SQLITE_NOTADB), StorageFailed),
        (sqlite_error(sqlite3.SQLITE_READONLY_DBMOVED), StorageFailed),
        (sqlite_error(sqlite3.SQLITE_CANTOPEN), StorageFailed),
        (sqlite_error(sqlite3.SQLITE_BUSY_SNAPSHOT), Unavailable),
        (sqlite_error(sqlite3.SQLITE_CONSTRAINT_UNIQUE), None),
        (sqlite3.ProgrammingError("no code at all"), None),
        (OSError(errno.ENOSPC, "full"), StorageFull),
        (OSError(errno.EDQUOT, "full"), StorageFull),
        (OSError(errno.EIO, "dead"), StorageFailed),
        (OSError(errno.EROFS, "read-only"), StorageFailed),
        (OSError(errno.EMFILE, "too many"), StorageFailed),
        (OSError(errno.ENFILE, "too many"), StorageFailed),
        (FileNotFoundError(errno.ENOENT, "none"), None),
        (ConnectionResetError(errno.ECONNRESET, "reset"), None),
        (ValueError("of the program"), None),
    ],
)
def test_what_the_machine_refuses_is_told_as_that(tmp_path: Path, error: Exception, kind: type[TeamError]) -> None:
    found = failure_of(error, tmp_path / "team.db")
    assert type(found) is (kind or type(None))
    assert found is None or (found.status in {503, 507} and found.__cause__ is error)


# -- the log -----------------------------------------------------------------------------------------------------------


def record(text: str, level: int = logging.ERROR, error: Exception | None = None) -> logging.LogRecord:
    try:
        if error is not None:
            raise error
    except ValueError:
        return logging.LogRecord("x", level, "file", 1, text, ("value",), sys.exc_info())
    return logging.LogRecord("x", level, "file", 1, text, ("value",), None)


def test_a_fault_that_comes_again_and_again_is_logged_a_few_times_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("teammcp.logs.flood.time.monotonic", lambda: now)
    flood = Flood()
    assert [flood.filter(record("%s failed")) for _ in range(1000)] == [True] * AT_ONCE + [False] * (1000 - AT_ONCE)
    assert flood.filter(record("%s is another thing"))
    assert flood.filter(record("%s failed", error=ValueError()))
    assert all(flood.filter(record("%s failed", logging.INFO)) for _ in range(100))
    now += WINDOW
    later = record("%s failed")
    assert flood.filter(later)
    assert later.getMessage() == f"value failed (and {1000 - AT_ONCE} more like this before)"
