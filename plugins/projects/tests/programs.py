"""Programs that the runtime ``command`` runs, real processes, each of which does what a test tells it to."""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from plugins.claude_launcher.tests.launcher import alive

SCRIPT = """\
cd "$1" && mkfifo "$$.told" || exit
{ echo "$TEAMMCP_AGENT"; echo "$TEAMMCP_KEY"; cat; } > "$$.new"
mv "$$.new" "$$.asked"
. "./$$.told"
"""
"""It keeps what it is asked where the test finds it, and then does what the test writes into its pipe."""


@dataclass(frozen=True)
class Program:
    """A program that was asked something, and waits to be told what to do.

    Attributes:
        pid: of its process.
        agent: whose program it is.
        key: the agent's.
        text: what it was asked.
    """

    pid: int
    agent: str
    key: str
    text: str


class Programs:
    """All programs that were started with `command`.

    Args:
        folder: where they are told what to do. It is made.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._folder = folder
        self._told: set[int] = set()
        self._known: dict[int, Program] = {}
        (folder / "script").write_text(SCRIPT)

    @property
    def command(self) -> str:
        """The option ``command`` of the runtime."""
        return shlex.join(["/bin/sh", str(self._folder / "script"), str(self._folder)])

    def waiting(self) -> list[Program]:
        """Those that live, were asked something, and have not been told what to do, the oldest first."""
        for asked in self._folder.glob("*.asked"):
            agent, key, text = asked.read_text().split("\n", 2)
            pid = int(asked.stem)
            self._told.discard(pid)  # the number was somebody else's before
            self._known[pid] = Program(pid, agent, key, text)
            asked.unlink()
        return [each for each in self._known.values() if each.pid not in self._told and alive(each.pid)]

    async def tell(self, program: Program, script: str) -> None:
        """Have one do this, as lines of a shell, unless it was ended this moment."""
        self._told.add(program.pid)
        while alive(program.pid):
            try:
                pipe = os.open(self._folder / f"{program.pid}.told", os.O_WRONLY | os.O_NONBLOCK)
            except OSError:  # it does not listen yet
                await asyncio.sleep(0.001)
                continue
            with os.fdopen(pipe, "w") as written:
                written.write(script)
            return

    def kill(self, program: Program) -> None:
        """End one as a crash would."""
        self._told.add(program.pid)
        with suppress(ProcessLookupError):
            os.kill(program.pid, signal.SIGKILL)

    def forget(self, agent: str | None = None) -> None:
        """Nobody wonders any more how those ended that were there, or those of one agent."""
        self.waiting()
        self._known = {pid: each for pid, each in self._known.items() if agent not in (None, each.agent)}

    def vanished(self) -> list[Program]:
        """Those that have ended though nobody has told them anything."""
        return [each for each in self._known.values() if each.pid not in self._told and not alive(each.pid)]
