"""The load generator: raw HTTP/1.1 over keep-alive connections, in a process of its own (``python -m bench.load``).

It takes its orders as JSON on standard input and reports as JSON on standard output; `drive` does both.
"""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import cycle
from typing import Any, cast

import uvloop


@dataclass
class Load:
    """What came of a load."""

    rate: float
    """Answers a second."""
    p50: float
    """Milliseconds, as `p99`."""
    p99: float
    cpu: float
    """Share of one core that the load generator used: near 1 it would be the bottleneck."""


def drive(
    port: int, connections: Sequence[Sequence[bytes]], seconds: float, warm_up: float = 0.3, pause: float = 0
) -> Load:
    """Send each connection's requests over and over, the next ``pause`` seconds after the last was answered.

    Raises:
        RuntimeError: an answer was not a success.
    """
    order = {
        "port": port,
        "seconds": seconds,
        "warm_up": warm_up,
        "pause": pause,
        "connections": [[item.decode("latin-1") for item in requests] for requests in connections],
    }
    done = subprocess.run(
        [sys.executable, "-m", "bench.load"], input=json.dumps(order), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return Load(**json.loads(done.stdout))


def once(port: int, request: bytes, count: int) -> list[float]:
    """Ask the same ``count`` times over one connection, from this process; the milliseconds of each."""
    times = []
    with socket.create_connection(("127.0.0.1", port)) as connection:
        for _ in range(count):
            answer = b""
            began = time.perf_counter()
            connection.sendall(request)
            while not whole(answer):
                answer += connection.recv(1 << 20)
            times.append((time.perf_counter() - began) * 1000)
            if not answer.startswith(b"HTTP/1.1 200"):
                raise RuntimeError(answer.decode(errors="replace"))
    return times


class Connection(asyncio.Protocol):
    """One keep-alive connection with one request under way at a time."""

    def __init__(self, requests: Sequence[bytes], times: list[tuple[float, float]], pause: float) -> None:
        self.failed = asyncio.get_running_loop().create_future()
        self.transport: asyncio.Transport
        self._requests = cycle(requests)
        self._times = times
        self._pause = pause
        self._buffer = b""
        self._began = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the first time."""
        self.transport = cast(asyncio.Transport, transport)
        self._ask()

    def _ask(self) -> None:
        self._began = time.perf_counter()
        self.transport.write(next(self._requests))

    def data_received(self, data: bytes) -> None:
        """Note the answer once it is whole, and ask again."""
        self._buffer = self._buffer + data if self._buffer else data
        if not whole(self._buffer):
            return
        if not self._buffer.startswith(b"HTTP/1.1 200"):
            self._fail(self._buffer)
            return
        self._buffer = b""
        now = time.perf_counter()
        self._times.append((now, now - self._began))
        if self._pause:
            asyncio.get_running_loop().call_later(self._pause, self._ask)
        else:
            self._ask()

    def connection_lost(self, error: Exception | None) -> None:
        """The server must not close it."""
        self._fail(b"the connection was closed")

    def _fail(self, answer: bytes) -> None:
        if not self.failed.done():
            self.failed.set_exception(RuntimeError(answer.decode(errors="replace")))


def whole(answer: bytes) -> bool:
    """Whether an answer is complete."""
    end = answer.find(b"\r\n\r\n")
    if end < 0:
        return False
    head = answer[:end].lower()
    at = head.find(b"content-length: ")
    if at < 0:
        return answer.endswith(b"0\r\n\r\n")  # chunked
    stop = head.find(b"\r", at)
    length = int(head[at + 16 : stop if stop > 0 else None])
    return len(answer) - end - 4 >= length


async def run(order: dict[str, Any]) -> dict[str, float]:
    """Carry out one order."""
    times: list[tuple[float, float]] = []
    loop = asyncio.get_running_loop()
    connections = []
    for requests in order["connections"]:
        encoded = [item.encode("latin-1") for item in requests]
        protocol = partial(Connection, encoded, times, order["pause"])
        _, connection = await loop.create_connection(protocol, "127.0.0.1", order["port"])
        connections.append(connection)
    await asyncio.sleep(order["warm_up"])
    began, busy = time.perf_counter(), time.process_time()
    failures = [connection.failed for connection in connections]
    failed, _ = await asyncio.wait(failures, timeout=order["seconds"], return_when=asyncio.FIRST_COMPLETED)
    ended, busy = time.perf_counter(), time.process_time() - busy
    for future in failed:
        future.result()
    spent = sorted(spent for at, spent in times if began < at <= ended)
    for connection in connections:
        connection.transport.abort()
    return {
        "rate": len(spent) / (ended - began),
        "p50": spent[len(spent) // 2] * 1000,
        "p99": spent[len(spent) * 99 // 100] * 1000,
        "cpu": busy / (ended - began),
    }


if __name__ == "__main__":
    print(json.dumps(uvloop.run(run(json.load(sys.stdin)))))
