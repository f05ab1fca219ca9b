"""How long a message takes to a waiting ``teammcp wait``, and a hook of an agent's program to be answered."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

import httpx2

from . import http, servers
from .figures import Figure, p99
from .options import Options

WAIT_MS = 30
HOOK_MS = 50
AWAY_MS = 1000
WARM_UP = 3
AT_ONCE = 5
"""Waiting commands that are started together: starting one takes longer than all that is measured."""
NOWHERE = "http://127.0.0.1:9"


def run(options: Options) -> list[Figure]:
    """The figures of reaching a turn."""
    samples = min(options.samples, 200)
    with servers.product(options.folder("turns")) as product:
        names = [f"agent{number}" for number in range(samples + WARM_UP)]
        keys = http.register(product.port, ["owner", *names])
        with http.client(product.port, keys["owner"]) as owner:
            waits = _waits(owner, product.port, {name: keys[name] for name in names})
            quiet, news = _hooks(owner, product.port, keys["agent0"], samples)
    return [
        *_figures("message to the line on a waiting 'teammcp wait'", waits, WAIT_MS),
        *_figures("hook answered while nothing is new", quiet, HOOK_MS),
        *_figures("hook answered with a new message", news, HOOK_MS),
        _commands(options.starts),
    ]


def _waits(owner: httpx2.Client, port: int, keys: dict[str, str]) -> list[float]:
    """From before each ``POST /api/send`` until the first line is there, in milliseconds."""
    times: list[float] = []
    names = list(keys)
    for start in range(0, len(names), AT_ONCE):
        some = names[start : start + AT_ONCE]
        with _waiting(port, [keys[name] for name in some]) as processes:
            _until_held(owner, some)
            for name, process in zip(some, processes, strict=True):
                assert process.stdout is not None
                began = time.perf_counter()
                owner.post("/api/send", json={"channel": f"dm:{name}", "content": "Look at this."}).raise_for_status()
                assert process.stdout.readline()
                times.append((time.perf_counter() - began) * 1000)
                process.wait(30)
    return times[WARM_UP:]


@contextmanager
def _waiting(port: int, keys: list[str]) -> Iterator[list[subprocess.Popen[bytes]]]:
    command = [sys.executable, "-m", "teammcp", "wait", "--url", f"http://127.0.0.1:{port}"]
    processes = [
        subprocess.Popen(command, env={**os.environ, "TEAMMCP_KEY": key}, stdout=subprocess.PIPE) for key in keys
    ]
    try:
        yield processes
    finally:
        for process in processes:
            process.kill()
            process.communicate()


def _until_held(owner: httpx2.Client, names: list[str]) -> None:
    """Until the waits of all these have arrived: only then is anybody there to wait for."""
    while True:
        online = {agent["name"] for agent in owner.get("/api/agents").json() if agent["status"] == "online"}
        if online.issuperset(names):
            return
        time.sleep(0.05)


def _hooks(owner: httpx2.Client, port: int, key: str, samples: int) -> tuple[list[float], list[float]]:
    """The time of a hook that finds nothing, and of one that hands over a message."""
    quiet, news = [], []
    with http.client(port, key) as agent:
        for _ in range(samples + WARM_UP):
            quiet.append(_hook(agent))
            owner.post("/api/send", json={"channel": "dm:agent0", "content": "And this."}).raise_for_status()
            news.append(_hook(agent))
    return quiet[WARM_UP:], news[WARM_UP:]


def _hook(agent: httpx2.Client) -> float:
    began = time.perf_counter()
    agent.post("/api/hooks/claude", json={"hook_event_name": "PostToolUse", "tool_name": "Bash"}).raise_for_status()
    return (time.perf_counter() - began) * 1000


def _commands(runs: int) -> Figure:
    """``teammcp hook`` from its start to its end while no server answers, which an agent waits for."""
    command = [sys.executable, "-m", "teammcp", "hook", "claude", "--url", NOWHERE]
    event = b'{"hook_event_name": "Stop"}'
    times = []
    for _ in range(runs):
        began = time.perf_counter()
        subprocess.run(command, input=event, env={**os.environ, "TEAMMCP_KEY": "none"}, check=True)
        times.append((time.perf_counter() - began) * 1000)
    figure = Figure("'teammcp hook' while the server is away", median(times), "ms", min(times), max(times))
    figure.budget, figure.met = f"{AWAY_MS:,} ms or less", max(times) <= AWAY_MS
    return figure


def _figures(what: str, times: list[float], budget: int) -> list[Figure]:
    late = Figure(f"  the same, p99 of {len(times)}", p99(times), "ms", min(times), max(times))
    late.budget, late.met = f"{budget} ms or less", late.value <= budget
    return [Figure(f"{what}, p50", median(times), "ms"), late]
