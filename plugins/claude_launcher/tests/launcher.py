"""A real server with the launcher, as its users have it: a runner of its own, real programs, REST."""

from __future__ import annotations

import json
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import psutil

from teammcp import CHILD_MARK
from teammcp.testing import all_plugins_but
from tests.live import LOOK, LiveServer

T = TypeVar("T")
WITHIN = 40.0
"""Seconds for something to happen on a machine that runs other tests."""
LIMITS = {"agent_rate": 0, "address_rate": 0, "register_rate": 0}


def until(found: Callable[[], T | None], what: str, seconds: float = WITHIN) -> T:
    """Wait until something is there that is neither None nor empty; ``what`` says what was waited for."""
    deadline = time.monotonic() + seconds
    while True:
        if value := found():
            return value
        assert time.monotonic() < deadline, f"waited {seconds:g} s in vain for {what}"
        time.sleep(0.05)


class LiveLauncher:
    """A server process with this plugin, its owner, and what the owner does.

    Attributes:
        server: the server process.
        owner: a client with the owner's key.
        key: the owner's key.
    """

    def __init__(self, home: Path, *plugins: str, settings: Mapping[str, Any] | None = None) -> None:
        others = json.dumps(all_plugins_but({*LOOK, "claude_launcher", *plugins}))
        guard = {"exchange": 0, "monologue": 0, "repeats": 0}
        tables = json.dumps({"guard": guard, "claude_launcher": {"machine": "here", **(settings or {})}})
        self.server = LiveServer(home, disabled_plugins=others, plugins=tables, **LIMITS).start()
        self.key = self.server.register("owner", kind="human")
        self.owner = self.server.client(self.key, timeout=60)

    # -- what the owner does -------------------------------------------------------------------------------------------

    def call(self, operation: str, /, key: str | None = None, **arguments: Any) -> Any:
        """Call an operation as the owner, or with another key; what it answers.

        Raises:
            AssertionError: it was refused.
        """
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        answer = self.owner.post(f"/api/call/{operation}", json=arguments, headers=headers)
        assert answer.status_code < 300, f"{operation}: {answer.text}"
        return answer.json()

    def start_program(self, agent: str, code: str, **home: Any) -> None:
        """Start an agent that runs a Python program once for each turn."""
        folder = self.server.home.parent / "programs"
        folder.mkdir(exist_ok=True)
        script = folder / f"{agent}.py"
        script.write_text(code)
        self.call("register_agent", name=agent)
        command = shlex.join([sys.executable, str(script), str(folder)])
        self.start(agent, runtime="command", options={"command": command}, **home)

    def start(self, agent: str, **home: Any) -> None:
        """Start an agent that is registered."""
        self.call("start_agent", name=agent, new_key=True, **home)

    def tell(self, agent: str, text: str) -> int:
        """Send a direct message; its id."""
        number: int = self.call("send_dm", recipient=agent, content=text)["id"]
        return number

    # -- what is to be seen --------------------------------------------------------------------------------------------

    def said(self, channel: str, agent: str) -> list[str]:
        """What an agent has written in a channel, oldest first."""
        messages = self.call("get_history", channel=channel, limit=200)["messages"]
        return [each["content"] for each in messages if each["from_agent"] == agent]

    def answers(self, agent: str) -> list[str]:
        """What an agent has written to the owner, oldest first."""
        return self.said(f"dm:{agent}", agent)

    def runs(self, agent: str) -> list[dict[str, Any]]:
        """The runs of an agent, the newest first."""
        found: list[dict[str, Any]] = self.call("list_runs", agent=agent)
        return found

    def state(self, agent: str) -> str:
        """How the newest run of an agent stands, as a page shows it; empty if there is none."""
        runs = self.runs(agent)
        return runs[0]["state"] if runs else ""

    def receipt(self, message: int, agent: str) -> str:
        """How far a message got with an agent."""
        recipients = self.call("get_receipt", message_id=message)["recipients"]
        return next(each["state"] for each in recipients if each["agent"] == agent)

    # -- processes -----------------------------------------------------------------------------------------------------

    def runners(self) -> list[psutil.Process]:
        """The runner of this server's own machine, if it runs, and whatever is about to find that it runs already."""
        found = []
        for process in psutil.process_iter():
            try:
                is_runner = {"runner", "run"} <= {*process.cmdline()}
                if is_runner and process.environ().get("TEAMMCP_HOME") == str(self.server.home):
                    found.append(process)
            except (psutil.Error, OSError):
                continue
        return found

    def kill_runner(self) -> None:
        """End the runner as a crash would, and nothing else."""
        for runner in until(self.runners, "the runner"):
            runner.send_signal(signal.SIGKILL)
            runner.wait(10)

    def end_runners(self) -> None:
        """End the runner. One that the server has started beside it would otherwise take its place this moment."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            deadline = time.monotonic() + 15
            while time.monotonic() < deadline:
                if not (found := self.runners()):
                    return
                for runner in found:
                    with suppress(psutil.Error):
                        runner.send_signal(number)
                psutil.wait_procs(found, timeout=1)
        assert not self.runners()

    def programs(self) -> list[psutil.Process]:
        """Whatever agents' programs have started that still runs, whatever it belongs to."""
        found = []
        for process in psutil.process_iter():
            try:
                environment = process.environ()
                if CHILD_MARK in environment and environment.get("TEAMMCP_URL") == self.server.url:
                    found.append(process)
            except (psutil.Error, OSError):
                continue
        return [process for process in found if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]

    def run_command(self, *words: str, **environment: str) -> str:
        """What a ``teammcp`` command prints."""
        done = subprocess.run(
            [sys.executable, "-m", "teammcp", *words],
            env={**self.server.environment, **environment},
            cwd=self.server.home.parent,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def close(self) -> None:
        """End the server, its runner and every program."""
        self.owner.close()
        if self.server.process.poll() is None:
            self.server.kill()
        self.end_runners()
        for process in self.programs():
            process.kill()


def alive(pid: int) -> bool:
    """Whether a process runs, other than as a zombie."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
