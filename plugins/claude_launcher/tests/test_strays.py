"""Processes that have left all by which they are found are ended when no agent's program runs, and nothing else is."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from .launcher import alive

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="other systems give orphans to their first process"),
    pytest.mark.timeout(120),
]

DAEMON = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        deaf = "import signal, time; signal.signal(15, signal.SIG_IGN); print(); time.sleep(90)"
        print(os.getpid(), flush=True)
        os.execve(sys.executable, [sys.executable, "-c", deaf], {})
    os._exit(0)
os.wait()
"""
"""Leaves a process behind that has no mark, no parent, and a session of its own, and does not listen."""

RUNNER = """
import asyncio, json, os, sys
from pathlib import Path
import psutil
from teammcp import Children
from teammcp_claude_launcher.runner import strays

strays.LOOK = 0.05
said = {}

def zombies():
    return [each.pid for each in psutil.Process().children() if each.status() == psutil.STATUS_ZOMBIE]

async def until(condition):
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.02)

async def main():
    children = Children(Path(sys.argv[1]), "run")
    busy = True
    async with strays.ended(lambda: not busy):
        async with await children.spawn([sys.executable, "-c", sys.argv[2]], environment={}) as child:
            await child.wait()
            said["stray"] = stray = int(child.output.text())
        await asyncio.sleep(0.5)
        said["lives while a program runs"] = psutil.pid_exists(stray)
        busy = False
        own = await children.spawn(["sleep", "60"], environment={})
        await until(lambda: not psutil.pid_exists(stray))
        said["left"] = own.returncode is None
        await own.stop()
        codes = []
        for number in range(20):
            command = [sys.executable, "-S", "-c", f"import sys; sys.exit({number})"]
            async with await children.spawn(command, environment={}) as child:
                codes.append(await child.wait())
        said["codes"] = codes
        shell = ["sh", "-c", "(sleep 0.3 &) ; exit 0"]
        async with await children.spawn(shell, environment={"PATH": os.environ["PATH"]}) as child:
            await child.wait()
            await asyncio.sleep(0.5)
        await until(lambda: not zombies())
        strays.LOOK = 60
        async with await children.spawn([sys.executable, "-c", sys.argv[2]], environment={}) as child:
            await child.wait()
            said["last"] = int(child.output.text())
    print(json.dumps(said))

asyncio.run(main())
"""


@pytest.fixture
def said(tmp_path: Path) -> Any:
    """What a process that takes strays in has seen."""
    done = subprocess.run(
        [sys.executable, "-c", RUNNER, str(tmp_path), DAEMON], capture_output=True, text=True, timeout=90
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_stray_is_ended_once_no_program_runs_and_at_the_end_and_nothing_that_was_started_is(said: Any) -> None:
    assert said["lives while a program runs"]
    assert not alive(said["stray"])
    assert said["left"], "what this process has started itself goes on"
    assert said["codes"] == [*range(20)], "nobody else waits for a child of this process"
    assert not alive(said["last"])
