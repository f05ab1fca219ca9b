"""The runner as one process: many enrolments, restarts of either side, cuts, and when it ends by itself."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from teammcp_claude_launcher.entries import Ended, EndReason, Said, Started
from teammcp_claude_launcher.protocol import Orders, Question
from teammcp_claude_launcher.runner import enrolments
from teammcp_claude_launcher.runner.host import Host, Slots
from teammcp_claude_launcher.runner.identity import identify
from teammcp_claude_launcher.runner.process import GONE, LOOK, STATUS, UNNEEDED, Runner
from teammcp_claude_launcher.testing import MemoryTransport, MovedTime, connect_runner, enrol

from teammcp.config import Settings
from teammcp.testing import MovedClock, TestTeam, serve


class ScriptedKeepers:
    """Keepers without programs, which do what a test says."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.orders: Orders | None = None
        self.live: list[int] = []
        self.ended: list[str] = []
        self.cut = asyncio.Event()

    async def reconcile(self) -> None:
        for run in await self.host.journal.runs_without_end():
            self.host.journal.append(run, Ended(reason="runner_killed"))
        await self.host.journal.flush()

    def apply(self, orders: Orders) -> None:
        self.orders = orders

    def live_runs(self) -> list[int]:
        return [*self.live]

    async def answer(self, question: Question) -> dict[str, Any]:
        return {}

    def disconnected(self) -> None:
        self.cut.set()

    async def end_all(self, reason: EndReason, detail: str) -> None:
        self.ended.append(reason)
        for run in self.live:
            self.host.journal.append(run, Ended(reason=reason, detail=detail))
        self.live.clear()

    async def start(self, agent: str = "bob", request: str = "r1") -> int:
        """A run that lives."""
        run = (await self.host.begin(agent, "message", request, False)).run
        self.live.append(run)
        self.host.journal.append(run, Started(pid=1, program="x"))
        return run

    def say(self, run: int, text: str) -> None:
        self.host.journal.append(run, Said(text=text))

    async def told(self) -> None:
        """Wait until the server has all."""
        await self.host.journal.flush()
        async with asyncio.timeout(5):
            await self.host.link.wait_stored(self.host.journal.last)  # type: ignore[attr-defined]


def keepers(runner: Runner) -> ScriptedKeepers:
    [seat] = runner.seats.values()
    assert isinstance(seat.keepers, ScriptedKeepers)
    return seat.keepers


@asynccontextmanager
async def running(team: TestTeam, folder: Path, **options: Any) -> AsyncIterator[tuple[Runner, ScriptedKeepers]]:
    async with connect_runner(team, folder, runtimes={}, make_keepers=ScriptedKeepers, **options) as runner:
        yield runner, keepers(runner)


async def start_bob(team: TestTeam, machine: str = "box") -> None:
    if "bob" not in team.team.directory.agents:
        await team.agent("bob")
    await team.owner.call("start_agent", name="bob", runtime="command", machine=machine, new_key=True)


async def runs_of(team: TestTeam, agent: str = "bob") -> list[Any]:
    return list((await team.owner.call("list_runs", agent=agent)).root)


async def said_in(team: TestTeam, run: int) -> list[str]:
    found = await team.owner.call("get_run_entries", run_id=run)
    return [line.entry["text"] for line in found.entries if line.entry["kind"] == "text"]


# -- connected -------------------------------------------------------------------------------------------------------


async def test_a_machine_that_joins_is_connected_and_gets_its_orders(team: TestTeam, tmp_path: Path) -> None:
    await enrol(team, tmp_path)
    await start_bob(team)
    async with running(team, tmp_path) as (_, bob):
        [machine] = (await team.owner.call("list_machines")).root
        assert (machine.name, machine.connected) == ("box", True)
        assert bob.orders is not None
        assert [(home.agent, home.wanted) for home in bob.orders.homes] == [("bob", True)]


async def test_what_happens_while_the_network_is_cut_is_told_once_afterwards(team: TestTeam, tmp_path: Path) -> None:
    network = MemoryTransport(team)
    await enrol(team, tmp_path)
    await start_bob(team)
    async with running(team, tmp_path, transport=network) as (runner, bob):
        run = await bob.start()
        bob.say(run, "before")
        await bob.told()
        network.cut()
        await bob.cut.wait()
        bob.say(run, "during")
        await bob.host.journal.flush()
        network.mend()
        [seat] = runner.seats.values()
        await seat.link.wait_connected()
        bob.say(run, "after")
        await bob.told()
        assert await said_in(team, run) == ["before", "during", "after"]
        [shown] = await runs_of(team)
        assert shown.state == "idle"


async def test_a_run_survives_a_restart_of_the_server(settings: Settings, clock: MovedClock, tmp_path: Path) -> None:
    async with serve(settings, clock) as app:
        team = TestTeam(app, app.server, "default")  # type: ignore[attr-defined]
        await team.register_owner()
        network = MemoryTransport(team)
        folder = tmp_path / "runner"
        await enrol(team, folder)
        await start_bob(team)
        stack = running(team, folder, transport=network)
        runner, bob = await stack.__aenter__()
        run = await bob.start()
        bob.say(run, "before")
        await bob.told()
        network.cut()
        await team.close()
    bob.say(run, "while it was away")
    async with serve(settings, clock) as app:
        again = TestTeam(app, app.server, "default")  # type: ignore[attr-defined]
        again.owner = again.member("owner", team.owner.key)
        network.team = again
        network.mend()
        [seat] = runner.seats.values()
        await seat.link.wait_connected()
        await bob.told()
        assert await said_in(again, run) == ["before", "while it was away"]
        assert bob.ended == []
        await stack.__aexit__(None, None, None)
        [shown] = await runs_of(again)
        assert (shown.state, shown.reason) == ("ended", "runner_ended")
        await again.close()


async def test_a_runner_that_was_killed_tells_of_the_end_of_its_runs_once_it_is_started_again(
    team: TestTeam, tmp_path: Path
) -> None:
    await enrol(team, tmp_path)
    await start_bob(team)
    network = MemoryTransport(team)
    async with running(team, tmp_path, transport=network) as (_, bob):
        run = await bob.start()
        await bob.told()
        bob.say(run, "not told yet")
        await bob.host.journal.flush()
        network.cut()
        bob.live.clear()  # a process that is killed ends nothing
    network.mend()
    async with running(team, tmp_path, transport=network) as (_, later):
        await later.told()
        [shown] = await runs_of(team)
        assert (shown.reason, await said_in(team, run)) == ("runner_killed", ["not told yet"])


async def test_the_end_of_a_run_is_known_before_the_next_one_is_granted(team: TestTeam, tmp_path: Path) -> None:
    await enrol(team, tmp_path)
    await start_bob(team)
    async with running(team, tmp_path) as (_, bob):
        first = await bob.start()
        bob.live.remove(first)
        bob.host.journal.append(first, Ended(reason="asleep"))
        second = await bob.start(request="r2")
        await bob.told()
        assert [(run.run_id, run.reason) for run in await runs_of(team)] == [(second, ""), (first, "asleep")]


# -- enrolments ------------------------------------------------------------------------------------------------------


async def test_an_enrolment_that_comes_later_is_taken_up_and_one_that_goes_is_left(
    team: TestTeam, tmp_path: Path
) -> None:
    async with running(team, tmp_path) as (runner, first):
        second = await enrol(team, tmp_path / "elsewhere", name="other")
        other = second.model_copy(update={"url": "http://other.example"})
        path = enrolments.write(tmp_path, other)
        await runner.look()
        assert {seat.enrolment.machine for seat in runner.seats.values()} == {"box", "other"}
        path.unlink()
        await runner.look()
        assert {seat.enrolment.machine for seat in runner.seats.values()} == {"box"}
        assert first.ended == []


async def test_agents_are_started_again_where_the_server_has_moved(team: TestTeam, tmp_path: Path) -> None:
    """Their programs know its address. The key is the same, and so is the journal."""
    await enrol(team, tmp_path)
    async with running(team, tmp_path) as (runner, before):
        [seat] = runner.seats.values()
        moved = seat.enrolment.model_copy(update={"url": "http://127.0.0.1:3100/moved"})
        (tmp_path / enrolments.FOLDER / f"{seat.enrolment.name}.json").write_text(moved.model_dump_json())
        await runner.look()
        assert before.ended == ["runner_ended"]
        [seat] = runner.seats.values()
        assert (seat.enrolment, seat.journal.id) == (moved, before.host.journal.id)


async def test_a_look_that_fails_ends_nothing(team: TestTeam, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    time = MovedTime()
    async with running(team, tmp_path, clock=time) as (runner, found):
        monkeypatch.setattr(runner, "look", fail)
        assert await ends_after(runner, time, 30, step=10) == 30
        assert found.ended == []


@pytest.mark.parametrize("is_replaced", [False, True])
async def test_a_runner_whose_folder_is_gone_ends_and_says_so(
    team: TestTeam, tmp_path: Path, is_replaced: bool
) -> None:
    time = MovedTime()
    folder = tmp_path / "runner"
    async with running(team, folder, clock=time) as (runner, found):
        folder.rename(tmp_path / "away")
        if is_replaced:
            shutil.copytree(tmp_path / "away", folder)
        assert await ends_after(runner, time, 30) < 30
        assert f"{folder}/runner.db was deleted or replaced" in runner.trouble
    assert found.ended == ["runner_ended"]


async def fail() -> None:
    raise OSError("the disk does not answer")


def test_an_enrolment_is_for_its_user_alone(tmp_path: Path) -> None:
    given = enrolments.Enrolment(url="https://team.example/x", team="default", machine="box", key="secret")
    path = enrolments.write(tmp_path, given)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert enrolments.Enrolments(tmp_path).look() == {path.stem: given}
    assert "secret" not in repr(given)
    assert path.stem == "default@team.example_x"


def test_a_file_that_is_no_enrolment_keeps_no_other_from_being_read(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    given = enrolments.Enrolment(url="https://team.example", team="default", machine="box", key="secret")
    path = enrolments.write(tmp_path, given)
    (path.parent / "broken.json").write_text('{"key": "hidden"')
    (path.parent / "half.json").write_text('{"key": "hidden"}')
    assert list(enrolments.Enrolments(tmp_path).look()) == [path.stem]
    assert "broken.json" in caplog.text
    assert "hidden" not in caplog.text


async def test_a_revoked_key_ends_the_agents_and_the_runner(
    team: TestTeam, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    await enrol(team, tmp_path)
    await start_bob(team)
    async with running(team, tmp_path) as (runner, bob):
        await bob.start()
        await bob.told()
        await team.owner.call("revoke_machine", machine="box")
        async with asyncio.timeout(10):
            await runner.run(asyncio.Event())
        assert bob.ended == ["revoked"]
        assert [refused.enrolment.machine for refused in runner.refused.values()] == ["box"]
        assert "does not take the key of the machine 'box'" in caplog.text


async def test_a_runner_in_a_copy_of_the_folder_ends_and_does_nothing_while_the_first_one_works(
    team: TestTeam, tmp_path: Path
) -> None:
    first, second = tmp_path / "runner", tmp_path / "copy"
    await enrol(team, first)
    await start_bob(team)
    async with running(team, first) as (_, bob):
        shutil.copytree(first, second)
        transport = MemoryTransport(team)
        async with Runner(second, {}, ScriptedKeepers, transport=transport, durable=False) as copy:
            unused = keepers(copy)
            async with asyncio.timeout(10):
                await copy.run(asyncio.Event())
            [refused] = copy.refused.values()
            assert f"{first} on " in refused.told
            assert f"{second}, runs nothing" in refused.told
        assert unused.orders is None
        await bob.start()
        await bob.told()
    async with running(team, first) as (_, bob):
        assert bob.orders is not None


async def test_a_runner_that_was_killed_comes_in_at_once_though_the_server_takes_it_for_alive(
    team: TestTeam, tmp_path: Path
) -> None:
    async with running(team, tmp_path / "runner") as (before, _):
        async with running(team, tmp_path / "runner") as (_, after):
            assert after.orders is not None
            async with asyncio.timeout(10):
                await before.run(asyncio.Event())
        assert len(before.refused) == 1, "two processes are told apart from one with two connections"


# -- when it ends by itself ------------------------------------------------------------------------------------------


@asynccontextmanager
async def local(
    team: TestTeam, folder: Path
) -> AsyncIterator[tuple[Runner, ScriptedKeepers, MemoryTransport, MovedTime]]:
    await enrol(team, folder, local=True)
    time, network = MovedTime(), MemoryTransport(team)
    async with running(team, folder, clock=time, transport=network) as (runner, found):
        yield runner, found, network, time


async def ends_after(runner: Runner, time: MovedTime, at_most: float, step: float = LOOK) -> float:
    """After how many seconds the runner ends by itself; ``at_most`` if it does not before that."""
    began = time.passed()
    working = asyncio.create_task(runner.run(asyncio.Event()))
    while not working.done() and time.passed() - began < at_most:
        await time.advance(step)
        await until_looked(working, time)
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    return min(time.passed() - began, at_most)


async def until_looked(working: asyncio.Task[None], time: MovedTime) -> None:
    """Wait for the threads of its disk, which no moved clock moves, until the runner sleeps again before its next look.

    It sleeps longer after a fault, so this waits for a second at most.
    """
    with suppress(TimeoutError):
        async with asyncio.timeout(1):
            while not (working.done() or time.next_wake <= LOOK):  # noqa: ASYNC110 - who is waited for is a thread
                await asyncio.sleep(0.001)


async def test_the_runner_of_the_servers_machine_ends_when_nobody_needs_it(team: TestTeam, tmp_path: Path) -> None:
    async with local(team, tmp_path) as (runner, _, _, time):
        assert UNNEEDED <= await ends_after(runner, time, 2 * UNNEEDED) <= UNNEEDED + 5 * LOOK


async def test_it_stays_while_an_agent_is_to_run(team: TestTeam, tmp_path: Path) -> None:
    enrolment = await enrol(team, tmp_path, local=True)
    await start_bob(team, enrolment.machine)
    time = MovedTime()
    async with running(team, tmp_path, clock=time) as (runner, _):
        assert await ends_after(runner, time, 3 * UNNEEDED) == 3 * UNNEEDED


async def test_it_ends_its_agents_and_itself_when_the_server_is_gone_for_long(team: TestTeam, tmp_path: Path) -> None:
    async with local(team, tmp_path) as (runner, found, network, time):
        found.live.append(1)
        network.cut()
        assert GONE <= await ends_after(runner, time, 2 * GONE, 30) <= GONE + 150
        assert found.ended == ["server_gone"]


async def test_a_machine_that_has_joined_waits_for_its_server_for_good(team: TestTeam, tmp_path: Path) -> None:
    network, time = MemoryTransport(team), MovedTime()
    async with running(team, tmp_path, clock=time, transport=network) as (runner, found):
        network.cut()
        assert await ends_after(runner, time, 2 * GONE, 30) == 2 * GONE
        assert found.ended == []


async def test_a_runner_that_ends_leaves_word_of_that(team: TestTeam, tmp_path: Path) -> None:
    async with running(team, tmp_path) as (runner, _):
        await runner.look()
        assert (tmp_path / STATUS).exists()
    assert not (tmp_path / STATUS).exists()


# -- places ----------------------------------------------------------------------------------------------------------


async def test_so_many_programs_run_at_once_as_the_strictest_server_says() -> None:
    slots = Slots()
    slots.set_limit("a", 3)
    slots.set_limit("b", 1)
    await slots.take()
    second, third = asyncio.create_task(slots.take()), asyncio.create_task(slots.take())
    await asyncio.sleep(0)
    assert not second.done()
    slots.set_limit("b", None)
    await asyncio.sleep(0)
    await second
    await third
    fourth = asyncio.create_task(slots.take())
    await asyncio.sleep(0)
    assert not fourth.done()
    slots.give_back()
    await fourth


async def test_who_no_longer_waits_takes_no_place() -> None:
    slots = Slots()
    slots.set_limit("a", 1)
    await slots.take()
    leaves, waits = asyncio.create_task(slots.take()), asyncio.create_task(slots.take())
    await asyncio.sleep(0)
    leaves.cancel()
    await asyncio.sleep(0)
    slots.give_back()
    await waits
    also = asyncio.create_task(slots.take())
    await asyncio.sleep(0)
    slots.give_back()
    also.cancel()  # in the moment in which it was given the place
    with pytest.raises(asyncio.CancelledError):
        await also
    async with asyncio.timeout(1):
        await slots.take()


# -- which runner it is ----------------------------------------------------------------------------------------------


def test_a_runner_is_the_same_after_a_restart_and_another_one_in_a_copy_of_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, alias, host_id = tmp_path / "runner", tmp_path / "alias", tmp_path / "machine-id"
    folder.mkdir()
    alias.symlink_to(folder)
    monkeypatch.setattr("teammcp_claude_launcher.runner.identity.HOST_IDS", (tmp_path / "none", host_id))
    for text in ("", "one", "two"):
        host_id.write_text(f"{text}\n")
        assert identify(folder) == identify(alias)
        assert identify(folder).installation != identify(tmp_path / "copy").installation
    before = identify(folder)
    host_id.write_text("three")
    assert identify(folder).installation != before.installation
    assert "three" not in repr(identify(folder)), "the id of a host is nobody's business"


def test_a_place_that_is_long_is_told_by_its_end(tmp_path: Path) -> None:
    place = identify(tmp_path / ("x" * 200)).place
    assert (len(place), place[0], " on " in place) == (100, "…", True)
