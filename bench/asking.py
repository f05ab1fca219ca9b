"""How long a question that was accepted takes to the program that answers it, through the server and the runner."""

from __future__ import annotations

import shlex
import sys
import time
from pathlib import Path

import httpx2

from . import http, servers
from .figures import Figure, p99
from .launching import WARM_UP, call, end_runners, line_of
from .options import Options

P99_MS = 50


def run(options: Options) -> list[Figure]:
    """The figures of asking a project whose agent is awake. Nothing where launcher or projects are not installed."""
    samples = min(options.samples, 200)
    folder = options.folder("asking")
    plugins = {**servers.UNLIMITED["plugins"], "claude_launcher": {"machine": "here"}}
    try:
        with servers.product(folder, plugins=plugins) as product:
            key = http.register(product.port, ["owner"])["owner"]
            with http.client(product.port, key) as owner:
                times = _times(owner, folder, samples + WARM_UP)[WARM_UP:]
    finally:
        end_runners(folder)  # while the server runs, it starts another one
    times.sort()
    late = Figure(f"  the same, p99 of {len(times)}", p99(times), "ms", low=times[0], high=times[-1])
    late.budget, late.met = f"{P99_MS} ms or less", late.value <= P99_MS
    return [
        Figure("accepted question to the line written to the program that answers, p50", times[len(times) // 2], "ms"),
        late,
    ]


def _times(owner: httpx2.Client, folder: Path, count: int) -> list[float]:
    """From the answer to ``POST /api/questions`` until the program has read the line, in milliseconds."""
    code, file = folder.with_name("asking-code"), folder.with_name("asking-times")
    code.mkdir()
    program = shlex.join([sys.executable, str(Path(__file__).with_name("idle_program.py")), str(file)])
    place = [{"folder": str(code)}]
    call(owner, "add_project", name="backend", runtime="acp", options={"program": program}, folders=place)
    found = []
    for number in range(count):
        answer = owner.post("/api/questions", json={"projects": ["backend"], "question": f"What is {number}?"})
        accepted = time.monotonic()
        answer.raise_for_status()
        found.append((line_of(file, number) - accepted) * 1000)
        asked = [each["id"] for each in answer.json()["questions"]]
        call(owner, "wait_for_answers", question_ids=asked)
        time.sleep(0.05)  # the turn ends, and the agent is idle again
    return found
