"""``teammcp runner`` as its users have it: real processes, a real server, real signals."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import psutil
import pytest
from click.testing import CliRunner, Result
from teammcp_claude_launcher.runner.command import runner

from teammcp.testing import all_plugins_but
from tests.live import LOOK, LiveServer

T = TypeVar("T")

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(240)]

SECONDS = 40.0
"""For something to happen on a machine that runs other tests."""
STUBBORN = """
import os, pathlib, signal, sys, time
sys.stdin.read()
print("I have it", flush=True)
signal.signal(signal.SIGTERM, signal.SIG_IGN)
pathlib.Path(sys.argv[1]).write_text(str(os.getpid()))
time.sleep(600)
"""
"""Works on its turn for ever, and does not listen when it is asked to end."""

DAEMON = f"""
import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        with open(sys.argv[1] + '.daemon', 'w') as file:
            file.write(str(os.getpid()))
        os.execve(sys.executable, [sys.executable, '-c', 'import time; time.sleep(600)'], {{}})
    os._exit(0)
os.wait()
{STUBBORN}"""
"""The same, and leaves a process behind that has neither its mark nor its session nor a parent."""


def until(found: Callable[[], T | None], what: str) -> T:
    deadline = time.monotonic() + SECONDS
    while not (value := found()):
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.05)
    return value


class Machine:
    """A machine with a runner's data folder, and a server that it may join."""

    def __init__(self, folder: Path, server: LiveServer) -> None:
        self.server = server
        self.folder = folder
        self.note = folder.parent / "pid"
        self.owner = server.client(server.register("owner", kind="human"), timeout=30)
        self._environment = {**server.environment, "TEAMMCP_RUNNER_HOME": str(folder)}
        self._processes: list[subprocess.Popen[str]] = []

    def call(self, operation: str, **arguments: Any) -> Any:
        answer = self.owner.post(f"/api/call/{operation}", json=arguments)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def run(self, *words: str, **other: str) -> Result:
        """A command that ends by itself; in this process, which takes a tenth of the time."""
        environment: dict[str, str | None] = {name: None for name in os.environ if name.startswith("TEAMMCP_")}
        return CliRunner().invoke(runner, words, env={**environment, **self._environment, **other})

    def begin(self, *words: str) -> subprocess.Popen[str]:
        """A command that goes on."""
        with (self.folder.parent / "runner.log").open("a") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "teammcp", "runner", *words],
                env=self._environment,
                cwd=self.folder.parent,
                stdout=log,
                stderr=log,
                text=True,
            )
        self._processes.append(process)
        return process

    def join(self) -> subprocess.Popen[str]:
        """Join the team and run, with one command."""
        token = self.call("make_join_token")["token"]
        process = self.begin("join", "--url", self.server.url, "--token", token, "--name", "there")
        self.until_connected()
        return process

    def until_connected(self) -> None:
        until(
            lambda: [each for each in self.call("list_machines") if each["name"] == "there" and each["connected"]], "it"
        )

    def start_program(self, code: str) -> int:
        """Start agent ada, give it a turn, and wait for the number of the process that works on it."""
        script = self.folder.parent / "program.py"
        script.write_text(code)
        self.call("register_agent", name="ada")
        options = {"command": f"{sys.executable} {script} {self.note}"}
        self.call("start_agent", name="ada", runtime="command", machine="there", new_key=True, options=options)
        self.call("send_dm", recipient="ada", content="begin")
        return self.program()

    def program(self) -> int:
        """The number of the process that works on a turn."""
        return int(until(lambda: self.note.exists() and self.note.read_text(), "the program"))

    def runs(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.call("list_runs", agent="ada")
        return found

    def close(self) -> None:
        self.owner.close()
        for process in self._processes:
            if process.poll() is None:
                process.terminate()
                process.wait(30)


def alive(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """A machine beside a server that has the launcher."""
    limits = {"agent_rate": 0, "address_rate": 0, "register_rate": 0}
    plugins = {"claude_launcher": {"machine": "here", "stop_seconds": 0.5, "local_runner": False}}
    others = json.dumps(all_plugins_but({*LOOK, "claude_launcher"}))
    server = LiveServer(tmp_path / "server", disabled_plugins=others, plugins=json.dumps(plugins), **limits).start()
    machine = Machine(tmp_path / "there", server)
    yield machine
    machine.close()
    if server.process.poll() is None:
        server.kill()


def test_one_command_joins_and_runs_through_a_crash_of_the_server_until_another_one_ends_it_with_all_that_it_runs(
    machine: Machine,
) -> None:
    assert machine.run("status").exit_code == 1
    process = machine.join()
    program = machine.start_program(DAEMON)
    noted = machine.note.with_name("pid.daemon")
    daemon = int(until(lambda: noted.exists() and noted.read_text(), "the daemon"))
    status = until(lambda: (said := machine.run("status").stdout).count("1 program") and said, "the program's mention")
    assert f"process {process.pid}" in status
    assert f"'there' in the team 'default' at {machine.server.url}: connected" in status
    again = machine.run("run")
    assert (again.exit_code, "works in" in again.stdout) == (0, True)

    machine.server.kill()
    machine.server.start()
    machine.until_connected()
    [run] = until(lambda: [each for each in machine.runs() if each["state"] == "working"], "its state")
    assert (alive(program), alive(daemon), run["ended_at"], process.poll()) == (True, True, None, None)
    no_secret_is_shown(machine)

    stopped = machine.run("stop")
    assert (stopped.exit_code, stopped.stdout) == (0, "The runner has ended.\n")
    assert process.wait(10) == 0
    assert not alive(program)
    assert not alive(daemon)
    assert [run["reason"] for run in machine.runs()] == ["runner_ended"]
    assert machine.run("stop").stdout == "No runner works here.\n"


def no_secret_is_shown(machine: Machine) -> None:
    [path] = (machine.folder / "enrolments").glob("*.json")
    key = json.loads(path.read_text())["key"]
    assert key not in (machine.folder.parent / "runner.log").read_text()
    assert key not in "".join(machine.server.output)
    for process in psutil.process_iter():
        try:
            assert key not in " ".join(process.cmdline())
        except psutil.Error:
            continue


def test_what_a_killed_runner_has_left_is_ended_before_anything_else_is_begun(machine: Machine) -> None:
    process = machine.join()
    program = machine.start_program(STUBBORN)
    until(lambda: machine.runs()[0]["state"] == "working", "work")
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    assert alive(program)
    machine.note.unlink()
    machine.begin("run")
    later = machine.program()
    assert not alive(program)
    assert later != program
    newest, oldest = machine.runs()
    assert (oldest["reason"], newest["reason"]) == ("runner_killed", "")


def test_a_runner_in_a_copy_of_the_folder_ends_with_an_error_and_the_first_one_goes_on(
    machine: Machine, tmp_path: Path
) -> None:
    process = machine.join()
    program = machine.start_program(STUBBORN)
    copy = tmp_path / "copy"
    shutil.copytree(machine.folder, copy)
    said = machine.run("run", TEAMMCP_RUNNER_HOME=str(copy))
    assert said.exit_code == 1
    assert (
        f"Another runner is at work as the machine 'there' of the team 'default' at {machine.server.url}" in said.output
    )
    assert f"{machine.folder} on " in said.output
    [there] = [each for each in machine.call("list_machines") if each["name"] == "there"]
    assert (there["connected"], str(copy) in there["copy_place"]) == (True, True)
    assert (alive(program), process.poll(), len(machine.runs())) == (True, None, 1)


def test_a_wrong_token_is_refused_in_words_and_leaves_nothing(machine: Machine) -> None:
    said = machine.run("join", "--url", machine.server.url, "--token", "tmcp_default_" + "x" * 43)
    assert said.exit_code == 1
    assert "token" in said.output
    assert not (machine.folder / "enrolments").exists()


def test_a_server_that_is_not_there_is_said_to_be_so(tmp_path: Path) -> None:
    words = ["join", "--url", "http://127.0.0.1:9", "--token", "secret-token"]
    said = CliRunner().invoke(runner, words, env={"TEAMMCP_RUNNER_HOME": str(tmp_path)})
    assert said.exit_code == 1
    assert "No TeamMCP server answers at http://127.0.0.1:9 (Connection refused)." in said.output
    assert "secret-token" not in said.output
