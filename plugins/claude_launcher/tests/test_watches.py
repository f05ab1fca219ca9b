"""The runner's side of terminals: they are answered for, and shown while somebody looks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from teammcp_claude_launcher.protocol import Keys, Resize, Screen
from teammcp_claude_launcher.runner import watches
from teammcp_claude_launcher.runner.terminals import answer, present
from teammcp_claude_launcher.runner.watches import Watches

from teammcp import Conflict, NotFound, Output, TerminalScreen


class Painted(TerminalScreen):
    """A screen that shows what the test writes."""

    columns, rows = 80, 24

    def __init__(self) -> None:
        self.output = Output(1000)
        self.typed: list[object] = []

    def text(self) -> str:
        return "painted"

    def svg(self) -> str:
        return "<svg/>"

    def ansi(self) -> bytes:
        return b"screen"

    async def keys(self, text: str, names: Sequence[str] = ()) -> None:
        if text == "deaf":
            raise BrokenPipeError("The program has ended.")
        self.typed.append((text, list(names)))

    def resize(self, columns: int, rows: int) -> None:
        self.columns, self.rows = columns, rows

    @asynccontextmanager
    async def watch(self) -> AsyncIterator[Any]:
        since = self.output.written

        async def written() -> AsyncIterator[bytes]:
            async for chunk in self.output.follow(since):
                yield chunk.data

        yield written()


async def test_what_the_server_asks_of_a_terminal_is_done() -> None:
    screen = Painted()
    text, picture = Screen(agent="ann", form="text"), Screen(agent="ann", form="svg")
    assert await answer(screen, text) == {"screen": "painted", "columns": 80, "rows": 24}
    assert await answer(screen, Resize(agent="ann", columns=40, rows=10)) == {}
    assert await answer(screen, picture) == {"screen": "<svg/>", "columns": 40, "rows": 10}
    assert await answer(screen, Keys(agent="ann", text="hi", names=["enter"])) == {}
    assert screen.typed == [("hi", ["enter"])]


async def test_a_terminal_that_is_not_there_or_does_not_read_is_told() -> None:
    with pytest.raises(NotFound, match="'ann'"):
        await answer(None, Screen(agent="ann", form="text"))
    with pytest.raises(NotFound, match="'ann'"):
        present(None, "ann")
    with pytest.raises(Conflict, match="has ended"):
        await answer(Painted(), Keys(agent="ann", text="deaf"))


async def test_a_watch_begins_with_the_screen_and_ends_with_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watches, "PART", 4)
    shown: asyncio.Queue[tuple[int, bytes]] = asyncio.Queue()

    async def show(watch: int, data: bytes) -> None:
        shown.put_nowait((watch, data))

    async def told(count: int) -> list[tuple[int, bytes]]:
        async with asyncio.timeout(5):
            return [await shown.get() for _ in range(count)]

    screen, found = Painted(), Watches(show)
    screen.output.add(b"before")
    found.begin(1, screen)
    found.begin(2, screen)
    assert sorted(await told(4)) == [(1, b"en"), (1, b"scre"), (2, b"en"), (2, b"scre")]
    found.end(2)
    screen.output.add(b"more")
    assert await told(1) == [(1, b"more")]
    screen.output.close()
    assert await told(1) == [(1, b"")]
    found.end(1)
    found.end(7)


async def test_watches_end_with_the_connection_and_are_not_endless() -> None:
    async def show(watch: int, data: bytes) -> None: ...

    found = Watches(show)
    for number in range(watches.AT_ONCE):
        found.begin(number, Painted())
    with pytest.raises(Conflict, match="open"):
        found.begin(99, Painted())
    await asyncio.sleep(0)
    found.end_all()
    found.begin(99, Painted())
    found.end_all()
