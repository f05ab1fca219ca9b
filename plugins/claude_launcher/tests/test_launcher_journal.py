"""The runner's journal: what is flushed is kept, numbers never repeat."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from teammcp_claude_launcher.entries import LARGEST, Ended, Said, State, Tool
from teammcp_claude_launcher.runner.journal import KEPT, Journal
from teammcp_claude_launcher.runner.store import open_store
from teammcp_claude_launcher.testing import MovedTime

from teammcp import Database

KEY = "tmcp_default_machine"


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Database]:
    store = await open_store(tmp_path, durable=False)
    yield store
    await store.close()


@pytest.fixture
def time() -> MovedTime:
    return MovedTime()


async def opened(store: Database, time: MovedTime, key: str = KEY) -> Journal:
    return await Journal.open(store, key, time.now)


async def test_what_is_flushed_is_there_after_the_process_has_ended(store: Database, time: MovedTime) -> None:
    journal = await opened(store, time)
    assert [journal.append(7, Said(text=text)) for text in ("a", "b")] == [1, 2]
    await journal.flush()
    later = await opened(store, time)
    assert later.id == journal.id
    assert [(line.seq, line.run, line.entry) for line in await later.read(0)] == [
        (1, 7, Said(text="a")),
        (2, 7, Said(text="b")),
    ]


async def test_nothing_is_read_that_is_not_on_the_disk(store: Database, time: MovedTime) -> None:
    journal = await opened(store, time)
    journal.append(1, Said(text="soon"))
    assert await journal.read(0) == []


async def test_numbers_go_on_when_what_is_stored_was_forgotten(store: Database, time: MovedTime) -> None:
    journal = await opened(store, time)
    for _ in range(3):
        journal.append(1, Said(text="x"))
    await journal.flush()
    journal.stored = 3
    await time.advance(KEPT / 1000 + 1)
    await journal.forget()
    later = await opened(store, time)
    assert await later.read(0) == []
    assert later.append(1, Said(text="y")) == 4


async def test_what_the_server_does_not_have_is_never_forgotten(store: Database, time: MovedTime) -> None:
    journal = await opened(store, time)
    for _ in range(3):
        journal.append(1, Said(text="x"))
    await journal.flush()
    journal.stored = 2
    await time.advance(10 * KEPT / 1000)
    await journal.forget()
    assert [line.seq for line in await journal.read(0)] == [3]


async def test_a_run_lives_from_its_grant_to_its_end(store: Database, time: MovedTime) -> None:
    journal = await opened(store, time)
    journal.append(1, State(state="starting"))
    journal.append(2, State(state="starting"))
    journal.append(1, Ended(reason="asleep"))
    await journal.flush()
    assert await (await opened(store, time)).runs_without_end() == [2]


async def test_another_key_has_another_journal(store: Database, time: MovedTime) -> None:
    journal = await opened(store, time)
    journal.append(5, State(state="starting"))
    await journal.flush()
    other = await opened(store, time, "tmcp_default_another")
    assert other.id != journal.id
    assert (await other.read(0), await other.runs_without_end()) == ([], [])
    assert other.append(5, Said(text="x")) == 1


async def test_a_flush_that_is_cancelled_writes_each_line_once(store: Database, time: MovedTime) -> None:
    import asyncio

    journal = await opened(store, time)
    journal.append(1, Said(text="a"))
    flushing = asyncio.create_task(journal.flush())
    await asyncio.sleep(0)
    flushing.cancel()
    journal.append(1, Said(text="b"))
    await journal.flush()
    assert [line.seq for line in await journal.read(0)] == [1, 2]


async def test_a_journal_that_was_put_back_goes_on_behind_what_the_server_has(store: Database, time: MovedTime) -> None:
    """A machine is restored from a snapshot: what it writes from now on must not pass for what is stored already."""
    journal = await opened(store, time)
    for text in ("old", "older"):
        journal.append(1, Said(text=text))
    await journal.flush()
    restored = await opened(store, time)
    for text in "abc":
        restored.append(2, Said(text=text))
        await restored.flush()
    restored.append(2, Said(text="d"))
    await restored.agree(4)
    restored.append(2, Said(text="e"))
    await restored.flush()
    assert [(line.seq, line.entry.text) for line in await restored.read(4) if isinstance(line.entry, Said)] == [
        (5, "a"),
        (6, "b"),
        (7, "c"),
        (8, "d"),
        (9, "e"),
    ]


async def test_numbers_stay_where_the_server_has_what_it_was_told(store: Database, time: MovedTime) -> None:
    journal = await opened(store, time)
    journal.append(1, Said(text="a"))
    await journal.flush()
    await journal.agree(0)
    journal.append(1, Said(text="b"))
    await journal.flush()
    await journal.agree(2)
    assert journal.append(1, Said(text="c")) == 3


@pytest.mark.parametrize(
    "entry",
    [
        Said(text="x" * 10 * LARGEST),
        Tool(id="1", name="t", status="done", input={str(n): "y" * 100 for n in range(10_000)}),
        Tool(id="1", name="t", status="done", input={"a": ["z"] * 100_000}, output="\n" * 5 * LARGEST),
        Said(text="half \ud83d a character"),
    ],
)
async def test_an_entry_is_made_to_fit(store: Database, time: MovedTime, entry: Said | Tool) -> None:
    journal = await opened(store, time)
    journal.append(1, entry)
    await journal.flush()
    [line] = await journal.read(0)
    assert len(line.entry.model_dump_json()) <= LARGEST
    assert line.entry.kind == entry.kind


async def test_a_long_text_keeps_its_beginning_and_its_end(store: Database, time: MovedTime) -> None:
    journal = await opened(store, time)
    journal.append(1, Said(text=f"first {'x' * 10 * LARGEST} last"))
    await journal.flush()
    [line] = await journal.read(0)
    assert isinstance(line.entry, Said)
    assert line.entry.text.startswith("first ")
    assert line.entry.text.endswith(" last")


async def test_one_report_is_no_larger_than_a_frame_takes(store: Database, time: MovedTime) -> None:
    journal = await opened(store, time)
    for _ in range(60):
        journal.append(1, Said(text="x" * (LARGEST - 100)))
    await journal.flush()
    read: list[int] = []
    while lines := await journal.read(read[-1] if read else 0):
        assert sum(len(line.entry.model_dump_json()) for line in lines) < 600_000
        read += [line.seq for line in lines]
    assert read == list(range(1, 61))


WRITER = """
import asyncio, sys
from pathlib import Path
from teammcp_claude_launcher.entries import Said
from teammcp_claude_launcher.runner.journal import Journal
from teammcp_claude_launcher.runner.store import open_store

async def main():
    store = await open_store(Path(sys.argv[1]))
    journal = await Journal.open(store, "key", lambda: 1)
    while True:
        for _ in range(3):
            journal.append(1, Said(text="x"))
        await journal.flush()
        print(journal.last, flush=True)
        journal.append(1, Said(text="never flushed"))

asyncio.run(main())
"""


def test_a_process_that_is_killed_loses_nothing_that_was_flushed_and_gives_no_number_twice(tmp_path: Path) -> None:
    import asyncio

    told = 0
    for _ in range(2):
        process = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        for _ in range(20):
            flushed = int(process.stdout.readline())
            assert flushed > told
            told = flushed
        os.kill(process.pid, signal.SIGKILL)
        told = max([told, *(int(line) for line in process.stdout.read().split())])
        process.wait()
        process.stdout.close()

    async def seqs() -> list[int]:
        store = await open_store(tmp_path)
        journal = await Journal.open(store, "key", lambda: 1)
        found: list[int] = []
        while lines := await journal.read(found[-1] if found else 0):
            found += [line.seq for line in lines]
        await store.close()
        return found

    found = asyncio.run(seqs())
    assert found == list(range(1, len(found) + 1))
    assert len(found) >= told
