"""How long an accepted message takes to the model of an idle program: the real Claude Code, the real Codex.

Each sits at its prompt in a terminal, in an empty home in which its agent has joined. Its model is a script, in this
process, which notes when a request has come in and answers at once.
"""

from __future__ import annotations

import json
import os
import queue
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from tests.acceptance import claude_at_prompt, codex_at_prompt
from tests.acceptance.desks import Desk
from tests.acceptance.fake_models.script import ScriptedModel
from tests.acceptance.npm_tools import CLAUDE, CODEX, NotInstalled, Tool
from tests.acceptance.terminals import until
from tests.acceptance.waking import status, ways
from tests.live import LiveServer

from .figures import Figure, LeftOut, Line, p99
from .options import Options
from .waking import IDLE

P50_MS, P99_MS = 1000, 3000
SECONDS = 60


class Noting(ScriptedModel):
    """Notes each request that wants an answer, and when it had come in.

    Attributes:
        noted: how many there were.
    """

    def __init__(self) -> None:
        super().__init__()
        self.noted = 0
        self._came: queue.SimpleQueue[tuple[float, str]] = queue.SimpleQueue()

    def _answer(self, body: dict[str, Any]) -> Iterator[bytes]:
        if body.get("tools"):
            at = time.monotonic()
            self.noted += 1
            self._came.put((at, json.dumps(body)))
        return super()._answer(body)

    def request_with(self, text: str) -> float:
        """Wait for a request that carries a text; when it came."""
        while True:
            at, question = self._came.get(timeout=SECONDS)
            if text in question:
                return at


class ModelOfClaude(Noting, claude_at_prompt.Model):
    """For Claude Code."""


class ModelOfCodex(Noting, codex_at_prompt.Model):
    """For Codex."""


@contextmanager
def _claude(live: LiveServer, folder: Path) -> Iterator[tuple[Desk, Noting]]:
    office = claude_at_prompt.Office(live, folder / "home", folder / "project", live.register("alice"))
    office.set_up()
    with ModelOfClaude() as model, office.claude_at_its_prompt(model):
        yield office, model


@contextmanager
def _codex(live: LiveServer, folder: Path, options: tuple[str, ...] = ()) -> Iterator[tuple[Desk, Noting]]:
    desk = Desk(live, folder / "home", folder / "project", live.register("alice"))
    desk.home.mkdir(parents=True)
    desk.project.mkdir()
    with ExitStack() as ending:
        ending.callback(codex_at_prompt.end_all_of, desk.home)
        model = ending.enter_context(ModelOfCodex())
        codex_at_prompt.set_up(desk, model)
        terminal = ending.enter_context(codex_at_prompt.at_its_prompt(desk, *options))
        codex_at_prompt.begin(desk, terminal, codex_at_prompt.way(options))
        yield desk, model


@dataclass(frozen=True)
class Way:
    """A way into a program.

    Attributes:
        name: as the server calls it.
        program: what it leads into, for people.
        tool: the program.
        opened: opens the program at its prompt: the place of its agent, bob, and its model.
        looks: seconds after which the program looks for lines by itself; 0 if it is told of them. Where it looks, its
            messages come at all times of that span, and no budget holds.
    """

    name: str
    program: str
    tool: Tool
    opened: Callable[[LiveServer, Path], AbstractContextManager[tuple[Desk, Noting]]]
    looks: float = 0


WAYS = (
    Way("inbox_socket", "Claude Code", CLAUDE, _claude),
    Way("codex_daemon", "Codex", CODEX, _codex),
    Way("codex_queue", "Codex without its daemon", CODEX, partial(_codex, options=codex_at_prompt.ALONE), looks=10),
)


def run(options: Options) -> list[Line]:
    """The figures of each way whose program can be had here."""
    lines: list[Line] = []
    for way in WAYS:
        try:
            version = version_of(way.tool, options.scratch)
        except (NotInstalled, OSError, subprocess.SubprocessError) as error:
            lines.append(LeftOut(_what(way), str(error)))
        else:
            lines += _measured(way, version, options)
    return lines


def version_of(tool: Tool, home: Path) -> str:
    """Of the program, as it says itself; it is installed first if need be."""
    command, environment = [str(tool.installed()), "--version"], {"PATH": os.environ["PATH"], "HOME": str(home)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=SECONDS)
    found = re.search(r"\d+(\.\d+)+", done.stdout)
    return found[0] if found else done.stdout.strip()


def _measured(way: Way, version: str, options: Options) -> list[Line]:
    folder = options.folder(f"waking-{way.name}")
    count = options.polls if way.looks else options.programs
    live = LiveServer(folder / "server", disabled_plugins="[]", register_rate=0, agent_rate=0, address_rate=0).start()
    try:
        live.register("owner")
        with way.opened(live, folder) as (desk, model):
            until(lambda: ways(desk) == [way.name], SECONDS, "a helper")
            before, began = model.noted, time.monotonic()
            times = [_time(desk, model, number, way.looks * number / count) for number in range(count)]
            _until_idle(desk)
            more, seconds = model.noted - before - count, time.monotonic() - began
    finally:
        live.stop()
    middle = Figure(f"{_what(way)} ({version}), p50", median(times), "ms")
    late = Figure(f"  the same, p99 of {count}", p99(times), "ms", min(times), max(times))
    if not way.looks:
        middle.budget, middle.met = f"{P50_MS:,} ms or less", middle.value <= P50_MS
        late.budget, late.met = f"{P99_MS:,} ms or less", late.value <= P99_MS
    beside = Figure(f"  its requests besides these, in {seconds:.0f} s", more, "", budget="none", met=not more)
    return [middle, late, beside]


def _what(way: Way) -> str:
    return f"accepted message to the request at the model of an idle {way.program}"


def _time(desk: Desk, model: Noting, number: int, later: float) -> float:
    """From the answer to ``POST /api/send-dm`` until the model has the request that carries it, in milliseconds."""
    _until_idle(desk)
    time.sleep(IDLE + later)
    text = f"Look at number {number}."
    desk.write_to_bob(text)
    accepted = time.monotonic()
    return (model.request_with(text) - accepted) * 1000


def _until_idle(desk: Desk) -> None:
    until(lambda: status(desk) == "idle", SECONDS, "the end of the turn")
