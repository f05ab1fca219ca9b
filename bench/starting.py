"""How long the server takes to start, what of it is imports, what memory it takes, and what it writes when idle."""

from __future__ import annotations

import hashlib
import re
import socket
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from . import http, servers
from .figures import Figure, compared
from .options import Options

BUDGET = 1.5
BARE = "import quart, hypercorn.asyncio"


def start(options: Options) -> list[Figure]:
    """From the start of the process to the first answer of ``/api/health``, and to the first of ``/mcp``.

    The server imports the MCP SDK beside its first requests, so the two differ.
    """
    home = options.folder("start")
    _time_start(home)  # makes the data folder and warms the disk's cache
    times, protocol, bare = [], [], []
    for _ in range(options.starts):
        bare.append(_time_import(BARE))
        first, mcp = _time_start(home)
        times.append(first)
        protocol.append(mcp)
    figure = compared("start until it answers", "s", times, bare, "importing Quart and Hypercorn")
    figure.budget, figure.met = f"{BUDGET} s or less", figure.value <= BUDGET
    return [figure, Figure("  until /mcp answers too", median(protocol), "s"), *_imports()]


def _time_start(home: Path) -> tuple[float, float]:
    began = time.perf_counter()
    with servers.product(home) as server, http.client(server.port) as client:
        client.get("/api/health").raise_for_status()
        first = time.perf_counter() - began
        assert client.get("/mcp").status_code == 401  # without a key
        return first, time.perf_counter() - began


def _time_import(statement: str) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", statement], check=True)
    return time.perf_counter() - began


def _imports() -> list[Figure]:
    """The dearest packages among what the server imports, each with what it imports itself."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", "import teammcp.serve"], capture_output=True, text=True, check=True
    )
    own: dict[str, float] = {}
    for line in done.stderr.splitlines():
        if found := re.match(r"import time:\s+(\d+) \|\s+\d+ \| \s*(\S+)", line):
            package = found[2].partition(".")[0]
            own[package] = own.get(package, 0) + int(found[1]) / 1e6
    dearest = sorted(own, key=lambda package: -own[package])[:6]
    figures = [Figure("  imports, measured one by one", sum(own.values()), "s")]
    return figures + [Figure(f"    of these {package}", own[package], "s") for package in dearest]


def memory(options: Options) -> list[Figure]:
    """What the processes hold in memory, alone and with idle streams."""
    figures = []
    with servers.product(options.folder("memory")) as product, servers.floor() as floor:
        keys = http.register(product.port, ["owner", *(f"member{number}" for number in range(20))])
        names = list(keys.values())
        alone = resident(product.pid), resident(floor.pid)
        figures.append(Figure("memory, idle", alone[0], "MiB", floor=alone[1], floor_of="the bare application"))
        many = [http.request("GET", "/api/events", names[number % len(names)]) for number in range(options.streams)]
        with Streams(product.port, many), Streams(floor.port, [http.request("GET", "/events")] * options.streams):
            full = resident(product.pid), resident(floor.pid)
        figures.append(
            Figure(f"  with {options.streams} idle streams", full[0], "MiB", floor=full[1], floor_of="its bare streams")
        )
        figures.append(a_stream(alone, full, options.streams))
    return figures


def a_stream(alone: tuple[float, float], full: tuple[float, float], streams: int) -> Figure:
    """What each stream adds to server and floor, of their MiB without and with so many.

    It may be nothing, where they find room in what a process holds already; then there is nothing to compare with.
    """
    own, bare = ((with_streams - idle) * 1024 / streams for with_streams, idle in zip(full, alone, strict=True))
    return Figure("  a stream", own, "KiB", floor=bare, ratio=own / bare if bare > 0 else None)


def idle(options: Options) -> list[Figure]:
    """What an idle server with listeners writes into its data folder."""
    home = options.folder("idle")
    with servers.product(home) as product:
        keys = http.register(product.port, ["owner", *(f"member{number}" for number in range(12))])
        with Streams(product.port, [http.request("GET", "/api/events", key) for key in keys.values()]):
            time.sleep(1)
            before = contents(home)
            time.sleep(options.idle_seconds)
            changed = sum(before.get(path) != seen for path, seen in contents(home).items())
    figure = Figure(f"files changed in {options.idle_seconds:.0f} idle seconds, 12 listeners", changed, "")
    figure.budget, figure.met = "none", changed == 0
    return [figure]


def contents(folder: Path) -> dict[str, tuple[int, str]]:
    """Every file's time of change and digest."""
    return {
        str(path): (path.stat().st_mtime_ns, hashlib.sha256(path.read_bytes()).hexdigest())
        for path in folder.rglob("*")
        if path.is_file()
    }


def resident(pid: int) -> float:
    """MiB of memory that a process holds."""
    time.sleep(1)
    done = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=True)  # noqa: S607
    return int(done.stdout) / 1024


class Streams:
    """Open event streams whose readers take what comes and do nothing with it."""

    def __init__(self, port: int, requests: list[bytes]) -> None:
        self._port = port
        self._requests = requests

    def __enter__(self) -> Streams:
        self._sockets = []
        for request in self._requests:
            connection = socket.create_connection(("127.0.0.1", self._port))
            connection.sendall(request)
            assert connection.recv(4096).startswith(b"HTTP/1.1 200")
            self._sockets.append(connection)
        return self

    def __exit__(self, *_: object) -> None:
        for connection in self._sockets:
            connection.close()
