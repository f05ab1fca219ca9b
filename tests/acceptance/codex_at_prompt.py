"""The real Codex at its prompt in a terminal: its settings, its start with and without its daemon, its first turn."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from tests.acceptance.desks import Desk, codex_settings
from tests.acceptance.fake_models import OpenAIModel
from tests.acceptance.fake_models.script import Event, Step
from tests.acceptance.npm_tools import CODEX
from tests.acceptance.terminals import ENTER, Terminal, until
from tests.acceptance.waking import status, wakes, ways

ALONE = ("--dangerously-bypass-hook-trust",)
"""With this option it uses no daemon, and runs hooks that nobody has trusted."""


class Model(OpenAIModel):
    """It obeys, and fails when a person says so."""

    def events(self, step: Step) -> Iterable[Event]:
        if getattr(step, "text", "") != "fail":
            return super().events(step)
        error = {"code": "invalid_prompt", "message": "The model is not well."}
        response = {"id": "resp_1", "object": "response", "output": [], "status": "failed", "error": error}
        return [("response.failed", {"response": response})]

    def asked(self) -> list[str]:
        """What it was asked, besides side questions of the program."""
        return [json.dumps(body, ensure_ascii=False) for body in self.requests if body.get("tools")]


def set_up(desk: Desk, model: Model) -> None:
    """Join, in a project that its user trusts."""
    codex_settings(desk.home, model)
    with (desk.home / ".codex" / "config.toml").open("a") as config:
        config.write(f'request_max_retries = 0\nstream_max_retries = 0\n[projects."{desk.project}"]\n')
        config.write('trust_level = "trusted"\n')
    desk.join("codex")


@contextmanager
def at_its_prompt(desk: Desk, *options: str) -> Iterator[Terminal]:
    """The terminal of a Codex that has joined, with `ALONE` or nothing for the daemon."""
    environment = desk.environment(MODEL_KEY="scripted", TEAMMCP_KEY=desk.bob)
    with Terminal([str(CODEX.path()), *options], environment, desk.project) as terminal:
        if not options:
            terminal.shows("Trust all and continue")
            time.sleep(1)  # it takes no key of somebody who has not read the question
            terminal.type("2")
            terminal.shows("› 2. Trust all")
            terminal.type(ENTER)
        terminal.shows("default ·")  # the line below the prompt
        try:
            yield terminal
        except AssertionError as error:
            error.add_note(f"What the server says: {status(desk)}, {wakes(desk)}")
            raise


def end_all_of(home: Path) -> None:
    """End what it leaves running, such as its daemon."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.environ().get("HOME") == str(home):
                process.terminate()
                found.append(process)
    for process in psutil.wait_procs(found, 10)[1]:
        process.kill()


def enter(terminal: Terminal, text: str) -> None:
    """Type a line, as a person does: keys that come at once are taken for something pasted, and an order that begins
    with its mark for a shell command.
    """
    terminal.type(text)
    terminal.shows(text.splitlines()[0])
    time.sleep(0.3)
    terminal.type(ENTER)


def begin(desk: Desk, terminal: Terminal, way: str) -> None:
    """A first turn, after which there is a helper beside it, and bob sits idle."""
    enter(terminal, "|!say ready")
    terminal.shows("Worked for")
    until(lambda: ways(desk) == [way], what="a helper")
    until(lambda: status(desk) == "idle", what="the end of the first turn")


def way(options: tuple[str, ...]) -> str:
    return "codex_queue" if options else "codex_daemon"
