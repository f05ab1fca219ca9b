"""A day of thirty agents: three thousand messages, each delivered once, and memory that does not grow."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from pathlib import Path

import psutil
import pytest

from .launcher import LiveLauncher, until

pytestmark = [pytest.mark.acceptance, pytest.mark.sweep, pytest.mark.timeout(1800)]

AGENTS, MESSAGES = 30, 3000
READS = 'cat >> "$0"; echo noted'
"""What each agent runs: it keeps what it reads, and answers."""


def test_every_message_of_a_day_comes_once_and_memory_stays_flat(tmp_path: Path) -> None:
    launcher = LiveLauncher(tmp_path / "server", settings={"at_once": 6})
    try:
        names = [f"agent{number}" for number in range(AGENTS)]
        for name in names:
            launcher.call("register_agent", name=name)
            command = shlex.join(["/bin/sh", "-c", READS, str(tmp_path / f"{name}.read")])
            launcher.start(name, runtime="command", options={"command": command}, answers="output")
        memory: list[int] = []
        for number in range(MESSAGES):
            launcher.tell(names[number % AGENTS], f"message number {number}.")
            if number % (MESSAGES // 4) == MESSAGES // 4 - 1:
                _until_read(tmp_path, number + 1)
                memory.append(_memory(launcher))
        counted = _read(tmp_path)
        assert [number for number in range(MESSAGES) if counted[number] != 1] == []
        assert memory[-1] < 1.15 * memory[0], memory
        until(lambda: launcher.programs() == [], "the end of the last program")
    finally:
        launcher.close()


def _read(folder: Path) -> Counter[int]:
    """How often each message was read by a program."""
    text = "".join(file.read_text() for file in folder.glob("*.read"))
    return Counter(int(number) for number in re.findall(r"message number (\d+)\.", text))


def _until_read(folder: Path, count: int) -> None:
    until(lambda: len(_read(folder)) == count, f"{count} messages", 600)


def _memory(launcher: LiveLauncher) -> int:
    """Bytes that the server and its runner have in memory."""
    runner = until(launcher.runners, "the runner")[0]
    return sum(psutil.Process(pid).memory_info().rss for pid in (launcher.server.process.pid, runner.pid))
