"""Every runtime does what it declares. The programs are stand-ins that speak the same protocols."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

import pytest
from teammcp_claude_launcher.runtime_checks import Check, checks_of
from teammcp_claude_launcher.runtime_kit import Prompts, Subject
from teammcp_claude_launcher.runtimes.acp.programs import ClaudeAdapter
from teammcp_claude_launcher.runtimes.claude import ClaudeRuntime
from teammcp_claude_launcher.runtimes.codex import CodexRuntime
from teammcp_claude_launcher.runtimes.command import CommandOptions, CommandRuntime
from teammcp_claude_launcher.runtimes.terminal import TerminalOptions, TerminalRuntime

from .stand_ins import install

PROMPTS = Prompts(
    say="!say pong",
    work="!work 60",
    rest="!rest 1",
    write="!write {path}",
    leave="!leave",
    recall="!recall {word}",
)
OBEDIENT = """
import subprocess, sys, time
verb, _, rest = sys.stdin.read().strip().splitlines()[-1].partition(" ")
if verb == "!say":
    print(rest)
elif verb == "!work":
    time.sleep(float(rest))
elif verb == "!leave":
    nothing = subprocess.DEVNULL
    subprocess.Popen(["sleep", "300"], start_new_session=True, stdin=nothing, stdout=nothing, stderr=nothing)
"""


class AcpStandIn(ClaudeAdapter):
    """What all programs of the protocol share, and what most can do."""

    name = "acp"
    command = ("acp",)


def stand_in(runtime: AcpStandIn | ClaudeRuntime | CodexRuntime, folder: Path) -> Subject:
    """A runtime with the stand-in for its program."""
    programs, home = folder / "bin", folder / "home"
    install(runtime.name, programs)
    home.mkdir()
    environment = {"PATH": f"{programs}:{os.environ['PATH']}", "HOME": str(home)}
    return Subject(runtime, folder, environment, PROMPTS)


@pytest.mark.parametrize("check", checks_of(ClaudeRuntime))
async def test_claude(check: Check, tmp_path: Path) -> None:
    await check(stand_in(ClaudeRuntime(), tmp_path))


@pytest.mark.parametrize("check", checks_of(CodexRuntime))
async def test_codex(check: Check, tmp_path: Path) -> None:
    await check(stand_in(CodexRuntime(), tmp_path))


@pytest.mark.parametrize("check", checks_of(AcpStandIn))
async def test_acp(check: Check, tmp_path: Path) -> None:
    await check(stand_in(AcpStandIn(), tmp_path))


@pytest.mark.parametrize("check", checks_of(CommandRuntime))
async def test_command(check: Check, tmp_path: Path) -> None:
    options = CommandOptions(command=shlex.join(["python", "-c", OBEDIENT]))
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    await check(Subject(CommandRuntime(), tmp_path, {"PATH": path}, PROMPTS, options))


@pytest.mark.parametrize("check", checks_of(TerminalRuntime))
async def test_terminal(check: Check, tmp_path: Path) -> None:
    program = Path(__file__).parent / "stand_ins" / "tui.py"
    command = shlex.join(["python", "-S", str(program)])
    options = TerminalOptions(command=command, quiet_seconds=0.1, before_enter_seconds=0.02)
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    await check(Subject(TerminalRuntime(), tmp_path, {"PATH": path}, PROMPTS, options))
