"""What tests of runtimes share that run real programs from npm against models that obey."""

from __future__ import annotations

import json
import os
import shlex
from pathlib import Path
from typing import Any

from teammcp_claude_launcher.runtime_kit import Prompts, Subject

from teammcp import Runtime
from tests.acceptance.npm_tools import Tool

LEAVE = "setsid --fork sleep 300 >/dev/null 2>&1 </dev/null"
REST = "python3 -c 'import time; time.sleep(2)'"
WRITE = "touch {path}"


def prompts(tool: str, argument: str, **more: Any) -> Prompts:
    """What makes an obedient model run commands with a tool, which may want more arguments."""

    def call(command: str) -> str:
        return f"!call {tool} {json.dumps({argument: command, **more})}"

    return Prompts(
        say="!say pong",
        work="!sleep 60\n!say late",
        rest=f"{call(REST)}\n!say rested",
        write=f"{call(WRITE).replace('{', '{{').replace('}', '}}').replace('{{path}}', '{path}')}\n!say written",
        leave=f"{call(LEAVE)}\n!say left",
        recall="!recall {word}",
    )


def with_variables(tool: Tool, folder: Path, variables: dict[str, str]) -> str:
    """The path of a program that is a tool with these variables: a runner gives none of a model provider by itself."""
    script = folder / tool.path().name
    path = f"{tool.path().parent}:{os.environ['PATH']}"
    exports = "\n".join(f"export {name}={shlex.quote(value)}" for name, value in {**variables, "PATH": path}.items())
    script.write_text(f'#!/bin/sh\n{exports}\nexec {shlex.quote(str(tool.path()))} "$@"\n', "utf-8")
    script.chmod(0o755)
    return str(script)


def subject(runtime: Runtime, tool: Tool, folder: Path, prompts: Prompts, **environment: str) -> Subject:
    """A runtime with its real program in an empty home."""
    home = folder / "home"
    home.mkdir()
    path = f"{tool.path().parent}:{os.environ['PATH']}"
    base = {"PATH": path, "HOME": str(home), "LANG": "C.UTF-8", "NO_PROXY": "127.0.0.1"}
    return Subject(runtime, folder, {**base, **environment}, prompts, settles=1.0, seconds=60)
