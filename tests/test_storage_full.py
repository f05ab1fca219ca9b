"""A full disk: writes fail with 507, reads go on, and there is nothing to restart once there is room."""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from teammcp.errors import StorageFull
from teammcp.storage import Reader, SqliteDatabase, Transaction

BIG = "x" * 50_000


def create(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE things (id INTEGER PRIMARY KEY, body TEXT NOT NULL)")


def add(tx: Transaction) -> int:
    return tx.insert("INSERT INTO things (body) VALUES (?)", (BIG,))


def count(reader: Reader) -> int:
    return int(reader.value("SELECT count(*) FROM things"))


async def fill(database: SqliteDatabase) -> int:
    """Write until there is no room; how many works were acknowledged."""
    for written in range(2000):
        try:
            await database.write(add)
        except StorageFull:
            return written
    pytest.fail("the disk never became full")


async def test_a_database_that_reaches_its_limit_recovers_without_a_restart(tmp_path: Path) -> None:
    database = await SqliteDatabase.open(tmp_path / "team.db", create)
    await database.write(lambda tx: tx.value("PRAGMA max_page_count = 60"))
    written = await fill(database)
    assert written > 0
    assert StorageFull.status == 507
    assert await database.read(count) == written
    await database.write(lambda tx: tx.value("PRAGMA max_page_count = 100000"))
    assert await database.write(add) == written + 1
    await database.close()


async def test_nothing_of_a_work_that_met_the_limit_is_kept_and_its_callbacks_stay_silent(tmp_path: Path) -> None:
    database = await SqliteDatabase.open(tmp_path / "team.db", create)
    await database.write(lambda tx: tx.value("PRAGMA max_page_count = 60"))
    heard: list[str] = []

    def many(tx: Transaction) -> None:
        tx.on_commit(lambda: heard.append("callback"))
        for _ in range(100):
            add(tx)

    with pytest.raises(StorageFull):
        await database.write(many)
    assert (await database.read(count), heard) == (0, [])
    await database.close()


async def test_whoever_shares_a_transaction_with_a_work_that_met_the_limit_is_told_the_truth(tmp_path: Path) -> None:
    database = await SqliteDatabase.open(tmp_path / "team.db", create)
    await database.write(lambda tx: tx.value("PRAGMA max_page_count = 60"))

    def many(tx: Transaction) -> None:
        for _ in range(100):
            add(tx)

    outcomes = await asyncio.gather(*(database.write(w) for w in (add, many, add)), return_exceptions=True)
    kept = [outcome for outcome in outcomes if isinstance(outcome, int)]
    assert isinstance(outcomes[1], StorageFull)
    assert all(isinstance(outcome, (int, StorageFull)) for outcome in outcomes)
    assert await database.read(count) == len(kept)
    await database.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 2 MiB; only root can make one, others have the test with the limited file size."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("mounting a small disk needs root on Linux")
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip(f"this machine mounts nothing: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


async def test_a_disk_that_is_really_full_recovers_without_a_restart(small_disk: Path) -> None:
    database = await SqliteDatabase.open(small_disk / "team.db", create)
    before = await database.write(add)
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(shutil.disk_usage(small_disk).free - 200_000))
    written = before + await fill(database)
    assert await database.read(count) == written
    ballast.unlink()
    assert await database.write(add) == written + 1
    await database.close()
    again = await SqliteDatabase.open(database.path)
    assert await again.read(count) == written + 1
    await again.close()


def test_a_process_that_may_not_write_more_recovers_without_a_restart(tmp_path: Path) -> None:
    program = textwrap.dedent(
        """
        import asyncio, resource, signal, sys
        from pathlib import Path
        sys.path.insert(0, sys.argv[2])
        from test_storage_full import SqliteDatabase, add, count, create, fill

        async def main():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            database = await SqliteDatabase.open(Path(sys.argv[1]) / "team.db", create)
            unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
            resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, unlimited[1]))
            written = await fill(database)
            assert written > 0
            assert await database.read(count) == written
            resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
            assert await database.write(add) == written + 1
            await database.close()

        asyncio.run(main())
        """
    )
    arguments = [sys.executable, "-c", program, str(tmp_path), str(Path(__file__).parent)]
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
