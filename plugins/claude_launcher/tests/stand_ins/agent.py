"""What stand-ins share: a model that obeys, and a conversation that is kept on the disk.

A turn's lines that begin with ``!`` are obeyed in their order:

    !say TEXT      say it                            !rest SECONDS   use a tool that takes so long
    !work SECONDS  be busy for so long               !write PATH     write the file with a tool that asks
    !leave         leave a process behind            !recall WORD    say whether an earlier turn had it
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

TOKENS_IN, TOKENS_OUT = 10, 5


class Agent:
    """A program with one conversation. Its subclasses speak a protocol."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.turns = 0
        self.id = ""
        self.queue: list[tuple[str, str]] = []
        self.working: asyncio.Task[None] | None = None
        self._tools = 0

    # -- the protocol --------------------------------------------------------------------------------------------------

    async def hear(self, message: dict[str, Any]) -> None:
        raise NotImplementedError

    def took_up(self, turn: str, text: str, begins: bool) -> None:
        raise NotImplementedError

    def said(self, text: str) -> None:
        raise NotImplementedError

    def used_tool(self, id: str, name: str, given: dict[str, Any], output: str | None, failed: bool) -> None:
        raise NotImplementedError

    async def may(self, id: str, name: str, given: dict[str, Any]) -> bool:
        raise NotImplementedError

    def ended(self, outcome: str) -> None:
        raise NotImplementedError

    # -- the conversation ----------------------------------------------------------------------------------------------

    @staticmethod
    def file(id: str) -> Path:
        return Path(os.environ["HOME"]) / f"{id}.json"

    def load(self, id: str) -> bool:
        self.id = id
        if not self.file(id).exists():
            return False
        kept = json.loads(self.file(id).read_text("utf-8"))
        self.texts, self.turns = kept["texts"], kept["turns"]
        return True

    def save(self) -> None:
        written = self.file(self.id).with_suffix(".new")
        written.write_text(json.dumps({"texts": self.texts, "turns": self.turns}), "utf-8")
        written.replace(self.file(self.id))

    def receive(self, turn: str, text: str) -> None:
        """A turn comes: it begins, or waits for the next step of the one that runs."""
        self.queue.append((turn, text))
        if self.working is None:
            self.working = asyncio.create_task(self._work())

    async def _work(self) -> None:
        outcome = "done"
        try:
            await self._obey(self._take_up(begins=True))
        except asyncio.CancelledError:
            outcome = "interrupted"
        self.turns += 1
        self.save()
        self.working = None
        self.ended(outcome)
        if self.queue:
            self.working = asyncio.create_task(self._work())

    def _take_up(self, *, begins: bool = False) -> str:
        turn, text = self.queue.pop(0)
        self.took_up(turn, text, begins)
        self.texts.append(text)
        self.save()
        return text

    async def _obey(self, text: str) -> None:
        for line in text.splitlines():
            verb, _, rest = line.partition(" ")
            match verb:
                case "!say":
                    self.said(rest)
                case "!work":
                    await asyncio.sleep(float(rest))
                case "!rest":
                    await self._use("Rest", {"seconds": rest}, asks=False)
                    while self.queue:
                        self._take_up()
                case "!write":
                    await self._use("Write", {"file_path": rest, "content": "x"}, asks=True)
                case "!leave":
                    await self._use("Leave", {}, asks=False)
                case "!recall":
                    known = any(rest in earlier for earlier in self.texts[:-1])
                    self.said(f"{'yes' if known else 'no'}, {rest}")

    async def _use(self, name: str, given: dict[str, Any], *, asks: bool) -> None:
        self._tools += 1
        id = f"tool_{self._tools}"
        self.used_tool(id, name, given, None, False)
        if asks and not await self.may(id, name, given):
            self.used_tool(id, name, given, "not allowed", True)
            return
        match name:
            case "Rest":
                await asyncio.sleep(float(given["seconds"]))
            case "Write":
                put(Path(given["file_path"]), given["content"])
            case "Leave":
                leave()
        self.used_tool(id, name, given, "done", False)

    async def run(self) -> None:
        reader = asyncio.StreamReader(limit=2**24)
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        async for line in reader:
            await self.hear(json.loads(line))
        if self.working is not None:
            with contextlib.suppress(asyncio.CancelledError):
                await self.working


def write(message: dict[str, Any]) -> None:
    """One line of output."""
    sys.stdout.write(f"{json.dumps(message)}\n")
    sys.stdout.flush()


def put(path: Path, content: str) -> None:
    """Write a file."""
    path.write_text(content, "utf-8")


def leave() -> None:
    """Leave a process behind, in a session of its own."""
    nothing = subprocess.DEVNULL
    subprocess.Popen(["sleep", "300"], start_new_session=True, stdin=nothing, stdout=nothing, stderr=nothing)


def call_tools(url: str, key: str) -> None:
    """Come to an MCP server, whatever it answers."""
    request = urllib.request.Request(url, b"{}", {"Authorization": f"Bearer {key}"})  # noqa: S310 - a test's server
    with contextlib.suppress(urllib.error.URLError), urllib.request.urlopen(request, timeout=5):  # noqa: S310
        pass
