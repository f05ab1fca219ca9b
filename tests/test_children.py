"""Programs that plugins run: nothing of the server comes into them, and nothing of them stays."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from teammcp import Child, Children, Output, Server, end_survivors, spawn
from teammcp.machine.children.families import MARK

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no process groups")

STUBBORN = "import signal, time; signal.signal(15, signal.SIG_IGN); print('up'); time.sleep(60)"
POLITE = """
import signal, sys, time
def end(*_):
    print('good-bye ' * 10)
    sys.exit(3)
signal.signal(15, end)
print('up')
time.sleep(60)
"""
RUNAWAY = """
import os, signal, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        signal.signal(15, signal.SIG_IGN)
        print('pid', os.getpid(), flush=True)
        time.sleep(60)
    os._exit(0)
os.wait()
"""
STRIPPED = """
import os, sys
if os.fork() == 0:
    print('pid', os.getpid(), flush=True)
    os.execve(sys.executable, [sys.executable, '-c', 'import time; time.sleep(60)'], {})
"""


@pytest.fixture
def server(tmp_path: Path) -> Server:
    """What a child needs of one."""
    return cast(Server, SimpleNamespace(settings=SimpleNamespace(home=tmp_path)))


@asynccontextmanager
async def python(server: Server, code: str, **options: Any) -> AsyncIterator[Child]:
    command = [sys.executable, "-u", "-c", code]
    async with await spawn(server, "plugin", command, **{"environment": {}, **options}) as child:
        yield child


async def written(child: Child, text: str = "\n") -> str:
    """What a child has written, once that holds a text."""
    async with asyncio.timeout(20):
        async for _ in child.output.follow():
            if text in child.output.text():
                break
    return child.output.text()


async def stopped(child: Child, grace: float) -> tuple[int | None, float]:
    """How a stop has ended, and how many seconds it took."""
    began = time.monotonic()
    code = await asyncio.wait_for(child.stop(grace), 20)
    return code, time.monotonic() - began


def lives(pid: int) -> bool:
    with contextlib.suppress(psutil.Error):
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    return False


# -- how it begins -----------------------------------------------------------------------------------------------------


async def test_it_has_what_is_named_and_nothing_of_the_server(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEAMMCP_REGISTER_SECRET", "secret")
    descriptor = os.open(tmp_path, os.O_RDONLY)
    os.set_inheritable(descriptor, True)
    code = f"""
import os
print(sorted(os.environ), os.getcwd(), os.getsid(0) == os.getpid() == os.getpgid(0))
try: os.fstat({descriptor})
except OSError: print('no files')
"""
    async with python(server, code, environment={"A": "1"}, folder=tmp_path) as child:
        assert await child.wait() == 0
        text = await written(child, "files")
    os.close(descriptor)
    environment = sorted({"A", MARK, "LC_CTYPE"})  # the last is of Python's own making
    assert text == f"{environment} {tmp_path} True\nno files\n"


async def test_its_mark_tells_neither_folder_nor_secret(server: Server, tmp_path: Path) -> None:
    async with python(server, f"import os; print(os.environ['{MARK}'])") as child:
        mark = await written(child)
    assert str(tmp_path) not in mark
    assert mark.split("/")[1] == "plugin"


async def test_a_program_that_is_not_there_is_an_error(server: Server) -> None:
    with pytest.raises(FileNotFoundError):
        await spawn(server, "plugin", ["no-such-program"], environment={})
    with pytest.raises(ValueError, match="must not hold"):
        await spawn(server, "a/b", ["true"], environment={})


# -- what it says and hears --------------------------------------------------------------------------------------------


async def test_it_reads_what_is_written_to_it_as_fast_as_it_can(server: Server) -> None:
    size = 5_000_000
    async with await spawn(server, "plugin", ["cat"], environment={}, kept=size) as child:
        await child.write(b"x" * size)
        child.close_input()
        assert await asyncio.wait_for(child.wait(), 20) == 0
        await child.output.wait_closed()
        assert child.output.read().data == b"x" * size
        with pytest.raises(BrokenPipeError):
            await child.write(b"more")


async def test_its_errors_can_be_kept_apart(server: Server) -> None:
    code = "import sys; print('out'); print('err', file=sys.stderr)"
    async with python(server, code, separate_errors=True) as child:
        await child.wait()
        await child.output.wait_closed()
        await child.errors.wait_closed()
        assert (child.output.text(), child.errors.text()) == ("out\n", "err\n")
    async with python(server, code) as child:
        await child.wait()
        await child.output.wait_closed()
        assert sorted(child.output.text().splitlines()) == ["err", "out"]


async def test_a_flood_takes_little_memory_and_leaves_the_loop_free(server: Server) -> None:
    async with await spawn(server, "plugin", ["yes"], environment={}, kept=1000) as child:
        read = lost = place = 0
        async for chunk in child.output.follow():
            lost += chunk.start - place
            read, place = read + len(chunk.data), chunk.end
            if child.output.written > 10_000_000:
                break
        assert read + lost == place
        assert lost > 0
        assert len(child.output.read().data) == 1000
        began = time.monotonic()
        await asyncio.sleep(0.01)
        assert time.monotonic() - began < 1
        assert (await stopped(child, 10))[0] == -signal.SIGTERM


async def test_a_reader_that_must_miss_nothing_keeps_a_faster_program_waiting(server: Server) -> None:
    size, kept = 5_000_000, 1024 * 1024
    flood = f"import sys; sys.stdout.write('x' * {size})"
    async with await spawn(server, "plugin", [sys.executable, "-c", flood], environment={}, kept=kept) as child:
        read = 0
        async for data in child.output.follow_whole():
            read += len(data)
            for _ in range(20):  # a slow one
                await asyncio.sleep(0)
            assert child.output.written <= read + kept
        assert read == size
        assert await child.wait() == 0


async def test_who_has_stopped_reading_keeps_no_program_waiting(server: Server) -> None:
    flood = "import sys; sys.stdout.write('x' * 5_000_000)"
    async with await spawn(server, "plugin", [sys.executable, "-c", flood], environment={}, kept=1024 * 1024) as child:
        async with contextlib.aclosing(child.output.follow_whole()) as pieces:
            await anext(pieces)
            async for _ in child.output.follow():  # which keeps nobody waiting
                if child.output.written > 512 * 1024:
                    break
        assert await child.wait() == 0


@given(limit=st.integers(1, 20), parts=st.lists(st.binary(max_size=30)), since=st.integers(0, 100))
def test_the_end_of_what_was_written_is_kept(limit: int, parts: list[bytes], since: int) -> None:
    output, everything = Output(limit), b"".join(parts)
    for part in parts:
        output.add(part)
    assert output.written == len(everything)
    assert output.read().data == everything[-limit:]
    chunk = output.read(since)
    assert chunk.data == everything[max(len(everything) - limit, since) :]
    if chunk.data:
        assert everything[chunk.start : chunk.end] == chunk.data


# -- how it ends -------------------------------------------------------------------------------------------------------


async def test_it_is_asked_to_end_and_heard_to_its_last_word(server: Server) -> None:
    async with python(server, POLITE) as child:
        await written(child)
        code, spent = await stopped(child, 20)
        assert (code, child.returncode) == (3, 3)
        assert spent < 10
        assert child.output.text() == "up\n" + "good-bye " * 10 + "\n"
    assert not lives(child.pid)


async def test_one_that_does_not_listen_is_killed_after_its_time(server: Server) -> None:
    async with python(server, STUBBORN) as child:
        await written(child)
        code, spent = await stopped(child, 0.3)
        assert code == -signal.SIGKILL
        assert 0.3 <= spent < 10


async def test_leaving_the_block_stops_it(server: Server) -> None:
    with contextlib.suppress(ZeroDivisionError):
        async with python(server, "import time; print('up'); time.sleep(60)") as child:
            await written(child)
            raise ZeroDivisionError
    assert child.returncode == -signal.SIGTERM


@pytest.mark.parametrize("code", [RUNAWAY, STRIPPED], ids=["left its session", "has another environment"])
async def test_what_it_has_started_ends_with_it_also_when_it_has_ended_itself(server: Server, code: str) -> None:
    async with python(server, code) as child:
        assert await asyncio.wait_for(child.wait(), 20) == 0
        pid = int((await written(child, "\n")).split()[1])
        assert lives(pid)
        await stopped(child, 0.3)
        assert not lives(pid)


async def test_one_that_ends_by_itself_leaves_nothing_open(server: Server) -> None:
    child = await spawn(server, "plugin", [sys.executable, "-c", "print('done')"], environment={})
    assert await asyncio.wait_for(child.wait(), 20) == 0
    await child.output.wait_closed()
    await child.errors.wait_closed()
    await asyncio.sleep(0)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        del child
        gc.collect()
    assert not told


async def test_what_it_has_left_running_holds_no_pipe_of_ours_open_once_it_is_released(server: Server) -> None:
    child = await spawn(server, "plugin", [sys.executable, "-c", RUNAWAY], environment={})
    try:
        assert await asyncio.wait_for(child.wait(), 20) == 0
        assert lives(int((await written(child, "pid")).split()[1]))
        child.release()
        await asyncio.wait_for(child.output.wait_closed(), 5)
        await asyncio.wait_for(child.errors.wait_closed(), 5)
    finally:
        await child.stop(0)


async def test_a_stop_that_is_broken_off_kills_it(server: Server) -> None:
    async with python(server, STUBBORN) as child:
        await written(child)
        stop = asyncio.create_task(child.stop(60))
        await asyncio.sleep(0.1)
        stop.cancel()
        with pytest.raises(asyncio.CancelledError):
            await stop
        assert await asyncio.wait_for(child.wait(), 20) == -signal.SIGKILL


async def test_a_second_stop_does_no_harm(server: Server) -> None:
    async with python(server, "print('up')") as child:
        assert await child.wait() == 0
        for _ in range(2):
            assert await child.stop() == 0


# -- what outlives a server --------------------------------------------------------------------------------------------

PARENT = """
import asyncio, sys
from pathlib import Path
from types import SimpleNamespace
from teammcp import spawn
async def main():
    server = SimpleNamespace(settings=SimpleNamespace(home=Path(sys.argv[1])))
    child = await spawn(server, sys.argv[2], [sys.executable, '-c', sys.argv[3]], environment={})
    print(child.pid, flush=True)
    await asyncio.sleep(60)
asyncio.run(main())
"""


@contextlib.contextmanager
def orphan(home: Path, name: str) -> Iterator[int]:
    """A child whose server was killed."""
    code = "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(60)"
    command = [sys.executable, "-c", PARENT, str(home), name, code]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        parent.kill()
    try:
        yield pid
    finally:
        with contextlib.suppress(psutil.Error):
            psutil.Process(pid).kill()


async def test_the_next_server_ends_what_has_outlived_one_that_was_killed(
    server: Server, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with (
        orphan(tmp_path, "plugin") as own,
        orphan(tmp_path, "other") as others,
        orphan(tmp_path / "x", "plugin") as far,
    ):
        assert lives(own)
        await asyncio.wait_for(end_survivors(server, "plugin", 0.3), 20)
        assert not lives(own)
        assert lives(others)
        assert lives(far)
    assert "1 processes of 'plugin' have outlived what started them and are ended" in caplog.text
    caplog.clear()
    await end_survivors(server, "plugin")
    assert caplog.text == ""


async def test_a_part_of_the_children_is_found_and_ended_apart_from_the_others(tmp_path: Path) -> None:
    children = Children(tmp_path, "plugin")
    part = children.part()
    command = [sys.executable, "-c", "import time; time.sleep(60)"]
    async with (
        await children.spawn(command, environment={}) as other,
        await children.part().spawn(command, environment={}) as third,
        await part.spawn(command, environment={}) as own,
    ):
        assert {process.pid for process in part.family.find()} == {own.pid}
        await part.family.end(2)
        assert not lives(own.pid)
        assert lives(other.pid)
        assert {process.pid for process in children.family.find()} == {other.pid, third.pid}
        assert await Children(tmp_path, "plugin").end_survivors(2) == 2, "a part's children outlive nobody"


async def test_what_has_left_its_mark_and_its_session_is_found_by_its_parent_and_then_remembered(
    server: Server,
) -> None:
    code = f"""
import subprocess, sys, time
stray = subprocess.Popen(
    [sys.executable, "-u", "-c", {STUBBORN!r}], env={{}}, start_new_session=True, stdout=subprocess.PIPE
)
stray.stdout.readline()
print(stray.pid, flush=True)
time.sleep(60)
"""
    async with python(server, code) as child:
        stray = int(await written(child))
        assert await child.family.end(0.3) == []
        assert not lives(child.pid)
        assert not lives(stray)


async def test_what_was_found_is_remembered_whatever_becomes_of_its_mark(server: Server) -> None:
    heir = "import os, sys; sys.stdin.readline(); os.execve('/bin/sleep', ['sleep', '60'], {})"
    code = f"""
import subprocess, sys
heir = subprocess.Popen([sys.executable, "-c", {heir!r}], start_new_session=True)
print(heir.pid, flush=True)
heir.wait()
"""
    async with python(server, code) as child:
        heir = int(await written(child))
        assert heir in {process.pid for process in child.family.find()}
        os.kill(child.pid, signal.SIGKILL)
        await child.write(b"\n")
        while psutil.Process(heir).name() != "sleep":  # noqa: ASYNC110 - no event tells of that
            await asyncio.sleep(0.01)
        assert {process.pid for process in child.family.find()} == {heir}
        assert await child.family.end(1) == []
        assert not lives(heir)


async def test_a_descendant_with_the_mark_of_another_belongs_to_that_one(server: Server) -> None:
    code = f"""
import subprocess, sys, time
other = subprocess.Popen(["sleep", "60"], env={{{MARK!r}: "other/x/1"}}, start_new_session=True)
print(other.pid, flush=True)
time.sleep(60)
"""
    async with python(server, code) as child:
        other = int(await written(child))
        try:
            assert {process.pid for process in child.family.find()} == {child.pid}
            assert await child.family.end(2) == []
            assert lives(other)
        finally:
            os.kill(other, signal.SIGKILL)


def test_a_server_that_such_a_process_has_started_does_not_end_itself(tmp_path: Path) -> None:
    code = """
import asyncio, os, sys
from pathlib import Path
from types import SimpleNamespace
from teammcp import end_survivors
from teammcp.machine.children import Children
from teammcp.machine.children.families import MARK
server = SimpleNamespace(settings=SimpleNamespace(home=Path(sys.argv[1])))
if MARK not in os.environ:
    mark = Children(server.settings.home, 'plugin').new_mark()
    os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], {MARK: mark})
asyncio.run(end_survivors(server, 'plugin', 0.1))
print('still here')
"""
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, "still here\n"), done.stderr


def on_the_servers_loop(main: Coroutine[Any, Any, None]) -> None:
    """Run on the event loop that `teammcp start` has."""
    uvloop = pytest.importorskip("uvloop")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main)


@pytest.mark.parametrize(
    "law",
    [
        test_it_reads_what_is_written_to_it_as_fast_as_it_can,
        test_it_is_asked_to_end_and_heard_to_its_last_word,
        test_one_that_does_not_listen_is_killed_after_its_time,
        test_a_stop_that_is_broken_off_kills_it,
    ],
)
def test_the_same_holds_on_the_loop_of_a_real_server(server: Server, law: Any) -> None:
    on_the_servers_loop(law(server))
