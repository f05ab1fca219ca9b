"""The server itself: its data folder, its teams, the administrator's key, background work, and how it stops."""

from __future__ import annotations

import asyncio
import sqlite3
import stat
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from teammcp import hookimpl, operations
from teammcp.config import Settings
from teammcp.errors import Conflict, InvalidInput, NotFound, StartError, Unauthorized, Unavailable
from teammcp.keys import hash_key
from teammcp.operations import Context, Registry
from teammcp.plugins import PluginManager
from teammcp.server import Server, timeouts
from tests.corekit import actor, enter, names, open_server


async def add(server: Any, team: str, name: str) -> Any:
    context = Context(server, server.team(team), actor(), "rest")
    return await operations.call(context, "add_thing", {"name": name})


def contents(folder: Path) -> list[bytes]:
    """What is in all files of a folder."""
    return [path.read_bytes() for path in folder.rglob("*") if path.is_file()]


# -- the data folder ---------------------------------------------------------------------------------------------------


async def test_what_was_written_is_there_after_a_restart(tmp_path: Path) -> None:
    async with open_server(tmp_path) as server:
        await operations.call(enter(server), "add_thing", {"name": "a"})
    async with open_server(tmp_path) as server:
        assert await server.team("default").database.read(names) == ["a"]


async def test_a_second_server_on_the_same_folder_refuses_and_leaves_the_first_alone(tmp_path: Path) -> None:
    async with open_server(tmp_path) as server:
        with pytest.raises(StartError, match="Another TeamMCP server is using"):
            async with open_server(tmp_path):
                pass
        await operations.call(enter(server), "add_thing", {"name": "a"})
    async with open_server(tmp_path):  # and once it has stopped, the folder is free
        pass


async def test_nobody_else_may_look_into_the_folder(tmp_path: Path) -> None:
    async with open_server(tmp_path / "home"):
        assert stat.S_IMODE((tmp_path / "home").stat().st_mode) == 0o700
        assert stat.S_IMODE((tmp_path / "home" / "admin-key.sha256").stat().st_mode) == 0o600


async def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "teams" / "default" / "team.db"
    broken.parent.mkdir(parents=True)
    broken.write_bytes(b"this is not a database at all" * 100)
    with pytest.raises(StartError, match=r"team\.db cannot be opened"):
        async with open_server(tmp_path):
            pass
    assert broken.read_bytes().startswith(b"this is not")
    async with open_server(tmp_path / "elsewhere"):
        pass


async def test_a_newer_database_is_refused_and_the_folder_is_free_again(tmp_path: Path) -> None:
    async with open_server(tmp_path):
        pass
    database = tmp_path / "teams" / "default" / "team.db"
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("INSERT INTO migrations VALUES ('events', 99, 'later', 'x', '2030-01-01')")
    for _ in range(2):
        with pytest.raises(StartError, match="newer than this program"):
            async with open_server(tmp_path):
                pass


# -- teams -------------------------------------------------------------------------------------------------------------


async def test_teams_share_nothing_and_come_back_after_a_restart(tmp_path: Path) -> None:
    async with open_server(tmp_path) as server:
        await server.create_team("other")
        await add(server, "default", "mine")
        await add(server, "other", "theirs")
    async with open_server(tmp_path) as server:
        assert set(server.teams) == {"default", "other"}
        assert await server.team("default").database.read(names) == ["mine"]
        assert await server.team("other").database.read(names) == ["theirs"]


@pytest.mark.parametrize("name", ["", "A", "a b", "../up", "a/b", "-a", "x" * 33, "ä"])
async def test_a_teams_name_is_part_of_a_path_and_checked(tmp_path: Path, name: str) -> None:
    async with open_server(tmp_path) as server:
        with pytest.raises(InvalidInput):
            await server.create_team(name)
    assert [path.name for path in (tmp_path / "teams").iterdir()] == ["default"]


async def test_a_taken_name_is_a_conflict_also_at_the_same_moment(tmp_path: Path) -> None:
    async with open_server(tmp_path) as server:
        outcomes = await asyncio.gather(*(server.create_team("new") for _ in range(5)), return_exceptions=True)
        assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 4


async def test_a_deleted_team_is_gone_with_its_data_and_streams(tmp_path: Path) -> None:
    async with open_server(tmp_path) as server:
        team = await server.create_team("other")
        await add(server, "other", "theirs")
        with team.hub.subscribe(lambda event: True) as subscription:
            waiting = asyncio.create_task(subscription.next(60))
            await asyncio.sleep(0)
            writes = [asyncio.create_task(add(server, "other", str(number))) for number in range(50)]
            await server.delete_team("other")
            outcomes = await asyncio.gather(*writes, return_exceptions=True)
            await asyncio.wait_for(waiting, 5)
        assert {type(outcome).__name__ for outcome in outcomes} <= {"Thing", "NotFound", "Unavailable"}
        assert not team.folder.exists()
        with pytest.raises(NotFound):
            server.team("other")
        with pytest.raises(NotFound):
            await server.delete_team("other")
        with pytest.raises(Unavailable):
            await team.database.read(names)
        await server.create_team("other")
        assert await server.team("other").database.read(names) == []


# -- the administrator's key -------------------------------------------------------------------------------------------


async def test_the_administrators_key_is_made_once_and_kept_as_a_hash(tmp_path: Path) -> None:
    async with open_server(tmp_path) as server:
        key = server.identity.new_admin_key
        assert key is not None
        assert server.identity.is_admin_key(key)
        assert not server.identity.is_admin_key(key + "x")
        assert not server.identity.is_admin_key("")
    assert not any(key.encode() in content for content in contents(tmp_path))
    assert (tmp_path / "admin-key.sha256").read_text().strip() == hash_key(key)
    async with open_server(tmp_path) as server:
        assert server.identity.new_admin_key is None
        assert server.identity.is_admin_key(key)


async def test_it_is_no_members_key(tmp_path: Path) -> None:
    async with open_server(tmp_path) as server:
        with pytest.raises(Unauthorized):
            server.identity.authenticate(server.identity.new_admin_key or "")


# -- background work and stopping --------------------------------------------------------------------------------------


async def test_background_work_that_fails_is_logged_and_harms_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail() -> None:
        raise RuntimeError("on purpose")

    async with open_server(tmp_path) as server:
        server.background(fail())
        await server.settle()
        assert await add(server, "default", "a")
    assert "background work failed" in caplog.text
    assert "on purpose" in caplog.text


async def test_background_work_is_finished_before_the_databases_close(tmp_path: Path) -> None:
    async with open_server(tmp_path) as server:

        async def later() -> None:
            await asyncio.sleep(0.05)
            await add(server, "default", "late")

        server.background(later())
    async with open_server(tmp_path) as server:
        assert await server.team("default").database.read(names) == ["late"]


class Stuck:
    """A plugin that never comes back."""

    def __init__(self) -> None:
        self.cancelled: list[str] = []

    async def _hang(self, where: str) -> None:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            self.cancelled.append(where)
            raise

    @hookimpl
    async def operation_done(self) -> None:
        await self._hang("operation_done")

    @hookimpl
    async def shutdown(self) -> None:
        await self._hang("shutdown")


async def test_a_plugin_that_hangs_keeps_no_other_one_waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timeouts, "STOP", 0.1)
    heard = asyncio.Event()

    class Listener:
        @hookimpl
        async def operation_done(self) -> None:
            heard.set()

    async with open_server(tmp_path, plugins={"stuck": Stuck(), "listener": Listener()}) as server:
        await add(server, "default", "a")
        await asyncio.wait_for(heard.wait(), 5)


async def test_a_plugin_that_hangs_does_not_keep_the_server_from_stopping(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(timeouts, "STOP", 0.1)
    stuck = Stuck()
    async with open_server(tmp_path, plugins={"stuck": stuck}) as server:
        assert await add(server, "default", "a")
        began = time.monotonic()
    assert time.monotonic() - began < 5
    assert stuck.cancelled == ["shutdown", "operation_done"]
    assert "gave up waiting" in caplog.text
    async with open_server(tmp_path) as server:
        assert await server.team("default").database.read(names) == ["a"]


# -- what a team needs -------------------------------------------------------------------------------------------------


class Unreadable:
    """A plugin that fails whenever a team is opened."""

    @hookimpl
    def team_opened(self) -> None:
        raise RuntimeError("no members to be found")


async def test_a_team_that_its_features_cannot_load_is_not_served(tmp_path: Path) -> None:
    manager = PluginManager({})
    manager.register("members", Unreadable(), built_in=True)
    server = Server(Settings(home=tmp_path), manager, Registry())
    with pytest.raises(StartError, match="'default' could not be loaded"):
        await server.open()


async def test_a_plugin_that_cannot_load_a_team_keeps_nobody_from_it(tmp_path: Path) -> None:
    async with open_server(tmp_path, plugins={"third": Unreadable()}) as server:
        await operations.call(enter(server), "add_thing", {"name": "a"})
        assert server.plugins.plugins["third"].faults == 1
