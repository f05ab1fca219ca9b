"""The processes that are measured: the real server, and the bare floors of the same stack."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

UNLIMITED: dict[str, Any] = {
    "agent_rate": 0,
    "address_rate": 0,
    "register_rate": 0,
    "member_streams": 0,
    "member_bytes": 0,
    "log_level": "warning",
    "plugins": {"guard": {"exchange": 0, "monologue": 0, "repeats": 0}},
}
ADDRESS = re.compile(r"http://127\.0\.0\.1:(\d+)")


class Process:
    """A server process that has said where it listens."""

    def __init__(self, command: list[str], environment: dict[str, str] | None = None) -> None:
        self.started_in = 0.0
        began = time.perf_counter()
        self._process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True, encoding="utf-8")
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if found := ADDRESS.search(line):
                self.port = int(found[1])
                self.started_in = time.perf_counter() - began
                return
        raise RuntimeError(f"{' '.join(command)} ended with {self._process.wait()} before it listened")

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def stop(self) -> None:
        """Ask it to stop, and wait until it has."""
        assert self._process.stdout is not None
        self._process.send_signal(signal.SIGTERM)
        self._process.stdout.close()
        self._process.wait(30)


def environment(home: Path, **settings: Any) -> dict[str, str]:
    """This process's environment with the settings of a server, and no others; it may keep its bytecode, as usual."""
    unwanted = ("TEAMMCP_", "PYTHONDONTWRITEBYTECODE")
    others = {key: value for key, value in os.environ.items() if not key.startswith(unwanted)}
    chosen = {"home": home, "port": 0, **UNLIMITED, **settings}
    return {**others, **{f"TEAMMCP_{key.upper()}": _text(value) for key, value in chosen.items()}}


def _text(value: Any) -> str:
    return json.dumps(value) if isinstance(value, dict) else str(value)


@contextmanager
def product(home: Path, **settings: Any) -> Iterator[Process]:
    """``teammcp start`` with its data in ``home`` and no rate limits."""
    process = Process([sys.executable, "-m", "teammcp", "start"], environment(home, **settings))
    try:
        yield process
    finally:
        process.stop()


@contextmanager
def floor(kind: str = "quart") -> Iterator[Process]:
    """A floor of ``bench.floors``: ``quart`` or ``noop``."""
    process = Process([sys.executable, "-m", "bench.floors", kind])
    try:
        yield process
    finally:
        process.stop()
