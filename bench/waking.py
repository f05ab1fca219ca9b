"""How long an accepted message takes to the line in an idle program's inbox, and what waiting for that costs.

The program is a stand-in: a socket as Claude Code's. Server and helpers are the real ones.
"""

from __future__ import annotations

import os
import queue
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median

import httpx2
import psutil

from . import http, servers
from .figures import Figure, p99
from .options import Options

P99_MS = 50
CPU_PERCENT = 2
IDLE = 1.2
"""Seconds after which an agent is idle for more than the second that its own hooks have."""
SECONDS = 60


class Inbox:
    """The inbox socket of one agent's program."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines: queue.SimpleQueue[float] = queue.SimpleQueue()
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        while True:
            peer, _ = self._listener.accept()
            with peer:
                data = b""
                while part := peer.recv(65536):
                    data += part
                    if b"[wake " in data:
                        self.lines.put(time.monotonic())
                        data = b""


def run(options: Options) -> list[Figure]:
    """The figures of waking."""
    folder = options.folder("waking")
    names = [f"agent{number}" for number in range(options.woken)]
    with servers.product(folder) as product, ExitStack() as ending:
        keys = http.register(product.port, ["owner", *names])
        owner = ending.enter_context(http.client(product.port, keys["owner"]))
        agents = {name: ending.enter_context(http.client(product.port, keys[name])) for name in names}
        inboxes = {name: Inbox(folder / f"{name}.sock") for name in names}
        helpers = ending.enter_context(_helpers(product.port, folder, inboxes, keys))
        for agent in agents.values():
            _hook(agent, "SessionStart")
        _until_woken(owner, names)
        times = _times(owner, agents, inboxes, min(options.samples, 200))
        time.sleep(IDLE)
        share = _share([product.pid, *helpers], options.wake_seconds)
        rung = sum(inbox.lines.qsize() for inbox in inboxes.values())
    late = Figure(f"  the same, p99 of {len(times)}", p99(times), "ms", min(times), max(times))
    late.budget, late.met = f"{P99_MS} ms or less", late.value <= P99_MS
    costs = f"server and helpers of {options.woken} idle woken sessions, {options.wake_seconds:,.0f} s"
    cpu = Figure(costs, share, "% of a core", budget=f"{CPU_PERCENT} % or less", met=share <= CPU_PERCENT)
    lines = Figure("  lines that they got, each a request at a model", rung, "", budget="none", met=not rung)
    middle = Figure("accepted message to the line in an idle program's inbox, p50", median(times), "ms")
    return [middle, late, cpu, lines]


@contextmanager
def _helpers(port: int, folder: Path, inboxes: dict[str, Inbox], keys: dict[str, str]) -> Iterator[list[int]]:
    """``teammcp wake`` beside each; this process stands for all their programs."""
    state = {"HOME": str(folder), "XDG_STATE_HOME": str(folder / "state"), "CLAUDE_CONFIG_DIR": str(folder / "claude")}
    place = {"CLAUDE_PID": str(os.getpid()), "CLAUDE_CODE_ENTRYPOINT": "cli", "CLAUDE_CODE_MESSAGING_TOKEN": "token"}
    command = [sys.executable, "-m", "teammcp", "wake", "claude", "--url", f"http://127.0.0.1:{port}"]
    processes = [
        subprocess.Popen(
            command,
            env={
                **os.environ,
                **state,
                **place,
                "CLAUDE_CODE_MESSAGING_SOCKET": str(inbox.path),
                "TEAMMCP_KEY": keys[name],
            },
            stdin=subprocess.DEVNULL,
        )
        for name, inbox in inboxes.items()
    ]
    try:
        yield [process.pid for process in processes]
    finally:
        for process in processes:
            process.kill()
            process.wait()


def _until_woken(owner: httpx2.Client, names: list[str]) -> None:
    deadline = time.monotonic() + SECONDS
    for name in names:
        while not owner.get(f"/api/wakes/{name}").json()["ways"]:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{name} has no helper")
            time.sleep(0.05)


def _times(
    owner: httpx2.Client, agents: dict[str, httpx2.Client], inboxes: dict[str, Inbox], count: int
) -> list[float]:
    """From the answer to ``POST /api/send-dm`` until the line is there, in milliseconds; the agents take turns."""
    found: list[float] = []
    idle_since = dict.fromkeys(agents, time.monotonic())
    while len(found) < count:
        for name, agent in agents.items():
            time.sleep(max(0.0, idle_since[name] + IDLE - time.monotonic()))
            answer = owner.post("/api/send-dm", json={"recipient": name, "content": "Look at this."})
            accepted = time.monotonic()
            answer.raise_for_status()
            found.append((inboxes[name].lines.get(timeout=SECONDS) - accepted) * 1000)
            _hook(agent, "UserPromptSubmit")
            _hook(agent, "Stop")
            idle_since[name] = time.monotonic()
    return found


def _hook(agent: httpx2.Client, event: str) -> None:
    """The program's hook: it takes what is new, confirms that, and says what the program does."""
    body, reader = {"hook_event_name": event, "session_id": "bench"}, {"TeamMCP-Reader": "claude:bench"}
    answer = agent.post("/api/hooks/claude", json=body, headers=reader)
    answer.raise_for_status()
    if handed := answer.headers.get("TeamMCP-Handed"):
        received = {"message_ids": [int(number) for number in handed.split(",")]}
        agent.post("/api/received", json=received, headers=reader).raise_for_status()


def _share(processes: list[int], seconds: float) -> float:
    """Percent of a core that processes spend together."""

    def spent() -> float:
        return sum(sum(psutil.Process(process).cpu_times()[:2]) for process in processes)

    before, began = spent(), time.monotonic()
    time.sleep(seconds)
    return (spent() - before) / (time.monotonic() - began) * 100
