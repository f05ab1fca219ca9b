"""How long an accepted question takes to the model of a program that is started for it: the real Claude Code, Codex.

*Cold*: nobody has been asked yet. *Again*: the program has ended, and the conversation is there. *Warm*: the program
waits. The folder is empty, and the model a script in this process that answers at once.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from plugins.claude_launcher.tests.launcher import LiveLauncher, until
from tests.acceptance.desks import codex_settings
from tests.acceptance.npm_tools import CLAUDE, CODEX, NotInstalled, Tool
from tests.acceptance.real_programs import with_variables

from .figures import Figure, LeftOut, Line
from .launching import end_runners
from .options import Options
from .waking_programs import ModelOfClaude, ModelOfCodex, Noting, version_of

AGENT = "backend.owner"
AT_ONCE = {"idle_minutes": 0.001}


def _home_of_claude(home: Path, model: Any) -> dict[str, str]:
    return {
        "ANTHROPIC_BASE_URL": model.url,
        "ANTHROPIC_API_KEY": "sk-ant-api03-scripted",
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "DISABLE_AUTOUPDATER": "1",
    }


def _home_of_codex(home: Path, model: Any) -> dict[str, str]:
    codex_settings(home, model)
    return {"MODEL_KEY": "sk-scripted"}


@dataclass(frozen=True)
class Program:
    """A program that answers.

    Attributes:
        name: for people.
        runtime: as the launcher calls it.
        tool: where it comes from.
        model: what answers it.
        set_up: makes its home lead to that model; the variables that it needs.
    """

    name: str
    runtime: str
    tool: Tool
    model: type[Noting]
    set_up: Callable[[Path, Any], dict[str, str]]


PROGRAMS = (
    Program("Claude Code", "claude", CLAUDE, ModelOfClaude, _home_of_claude),
    Program("Codex", "codex", CODEX, ModelOfCodex, _home_of_codex),
)


def run(options: Options) -> list[Line]:
    """The figures of each program that can be had here."""
    lines: list[Line] = []
    for program in PROGRAMS:
        what = f"accepted question to the request at the model of {program.name}"
        try:
            version = version_of(program.tool, options.scratch)
        except (NotInstalled, OSError, subprocess.SubprocessError) as error:
            lines.append(LeftOut(what, str(error)))
        else:
            times = _measured(program, options)
            lines += [
                Figure(
                    f"{what} ({version}), {how}, median of {len(found)}", median(found), "ms", min(found), max(found)
                )
                for how, found in times.items()
            ]
    return lines


def _measured(program: Program, options: Options) -> dict[str, list[float]]:
    """How it was started -> times in milliseconds."""
    cold, again, warm = [], [], []
    for number in range(options.cold_starts):
        folder = options.folder(f"asking-{program.runtime}-{number}")
        folder.mkdir()
        launcher = LiveLauncher(folder / "server", "projects", settings={"stop_seconds": 1})
        try:
            with program.model() as model:
                asking = _Asking(launcher, program, folder, model)
                cold.append(asking.time())
                warm += [asking.time() for _ in range(3)]
                asking.end_program()
                again.append(asking.time())
        finally:
            launcher.close()
            end_runners(folder)
    return {"cold": cold, "again": again, "warm": warm}


class _Asking:
    def __init__(self, launcher: LiveLauncher, program: Program, folder: Path, model: Noting) -> None:
        self._launcher, self._model, self._number = launcher, model, 0
        code, home = folder / "backend", folder / "home"
        code.mkdir()
        home.mkdir()
        variables = {"HOME": str(home), "NO_PROXY": "127.0.0.1", **program.set_up(home, model)}
        launcher.call(
            "add_project",
            name="backend",
            runtime=program.runtime,
            options={"program": with_variables(program.tool, folder, variables)},
            folders=[{"folder": str(code)}],
        )

    def time(self) -> float:
        """From an accepted question to the request that carries it, in milliseconds."""
        self._number += 1
        text = f"What is number {self._number}?"
        asked = self._launcher.call("teams_ask", projects=["backend"], question=text)["questions"]
        accepted = time.monotonic()
        took = (self._model.request_with(text) - accepted) * 1000
        numbers = [each["id"] for each in asked]
        [answer] = self._launcher.call("wait_for_answers", question_ids=numbers)["questions"]
        assert answer["state"] == "answered", answer
        until(lambda: self._launcher.state(AGENT) == "idle", "the end of the turn")
        return took

    def end_program(self) -> None:
        """Let the program end as one does that was not asked for long."""
        self._launcher.call("configure_agent", name=AGENT, limits=AT_ONCE)
        until(lambda: self._launcher.runs(AGENT)[0]["ended_at"] is not None, "the end of the program")
