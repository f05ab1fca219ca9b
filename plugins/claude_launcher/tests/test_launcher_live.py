"""Agents as real programs, under a real runner of a real server, whatever is killed; without a vendor's program."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import psutil
import pytest

from .launcher import LiveLauncher, alive, until

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(240)]

ECHO = """
import sys
text = sys.stdin.read()
with open(sys.argv[1] + '/read', 'a') as file:
    file.write(text.replace(chr(10), ' ') + chr(10))
print('echo of', sum(word in text for word in ('first', 'second', 'third')), 'words')
"""
"""Notes what it reads, a line a turn, and answers."""
SLOW = """
import os, pathlib, sys, time
folder = pathlib.Path(sys.argv[1])
text = sys.stdin.read()
with (folder / 'read').open('a') as file:
    file.write(text.replace(chr(10), ' ') + chr(10))
print('I have it', flush=True)
(folder / 'pid').write_text(str(os.getpid()))
while not (folder / 'go').exists():
    time.sleep(0.05)
print('done slowly')
"""
"""Shows that it has the turn, and works on it until it is told to end."""
RUNAWAY = """
import os, pathlib, subprocess, sys, time
folder = pathlib.Path(sys.argv[1])
sys.stdin.read()
print('I have it', flush=True)
deaf = 'import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(300)'
child = subprocess.Popen([sys.executable, '-c', deaf], start_new_session=True, stdin=subprocess.DEVNULL,
                         stdout=subprocess.DEVNULL)
(folder / 'child').write_text(str(child.pid))
time.sleep(300)
"""
"""Starts something in a session of its own that does not listen, and works for ever."""


@pytest.fixture
def launcher(tmp_path: Path) -> Iterator[LiveLauncher]:
    """A server with the launcher."""
    launcher = LiveLauncher(tmp_path / "server", settings={"stop_seconds": 1})
    yield launcher
    launcher.close()


def read_by_programs(launcher: LiveLauncher) -> str:
    """What the programs have read so far, a line a turn."""
    file = launcher.server.home.parent / "programs" / "read"
    return file.read_text() if file.exists() else ""


def go(launcher: LiveLauncher) -> None:
    """Let slow programs end."""
    (launcher.server.home.parent / "programs" / "go").touch()


def program(launcher: LiveLauncher, file: str = "pid") -> int:
    """The number of a process that a program has noted."""
    path = launcher.server.home.parent / "programs" / file
    return int(until(lambda: path.exists() and path.read_text(), f"the file {file}"))


def test_a_message_becomes_a_turn_and_its_answer_comes_back(launcher: LiveLauncher) -> None:
    launcher.start_program("ada", ECHO)
    first = launcher.tell("ada", "the first word")
    assert until(lambda: launcher.answers("ada"), "an answer") == ["echo of 1 words"]
    assert launcher.receipt(first, "ada") == "answered"
    launcher.tell("ada", "the second word")
    until(lambda: len(launcher.answers("ada")) == 2, "the second answer")
    assert read_by_programs(launcher).count("the first word") == 1
    assert read_by_programs(launcher).count("the second word") == 1
    ended = until(lambda: [run for run in launcher.runs("ada") if run["reason"]], "an end")
    assert {run["reason"] for run in ended} == {"finished"}


def test_stopping_leaves_no_process_and_says_so(launcher: LiveLauncher) -> None:
    launcher.start_program("ada", RUNAWAY)
    launcher.tell("ada", "the first word")
    child = program(launcher, "child")
    assert alive(child)
    until(lambda: launcher.state("ada") == "working", "work")
    launcher.call("stop_agent", name="ada")
    until(lambda: launcher.state("ada") == "ended", "the end of the run")
    assert launcher.runs("ada")[0]["reason"] == "stopped"
    assert not alive(child)
    assert launcher.programs() == []


def test_an_agent_that_is_killed_is_seen_at_once_and_started_again(launcher: LiveLauncher) -> None:
    launcher.start_program("ada", SLOW)
    launcher.tell("ada", "the first word")
    pid = program(launcher)
    until(lambda: launcher.state("ada") == "working", "work")
    (launcher.server.home.parent / "programs" / "pid").unlink()
    psutil.Process(pid).send_signal(signal.SIGKILL)
    killed = time.monotonic()
    until(lambda: any(run["reason"] == "crashed" for run in launcher.runs("ada")), "the crash")
    assert time.monotonic() - killed < 10
    [crashed] = [run for run in launcher.runs("ada") if run["reason"] == "crashed"]
    assert crashed["exit_code"] == -signal.SIGKILL
    program(launcher)
    go(launcher)
    until(lambda: launcher.answers("ada"), "an answer")


def test_a_server_that_is_killed_in_a_turn_loses_nothing_and_starts_nothing_twice(launcher: LiveLauncher) -> None:
    launcher.start_program("ada", SLOW)
    first = launcher.tell("ada", "the first word")
    pid = program(launcher)
    until(lambda: launcher.receipt(first, "ada") == "offered", "the receipt")
    launcher.server.kill()
    assert alive(pid)
    go(launcher)
    launcher.server.start()
    until(lambda: launcher.answers("ada"), "an answer")
    assert read_by_programs(launcher).count("the first word") == 1
    assert len(launcher.runs("ada")) == 1
    assert len(launcher.answers("ada")) == 1


def test_a_runner_that_is_killed_in_a_turn_leaves_nothing_running_and_goes_on(launcher: LiveLauncher) -> None:
    launcher.start_program("ada", SLOW)
    launcher.tell("ada", "the first word")
    pid = program(launcher)
    until(lambda: launcher.state("ada") == "working", "work")
    (launcher.server.home.parent / "programs" / "pid").unlink()
    launcher.kill_runner()
    until(lambda: launcher.state("ada") != "working", "that nobody says it works")
    assert program(launcher) != pid
    assert not alive(pid)
    assert launcher.runs("ada")[1]["reason"] == "runner_killed"
    go(launcher)
    until(lambda: launcher.answers("ada"), "an answer")
    assert len(launcher.answers("ada")) == 1


def test_a_second_machine_joins_with_one_command_and_its_key_can_be_revoked(
    launcher: LiveLauncher, tmp_path: Path
) -> None:
    token = launcher.call("make_join_token")["token"]
    home = {"TEAMMCP_RUNNER_HOME": str(tmp_path / "there")}
    launcher.run_command(
        "runner", "join", "--url", launcher.server.url, "--token", token, "--name", "there", "--no-run", **home
    )
    runner = subprocess.Popen(
        [sys.executable, "-m", "teammcp", "runner", "run"],
        env={**launcher.server.environment, **home},
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        launcher.start_program("ada", ECHO)
        launcher.start_program("ben", ECHO, machine="there")
        for agent in ("ada", "ben"):
            launcher.tell(agent, "the first word")
        for agent in ("ada", "ben"):
            until(partial(launcher.answers, agent), f"an answer of {agent}")
        assert launcher.runs("ben")[0]["machine"] == "there"
        launcher.call("revoke_machine", machine="there")
        assert runner.wait(30) != 0
        launcher.tell("ada", "the second word")
        until(lambda: len(launcher.answers("ada")) == 2, "that the other one goes on")
    finally:
        runner.kill()
        runner.wait()


def test_two_example_agents_talk_and_one_that_crashes_remembers(launcher: LiveLauncher) -> None:
    for name in ("ada", "ben"):
        launcher.call("register_agent", name=name)
        launcher.start(name, runtime="example")
    launcher.tell("ada", "ask ben who is here")
    until(lambda: any("ben" in answer for answer in launcher.answers("ada")), "what ben says")
    answered = len(launcher.answers("ada"))
    launcher.tell("ada", "remember the blue house")
    until(lambda: len(launcher.answers("ada")) > answered, "that ada has it in mind")
    launcher.tell("ada", "crash")
    until(lambda: any(run["reason"] == "crashed" for run in launcher.runs("ada")), "the crash")
    [crashed] = [run for run in launcher.runs("ada") if run["reason"] == "crashed"]
    assert "I was asked to crash" in crashed["last_output"]
    launcher.tell("ada", "recall")
    until(lambda: any("blue house" in answer for answer in launcher.answers("ada")), "what ada remembers")
    assert launcher.runs("ada")[0]["resumed"]


def test_a_message_joins_the_running_turn_and_a_turn_can_be_broken_off(launcher: LiveLauncher) -> None:
    launcher.call("register_agent", name="ada")
    launcher.start("ada", runtime="example")
    launcher.tell("ada", "work 60")
    until(lambda: launcher.state("ada") == "working", "work")
    enough = launcher.tell("ada", "enough")
    until(lambda: launcher.receipt(enough, "ada") in {"offered", "read", "acked", "answered"}, "the receipt", 20)
    until(lambda: launcher.state("ada") == "idle", "the end of the turn", 20)
    launcher.tell("ada", "work 60")
    until(lambda: launcher.state("ada") == "working", "work")
    launcher.call("interrupt_agent", name="ada")
    until(lambda: launcher.state("ada") == "idle", "the end of the turn", 20)
    assert len(launcher.runs("ada")) == 1
