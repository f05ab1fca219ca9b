"""Followers of the log: each event is handled once, in order, whatever fails and whenever the server restarts."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from teammcp import (
    Context,
    Event,
    EventData,
    Followed,
    Follower,
    Migration,
    Reader,
    Server,
    Transaction,
    Work,
    hookimpl,
    operation,
)
from teammcp.errors import Conflict, Forbidden
from tests.corekit import enter, open_server

HANDLED = Migration("handled", 1, "create", "CREATE TABLE handled (position INTEGER PRIMARY KEY, event INTEGER);")


class Plugin:
    """Follows what is added, and writes down what it was handed."""

    def __init__(self, **options: Any) -> None:
        self.fails = False
        self.batches: list[int] = []
        self.committed: asyncio.Queue[int] = asyncio.Queue()
        self.follower = Follower(
            "note_things", self.handle, **{"kinds": {"thing.added"}, "from_start": True, **options}
        )

    @hookimpl
    def register_migrations(self) -> list[Migration]:
        return [HANDLED]

    @hookimpl
    def register_event_kinds(self) -> list[type[EventData]]:
        return [OtherThing]

    @property
    def operation(self) -> Callable[..., Awaitable[Any]]:
        @operation(internal=True)
        async def note_things(context: Context) -> Work[Followed] | Followed:
            """Note what was added."""
            return await self.follower.step(context)

        return note_things

    async def handle(self, context: Context, events: Sequence[Event]) -> Work[None]:
        self.batches.append(len(events))

        def work(tx: Transaction) -> None:
            for event in events:
                tx.insert("INSERT INTO handled (event) VALUES (?)", (event.id,))
            if self.fails:
                raise RuntimeError("no luck")
            tx.on_commit(lambda: self.committed.put_nowait(events[-1].id))

        return work


@asynccontextmanager
async def running(home: Path, plugin: Plugin) -> AsyncIterator[Server]:
    async with open_server(home, plugin.operation, plugins={"plugin": plugin}) as server:
        yield server


async def add(server: Server, count: int = 1) -> None:
    for _ in range(count):
        await enter(server).call("add_thing", name="x")


class OtherThing(EventData, kind="other.thing"):
    """Something else has happened."""


async def emit_other(server: Server) -> None:
    """Append an event that the follower does not want."""
    team = server.team("default")
    await team.database.write(lambda tx: team.log.append(tx, OtherThing(), actor="ann", subject="1"))


def handled_in(reader: Reader) -> list[int]:
    return [row["event"] for row in reader.all("SELECT event FROM handled ORDER BY position")]


async def handled(server: Server) -> list[int]:
    return await server.team("default").database.read(handled_in)


async def prune(server: Server, through: int) -> None:
    team = server.team("default")
    await team.database.write(lambda tx: team.log.prune(tx, through))


async def catch_up(server: Server, plugin: Plugin) -> int:
    return await plugin.follower.catch_up(server.team("default"))


async def test_events_are_handled_once_and_in_order_also_across_a_restart(tmp_path: Path) -> None:
    plugin = Plugin()
    async with running(tmp_path, plugin) as server:
        await add(server, 3)
        assert await catch_up(server, plugin) == 3
        assert await catch_up(server, plugin) == 0
        await add(server)
    async with running(tmp_path, plugin) as server:
        await add(server)
        assert await catch_up(server, plugin) == 2
        assert await handled(server) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(("at_once", "batches"), [(1, [1, 1, 1, 1, 1]), (2, [2, 2, 1]), (100, [5])])
async def test_they_come_in_batches_or_one_by_one(tmp_path: Path, at_once: int, batches: list[int]) -> None:
    plugin = Plugin(at_once=at_once)
    async with running(tmp_path, plugin) as server:
        await add(server, 5)
        await catch_up(server, plugin)
        assert plugin.batches == batches
        assert await handled(server) == [1, 2, 3, 4, 5]


async def test_when_the_handler_fails_nothing_was_done_and_they_come_again(tmp_path: Path) -> None:
    plugin = Plugin(at_once=2)
    async with running(tmp_path, plugin) as server:
        await add(server, 3)
        plugin.fails = True
        for _ in range(2):
            with pytest.raises(RuntimeError, match="no luck"):
                await catch_up(server, plugin)
            assert await handled(server) == []
        plugin.fails = False
        await catch_up(server, plugin)
        assert await handled(server) == [1, 2, 3]


async def test_two_at_the_same_moment_handle_nothing_twice(tmp_path: Path) -> None:
    plugin = Plugin(at_once=1)
    async with running(tmp_path, plugin) as server:
        await add(server, 10)
        counts = await asyncio.gather(*(catch_up(server, plugin) for _ in range(3)))
        assert sum(counts) == 10
        assert await handled(server) == list(range(1, 11))


async def test_a_handler_that_meets_a_conflict_of_its_own_fails(tmp_path: Path) -> None:
    plugin = Plugin()

    async def handle(context: Context, events: Sequence[Event]) -> Work[None]:
        raise Conflict("it is taken already")

    plugin.follower._handle = handle
    async with running(tmp_path, plugin) as server:
        await add(server)
        with pytest.raises(Conflict, match="taken"):
            await catch_up(server, plugin)


async def test_what_it_does_not_want_writes_nothing(tmp_path: Path) -> None:
    plugin = Plugin(at_once=4)
    async with running(tmp_path, plugin) as server:
        await add(server)
        await catch_up(server, plugin)
        for _ in range(3):
            await emit_other(server)
        assert await catch_up(server, plugin) == 0
        assert await server.team("default").database.read(plugin.follower.place) == 1
        for _ in range(2):
            await emit_other(server)
        await catch_up(server, plugin)  # a whole step of them is not gone through again and again
        assert await server.team("default").database.read(plugin.follower.place) == 5
        await add(server)
        await catch_up(server, plugin)
        assert await handled(server) == [1, 7]


async def test_by_default_it_begins_with_what_comes_from_now_on(tmp_path: Path) -> None:
    plugin = Plugin(from_start=False)
    async with running(tmp_path, plugin) as server:
        await add(server, 3)
        assert await catch_up(server, plugin) == 0
        await add(server, 2)
        assert await catch_up(server, plugin) == 2
        assert await handled(server) == [4, 5]


async def test_it_can_be_made_to_skip(tmp_path: Path) -> None:
    plugin = Plugin()
    async with running(tmp_path, plugin) as server:
        await add(server, 3)
        await server.team("default").database.write(lambda tx: plugin.follower.skip(tx, 2))
        await catch_up(server, plugin)
        assert await handled(server) == [3]


@pytest.mark.parametrize("told", [True, False])
async def test_it_hears_of_a_stretch_that_was_archived_before_it_came_there(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, told: bool
) -> None:
    async def missed(context: Context, ids: range) -> Work[None]:
        def work(tx: Transaction) -> None:
            tx.execute_many("INSERT INTO handled (event) VALUES (?)", [(-number,) for number in ids])

        return work

    plugin = Plugin(missed=missed) if told else Plugin()
    async with running(tmp_path, plugin) as server:
        await add(server, 2)
        await catch_up(server, plugin)
        await add(server, 4)
        await prune(server, 5)
        await catch_up(server, plugin)
        await catch_up(server, plugin)
        assert await handled(server) == ([1, 2, -3, -4, -5, 6] if told else [1, 2, 6])
        assert told or "note_things of team default has missed the events 3 to 5" in caplog.text


async def test_as_a_service_it_handles_what_comes_until_the_team_is_closed(tmp_path: Path) -> None:
    plugin = Plugin()
    async with running(tmp_path, plugin) as server:
        await add(server)
        service = asyncio.create_task(plugin.follower.run(server.team("default")))
        for expected in (1, 3, 5):
            assert await asyncio.wait_for(plugin.committed.get(), 10) == expected
            await emit_other(server)
            await add(server)
        server.end_streams()
        await asyncio.wait_for(service, 10)


async def test_its_steps_are_the_servers_alone(tmp_path: Path) -> None:
    plugin = Plugin()
    async with running(tmp_path, plugin) as server:
        with pytest.raises(Forbidden):
            await enter(server).call("note_things")


# -- any order of what can happen --------------------------------------------------------------------------------------

Step = st.sampled_from(["add", "other", "catch up", "fail", "prune", "restart"])


@settings(max_examples=25, deadline=None)
@given(steps=st.lists(Step, max_size=25), at_once=st.integers(1, 4))
def test_whatever_happens_each_event_that_was_there_is_handled_once_in_order(steps: list[str], at_once: int) -> None:
    asyncio.run(live_through(steps, at_once))


async def live_through(steps: list[str], at_once: int) -> None:
    plugin = Plugin(at_once=at_once)
    newest = dealt_with = 0
    expected: list[int] = []
    waiting: list[int] = []
    with tempfile.TemporaryDirectory() as folder:
        position = 0
        while position <= len(steps):
            async with running(Path(folder), plugin) as server:
                while position < len(steps) and (step := steps[position]) != "restart":
                    position += 1
                    if step == "add":
                        await add(server)
                        newest += 1
                        waiting.append(newest)
                    elif step == "other":
                        await emit_other(server)
                        newest += 1
                    elif step == "prune" and newest:
                        await prune(server, newest - 1)
                        waiting = [number for number in waiting if number >= newest]
                    elif step == "fail" and waiting:
                        plugin.fails = True
                        with pytest.raises(RuntimeError):
                            await catch_up(server, plugin)
                        plugin.fails = False
                    elif step == "catch up":
                        dealt_with += await catch_up(server, plugin)
                        expected += waiting
                        waiting = []
                    assert await handled(server) == expected
                position += 1
        assert dealt_with == len(expected)
