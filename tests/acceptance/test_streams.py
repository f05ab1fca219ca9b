"""Live streams of a real server over real sockets: slow, many, broken off."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import subprocess
import time
from collections.abc import Callable, Iterator

import pytest
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, CloseConnection, Ping, RejectConnection, Request, TextMessage

from tests.live import LiveServer

pytestmark = pytest.mark.acceptance

NO_LIMITS = {"register_rate": 0, "agent_rate": 0, "address_rate": 0, "member_streams": 0}
MIB = 1024
SLOW = 30


def memory(live: LiveServer) -> int:
    """KiB of memory the server holds."""
    return int(subprocess.check_output(["ps", "-o", "rss=", "-p", str(live.process.pid)], text=True))


def sse_request(key: str, query: str = "") -> bytes:
    return f"GET /api/events{query} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\n\r\n".encode()


def send(client: object, content: str) -> int:
    """Send a message to everybody; its id."""
    answer = client.post("/api/send", json={"channel": "general", "content": content})  # type: ignore[attr-defined]
    assert answer.status_code == 200, answer.text
    return int(answer.json()["id"])


@pytest.fixture
def slow_readers(start_server: Callable[..., LiveServer]) -> Iterator[SlowReaders]:
    readers = SlowReaders(start_server(ring_size=16, **NO_LIMITS))
    yield readers
    for reader in readers.sockets:
        reader.close()


class SlowReaders:
    """Clients with small buffers that follow the messages of a server."""

    def __init__(self, live: LiveServer) -> None:
        self.live = live
        self.key = live.register("boss")
        self.sockets: list[socket.socket] = []
        for _ in range(SLOW):
            reader = socket.socket()
            self.sockets.append(reader)
            reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            reader.settimeout(20)
            reader.connect(("127.0.0.1", live.port))
            reader.sendall(sse_request(self.key, "?kinds=message.sent"))
        self.read = [b""] * SLOW
        self._read_at = 0.0

    def read_a_byte(self) -> None:
        """Read one byte each, once a second."""
        if time.monotonic() - self._read_at < 1:
            return
        self._read_at = time.monotonic()
        self.read = [so_far + reader.recv(1) for so_far, reader in zip(self.read, self.sockets, strict=True)]


def test_readers_of_a_byte_a_second_cost_little_and_lose_nothing(slow_readers: SlowReaders) -> None:
    live, key = slow_readers.live, slow_readers.key
    slow_readers.read_a_byte()
    with live.client(key) as client, live.client(key, timeout=30) as quick:
        sent = [send(client, "first")]
        before = memory(live)
        with quick.stream("GET", "/api/events?kinds=message.sent") as stream:
            lines = stream.iter_lines()
            next(lines)
            for number in range(400):
                sent.append(send(client, f"{number} " + "x" * 9000))
                while not next(lines).startswith("data: "):  # the quick one has it before the next is sent
                    pass
                slow_readers.read_a_byte()
        # 3.6 MB were sent to each. What each costs is the buffer of its socket and the chunk on its way.
        grown = memory(live) - before
        assert grown < SLOW * 0.6 * MIB + 25 * MIB
    received = slow_readers.read[0]
    while received.count(b"\nevent: message.sent") < len(sent):
        received += slow_readers.sockets[0].recv(1 << 20)
    assert [int(found) for found in re.findall(rb'"subject":"(\d+)"', unchunked(received))] == sent
    started = time.monotonic()
    assert live.stop() == 0
    assert time.monotonic() - started < 2.5  # without waiting for the others


def unchunked(data: bytes) -> bytes:
    """The body of a chunked answer that has not ended yet."""
    _, _, rest = data.partition(b"\r\n\r\n")
    body = b""
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        body += rest[: int(size, 16)]
        rest = rest[int(size, 16) + 2 :]
    return body


async def test_five_hundred_idle_readers_are_all_served(start_server: Callable[..., LiveServer]) -> None:
    live = start_server(**NO_LIMITS)
    key = live.register("boss")
    before = memory(live)
    readers = []
    for _ in range(500):
        reader, writer = await asyncio.open_connection("127.0.0.1", live.port)
        writer.write(sse_request(key, "?kinds=message.sent"))
        readers.append((reader, writer))
    for reader, _ in readers:
        await asyncio.wait_for(reader.readuntil(b": connected\n\n"), 20)
    assert memory(live) - before < 500 * 0.15 * MIB
    async with live.async_client(key) as client:
        started = time.monotonic()
        answer = await client.post("/api/send", json={"channel": "general", "content": "to all"})
        assert answer.status_code == 200
        for reader, _ in readers:
            await asyncio.wait_for(reader.readuntil(b"\n\n"), 10)
        assert time.monotonic() - started < 3  # 0.1 s on an idle machine
        for _, writer in readers:
            writer.close()
        assert (await client.get("/api/health")).json()["agents"]["online"] == 1


def test_clients_that_hang_up_in_the_middle_disturb_nobody(live: LiveServer) -> None:
    key = live.register("boss")
    with live.client(key) as client:
        for _ in range(20):
            send(client, "x" * 9000)
        uploaded = client.post("/api/files", files={"content": ("big.bin", b"x" * 8_000_000)}).json()
        requests = [
            sse_request(key, "?since=0"),
            sse_request(key).replace(b"/api/events", f"/api/files/{uploaded['file_id']}".encode()),
            sse_request(key).replace(b"/api/events", b"/api/history?channel=general"),
            b"POST /api/send HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer "
            + key.encode()
            + b'\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"channel": ',
        ]
        for request in requests * 5:
            with socket.create_connection(("127.0.0.1", live.port)) as hasty:
                hasty.sendall(request)
                if not request.startswith(b"POST"):
                    assert hasty.recv(100)
        assert client.get("/api/me").status_code == 200
    live.stop()
    assert not [line for line in live.output if "error" in line.lower() or "Traceback" in line]


class WebSocket:
    """A client made of wsproto and a socket."""

    def __init__(self, live: LiveServer, key: str, query: str = "", origin: str | None = None) -> None:
        self.pings = 0
        self._socket = socket.create_connection(("127.0.0.1", live.port), timeout=20)
        self._protocol = WSConnection(ConnectionType.CLIENT)
        headers = [(b"Authorization", f"Bearer {key}".encode())]
        if origin is not None:
            headers.append((b"Origin", origin.encode()))
        request = Request(host="127.0.0.1", target=f"/api/ws{query}", extra_headers=headers)
        self._socket.sendall(self._protocol.send(request))
        self._events = self._protocol.events()

    def __enter__(self) -> WebSocket:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def next(self) -> object:
        """The next event that is no ping; pings are answered."""
        while True:
            for event in self._events:
                if isinstance(event, Ping):
                    self.pings += 1
                    self._socket.sendall(self._protocol.send(event.response()))
                    continue
                return event
            self._protocol.receive_data(self._socket.recv(65536) or None)
            self._events = self._protocol.events()

    def say(self, text: str) -> None:
        self._socket.sendall(self._protocol.send(TextMessage(data=text)))


def test_a_websocket_carries_events_and_says_why_it_ends(live: LiveServer) -> None:
    key = live.register("boss")
    alice = live.register("alice")
    with WebSocket(live, alice, "?kinds=message.sent,agent.key_rotated") as web_socket, live.client(key) as client:
        assert isinstance(web_socket.next(), AcceptConnection)
        for _ in range(50):
            web_socket.say("nobody listens")
        message = send(client, "hello 你好")
        event = web_socket.next()
        assert isinstance(event, TextMessage)
        assert json.loads(event.data)["data"]["id"] == message
        assert json.loads(event.data)["data"]["content"] == "hello 你好"
        assert web_socket.pings
        client.post("/api/agents/alice/rotate-key").raise_for_status()
        closing = web_socket.next()
        assert isinstance(closing, CloseConnection)
        assert closing.code == 1008


def test_a_websocket_without_a_key_or_from_elsewhere_is_rejected(live: LiveServer) -> None:
    key = live.register("boss")
    for web_socket, status in (
        (WebSocket(live, "tmcp_default_wrong"), 401),
        (WebSocket(live, key, origin="https://evil.example"), 403),
        (WebSocket(live, key, "?key=x"), 400),
    ):
        with web_socket:
            rejected = web_socket.next()
            assert isinstance(rejected, RejectConnection)
            assert rejected.status_code == status


def test_a_websocket_ends_with_the_server(live: LiveServer) -> None:
    with WebSocket(live, live.register("boss")) as web_socket:
        assert isinstance(web_socket.next(), AcceptConnection)
        started = time.monotonic()
        live.process.terminate()
        while not isinstance(event := web_socket.next(), CloseConnection):
            pass
        assert event.code == 1001
        assert live.process.wait(10) == 0
        assert time.monotonic() - started < 2.5  # Hypercorn by itself would wait for its ping timer, up to 15 s
