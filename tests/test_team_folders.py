"""Teams whose database has gone: neither a start nor anybody who registers makes something new of them."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from teammcp.errors import Conflict, StartError
from teammcp.storage import SqliteDatabase
from tests.corekit import open_server


def trace(folder: Path, name: str = "files/ab/abc") -> None:
    """Something that a team leaves besides its database."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"theirs")


@pytest.fixture
async def home(tmp_path: Path) -> Path:
    """The data folder of a server that has run, and was stopped."""
    async with open_server(tmp_path / "home") as server:
        await server.create_team("blue")
    return tmp_path / "home"


def remove(folder: Path) -> None:
    (folder / "team.db").unlink()


def empty(folder: Path) -> None:
    (folder / "team.db").write_bytes(b"")


@pytest.mark.parametrize("name", ["blue", "default"])
@pytest.mark.parametrize("harm", [remove, empty, shutil.rmtree])
async def test_a_team_without_its_database_is_not_begun_anew(
    home: Path, name: str, harm: Callable[[Path], None]
) -> None:
    folder = home / "teams" / name
    harm(folder)
    with pytest.raises(StartError, match=f"team '{name}'.* is missing or empty.*Put it back"):
        async with open_server(home):
            pass
    assert not folder.exists() or not (folder / "team.db").exists() or (folder / "team.db").stat().st_size == 0
    listed = home / "teams.txt"
    listed.write_text("".join(line for line in listed.read_text().splitlines(True) if line.strip() != name))
    async with open_server(home) as server:  # as the sentence says
        assert list(server.teams) == [{"blue": "default", "default": "blue"}[name]]


@pytest.mark.parametrize("left", ["files/ab/abc", "team.db-wal", "exports/x.json", "archive.jsonl"])
async def test_a_folder_with_traces_of_a_team_and_no_database_is_not_begun_anew(tmp_path: Path, left: str) -> None:
    trace(tmp_path / "teams" / "default", left)
    with pytest.raises(StartError, match="its folder holds other files"):
        async with open_server(tmp_path):
            pass
    trace(tmp_path / "elsewhere" / "teams" / "blue", left)
    shutil.rmtree(tmp_path / "teams")
    async with open_server(tmp_path) as server:
        trace(tmp_path / "teams" / "blue", left)
        with pytest.raises(Conflict, match="files of a team called 'blue'"):
            await server.create_team("blue")


async def test_a_start_that_was_cut_short_is_no_trace(tmp_path: Path) -> None:
    folder = tmp_path / "teams" / "default"
    folder.mkdir(parents=True)
    empty(folder)
    async with open_server(tmp_path):
        pass
    assert (tmp_path / "teams.txt").read_text() == "default\n"


async def test_a_team_that_was_deleted_is_not_missed(home: Path) -> None:
    async with open_server(home) as server:
        for name in ("blue", "default"):
            await server.delete_team(name)
    async with open_server(home) as server:
        assert list(server.teams) == ["default"]


async def test_a_database_that_was_put_there_is_a_team(home: Path) -> None:
    shutil.copytree(home / "teams" / "blue", home / "teams" / "green")
    (home / "teams.txt").unlink()
    async with open_server(home) as server:
        assert list(server.teams) == ["blue", "default", "green"]
    assert (home / "teams.txt").read_text() == "blue\ndefault\ngreen\n"


async def test_a_key_that_a_power_cut_has_emptied_is_made_anew(home: Path) -> None:
    (home / "admin-key.sha256").write_bytes(b"")
    async with open_server(home) as server:
        assert server.identity.new_admin_key is not None
        assert server.identity.is_admin_key(server.identity.new_admin_key)
        assert not server.identity.is_admin_key("")


async def test_a_start_on_a_full_disk_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def full(*arguments: object, **named: object) -> None:
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise error

    monkeypatch.setattr(SqliteDatabase, "open", full)
    with pytest.raises(StartError, match="cannot be opened: the disk is full; free some space"):
        async with open_server(tmp_path):
            pass
