"""A log that was set back to a backup is another log: who had come further is told, and misses nothing."""

from __future__ import annotations

import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from teammcp import operations
from teammcp.errors import Gone
from teammcp.events.runs import FIRST_MARK, SHIFT, Runs, id_in
from teammcp.server import Server
from teammcp.testing import TestTeam
from tests.corekit import ThingAdded, enter, open_server


async def add(server: Server, number: int) -> list[int]:
    """Append so many events; the cursor behind each."""
    hub = server.team("default").hub
    cursors = []
    for each in range(number):
        await operations.call(enter(server), "add_thing", {"name": str(each)})
        cursors.append(hub.cursor)
    return cursors


@asynccontextmanager
async def run(home: Path) -> AsyncIterator[Server]:
    async with open_server(home) as server:
        yield server


@pytest.mark.parametrize("before", [0, 1, 3], ids=["empty", "one", "several"])
@pytest.mark.parametrize("while_running", [True, False], ids=["of the run", "between runs"])
async def test_a_cursor_of_a_log_that_was_set_back_is_refused_for_good(
    tmp_path: Path, before: int, while_running: bool
) -> None:
    home, backup = tmp_path / "home", tmp_path / "backup"
    async with run(home) as server:
        kept = await add(server, before)
        if while_running:
            database = server.team("default").database
            await database.write(lambda tx: tx.execute("UPDATE things SET name = name"))
            backup.mkdir()
            target = backup / "team.db"
            await database._writer.hop(lambda connection: connection.execute(f"VACUUM INTO '{target}'"))
            lost = await add(server, 4)
    if not while_running:
        shutil.copytree(home / "teams/default", backup)
        async with run(home) as server:
            lost = await add(server, 4)
    shutil.rmtree(home / "teams/default")
    shutil.copytree(backup, home / "teams/default")
    async with run(home) as server:
        hub = server.team("default").hub
        for more in (0, 10):  # also once the new log has gone past them
            new = await add(server, more)
            for cursor in lost:
                with pytest.raises(Gone) as refused:
                    hub.place(cursor)
                assert refused.value.code == "log_restored"
                known = while_running and before > 0  # the run that wrote it has left something in this log
                assert hub.place(refused.value.data["since"]) == (before if known else 0)
            assert [hub.place(cursor) for cursor in kept] == list(range(1, before + 1))
            assert [hub.place(cursor) for cursor in new] == [before + 1 + number for number in range(more)]
    async with run(home) as server:  # a stretch stays what it was
        assert [server.team("default").hub.place(cursor) for cursor in new] == [
            before + 1 + number for number in range(10)
        ]


async def test_a_cursor_outlives_restarts(tmp_path: Path) -> None:
    cursors: list[int] = []
    for _ in range(4):
        async with run(tmp_path) as server:
            cursors += await add(server, 2)
            hub = server.team("default").hub
            assert [hub.place(cursor) for cursor in cursors] == [id_in(cursor) for cursor in cursors]
            assert await hub.page(0) is not None
    assert len({cursor >> SHIFT for cursor in cursors}) == 4


async def test_a_start_without_an_event_writes_nothing(tmp_path: Path) -> None:
    for _ in range(3):
        async with run(tmp_path) as server:
            found = await server.team("default").database.read(
                lambda reader: reader.value("SELECT count(*) FROM event_runs")
            )
            assert found == 0


async def test_a_work_that_fails_begins_no_stretch(tmp_path: Path) -> None:
    async with run(tmp_path) as server:
        team = server.team("default")

        def work(tx: object) -> None:
            team.log.append(tx, ThingAdded(name="a"), actor="ann", subject="1")  # type: ignore[arg-type]
            raise RuntimeError("no")

        with pytest.raises(RuntimeError):
            await team.database.write(work)
        (cursor,) = await add(server, 1)
        assert team.hub.place(cursor) == 1


def test_marks_differ_from_those_that_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter([3, 4, 76])
    monkeypatch.setattr("teammcp.events.runs.secrets.randbelow", lambda below: next(drawn))
    assert Runs([(1, FIRST_MARK + 3), (9, FIRST_MARK + 4)]).mark == FIRST_MARK + 76


# -- where cursors come from and go to ---------------------------------------------------------------------------------


async def test_every_way_to_follow_gives_cursors_and_refuses_those_of_another_log(team: TestTeam) -> None:
    await team.owner.call("send_message", channel="general", content="x")
    hub = team.team.hub
    foreign = (hub.cursor ^ (1 << SHIFT)) + 5
    now = (await team.owner.call("sync")).cursor
    assert now == hub.cursor == hub.runs.cursor(hub.last_id)
    assert (await team.owner.call("sync", since=now)).cursor == now
    assert (await team.owner.call("sync", since=hub.last_id)).cursor == now  # a plain id goes on working
    for path, headers in (
        (f"/api/sync?since={foreign}", {}),
        (f"/api/events?since={foreign}", {}),
        ("/api/events", {"Last-Event-ID": str(foreign)}),
    ):
        answer = await team.owner.http.get(path, headers=headers)
        assert (answer.status_code, answer.json()["error"]) == (410, "log_restored"), path
        assert "Go on with since=" in answer.json()["detail"]
    (event,) = await hub.page(hub.last_id - 1)
    assert event.sse.startswith(f"id: {now}\n".encode())
    assert f'"cursor":{now}' in event.frame
    from_log = (await hub._read_page(hub.last_id - 1, 1))[0]
    assert (from_log.cursor, from_log.sse) == (event.cursor, event.sse)


async def test_a_page_is_drawn_with_a_cursor_and_told_when_it_is_of_another_log(team: TestTeam) -> None:
    await team.owner.log_in()
    page = (await team.owner.http.get("/channels/general")).text
    drawn = re.search(r'data-since="(\d+)"', page)
    assert drawn is not None
    assert int(drawn[1]) >> SHIFT == team.team.hub.runs.mark
    foreign = team.team.hub.cursor ^ (1 << SHIFT)
    assert (await team.owner.http.get(f"/live?since={foreign}")).status_code == 410
