"""Members that listen, and a sender, in a process of their own (``python -m bench.audience``).

Each message is timed from the moment it is handed to the network until the last listener has it. Orders come as JSON
on standard input and the report goes to standard output; `listen` does both.
"""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Any, cast

import uvloop

TIMEOUT = 10
PAUSE = 0.01
"""Seconds of quiet between messages: the budget is that of an idle server."""
OVERLAP = 64


def listen(port: int, streams: Sequence[bytes], messages: Sequence[tuple[str, bytes]]) -> list[float]:
    """Open the streams, send the messages one after the other; for each, milliseconds until the last stream had it.

    Args:
        port: of the server.
        streams: a request for each stream.
        messages: a word that only this message holds, and the request that sends it.
    """
    order = {
        "port": port,
        "streams": [item.decode("latin-1") for item in streams],
        "messages": [(word, item.decode("latin-1")) for word, item in messages],
    }
    done = subprocess.run(
        [sys.executable, "-m", "bench.audience"], input=json.dumps(order), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    times: list[float] = json.loads(done.stdout)
    return times


class Round:
    """One message on its way to all."""

    def __init__(self, word: str, listeners: int) -> None:
        self.word = word.encode()
        self.left = listeners
        self.ended = 0.0
        self.done = asyncio.get_running_loop().create_future()

    def arrived(self) -> None:
        """One more listener has it."""
        self.left -= 1
        if not self.left:
            self.ended = time.perf_counter()
            self.done.set_result(None)


class Listener(asyncio.Protocol):
    """A stream."""

    def __init__(self, opening: bytes) -> None:
        self.ready = asyncio.get_running_loop().create_future()
        self.round: Round | None = None
        self._opening = opening
        self._tail = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Open the stream."""
        self.transport = cast(asyncio.Transport, transport)
        self.transport.write(self._opening)

    def data_received(self, data: bytes) -> None:
        """Look for the word of the current message."""
        seen = self._tail + data
        self._tail = seen[-OVERLAP:]
        if not self.ready.done():
            if b"connected" in seen:
                self.ready.set_result(None)
        elif self.round is not None and self.round.word in seen:
            self.round.arrived()
            self.round = None


async def run(order: dict[str, Any]) -> list[float]:
    """Carry out one order."""
    loop = asyncio.get_running_loop()
    listeners = []
    for opening in order["streams"]:
        _, listener = await loop.create_connection(
            lambda: Listener(opening.encode("latin-1")),  # noqa: B023 - called at once
            "127.0.0.1",
            order["port"],
        )
        await asyncio.wait_for(listener.ready, TIMEOUT)
        listeners.append(listener)
    reader, writer = await asyncio.open_connection("127.0.0.1", order["port"])
    await asyncio.sleep(0.5)  # what the arrivals themselves cause is over by then
    times = []
    for word, message in order["messages"]:
        current = Round(word, len(listeners))
        for listener in listeners:
            listener.round = current
        request = message.encode("latin-1")
        began = time.perf_counter()
        writer.write(request)
        await asyncio.wait_for(current.done, TIMEOUT)
        times.append((current.ended - began) * 1000)
        await asyncio.wait_for(_read_answer(reader), TIMEOUT)
        await asyncio.sleep(PAUSE)
    for listener in listeners:
        listener.transport.abort()
    writer.close()
    return times


async def _read_answer(reader: asyncio.StreamReader) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
    assert head.startswith(b"HTTP/1.1 200"), head
    assert length is not None
    await reader.readexactly(int(length[1]))


if __name__ == "__main__":
    print(json.dumps(uvloop.run(run(json.load(sys.stdin)))))
