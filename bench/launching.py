"""How long an accepted message takes to the program of an idle agent, through the server and the runner."""

from __future__ import annotations

import shlex
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

import httpx2
import psutil

from . import http, servers
from .figures import Figure, p99
from .options import Options

P99_MS = 50
WARM_UP = 5
SECONDS = 60


def run(options: Options) -> list[Figure]:
    """The figures of reaching an agent's program. Nothing where the launcher is not installed."""
    samples = min(options.samples, 200)
    folder = options.folder("launching")
    times_file = folder.with_name("launching-times")
    plugins = {**servers.UNLIMITED["plugins"], "claude_launcher": {"machine": "here"}}
    try:
        with servers.product(folder, plugins=plugins) as product:
            key = http.register(product.port, ["owner"])["owner"]
            with http.client(product.port, key) as owner:
                times = _times(owner, times_file, samples + WARM_UP)[WARM_UP:]
    finally:
        end_runners(folder)  # while the server runs, it starts another one
    times.sort()
    return [
        Figure("accepted message to the line written to an idle agent's program, p50", times[len(times) // 2], "ms"),
        Figure(
            f"  the same, p99 of {len(times)}",
            p99(times),
            "ms",
            low=times[0],
            high=times[-1],
            budget=f"{P99_MS} ms or less",
            met=p99(times) <= P99_MS,
        ),
    ]


def _times(owner: httpx2.Client, file: Path, count: int) -> list[float]:
    """From the answer to ``POST /api/send`` until the program has read the line, in milliseconds."""
    call(owner, "register_agent", name="idle")
    command = shlex.join([sys.executable, str(Path(__file__).with_name("idle_program.py")), str(file)])
    call(owner, "start_agent", name="idle", runtime="acp", options={"program": command}, new_key=True)
    found = []
    for number in range(count):
        answer = owner.post("/api/send", json={"channel": "dm:idle", "content": f"Look at number {number}."})
        accepted = time.monotonic()
        answer.raise_for_status()
        found.append((line_of(file, number) - accepted) * 1000)
        time.sleep(0.05)  # the turn ends, and the agent is idle again
    return found


def line_of(file: Path, number: int) -> float:
    """When the program has read its turn of that number; by the monotonic clock, which processes share."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        lines = file.read_text().splitlines() if file.exists() else []
        if len(lines) > number:
            return float(lines[number])
        time.sleep(0.002)
    raise TimeoutError(f"the agent has not read message {number}")


def call(owner: httpx2.Client, operation: str, **arguments: object) -> None:
    """Call an operation as the owner of the team."""
    owner.post(f"/api/call/{operation}", json=arguments).raise_for_status()


def end_runners(home: Path) -> None:
    """End the runner that the server has started, and one that is about to take its place: they outlive the server."""
    while found := [process for process in psutil.process_iter() if _is_runner(process, home)]:
        for process in found:
            with suppress(psutil.Error):
                process.send_signal(signal.SIGTERM)
        psutil.wait_procs(found, timeout=15)


def _is_runner(process: psutil.Process, home: Path) -> bool:
    try:
        return "runner" in process.cmdline() and process.environ().get("TEAMMCP_HOME") == str(home)
    except (psutil.Error, OSError):
        return False
