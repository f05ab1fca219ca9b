"""WebSockets at the wire: nothing is unpacked, and whoever answers no ping is let go."""

from __future__ import annotations

import asyncio
import base64
import os
import socket
import struct
import sys
import time
import zlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any

import pytest
from hypercorn.asyncio import serve

from teammcp.app import TeamApp
from teammcp.http import websockets as sockets
from teammcp.http.listening import hypercorn_config
from teammcp.testing import Member, TestTeam
from tests.mcp_support import _without_lifespan, until

PING = 0.05
SOON = 10
OPENING = 0x9  # a ping
CLOSING = 0x8


@asynccontextmanager
async def serving(app: TeamApp) -> AsyncIterator[int]:
    """Serve as `teammcp start` does, with pings in quick succession; yields the port."""
    listener = socket.create_server(("127.0.0.1", 0))
    port: int = listener.getsockname()[1]
    config = hypercorn_config(listener)
    config.errorlog = None
    config.websocket_ping_interval = PING
    stop = asyncio.Event()

    async def until_stopped() -> None:
        await stop.wait()
        await app.end_streams()

    task = asyncio.create_task(serve(_without_lifespan(app), config, shutdown_trigger=until_stopped))  # type: ignore[arg-type]
    try:
        yield port
    finally:
        stop.set()
        await task


class Socket:
    """A client of ``/api/ws`` that does only what a test tells it to."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.head = ""

    async def frame(self) -> tuple[int, bytes]:
        """The next frame from the server: its kind, and what is in it."""
        first, length = await asyncio.wait_for(self.reader.readexactly(2), SOON)
        if length == 126:
            (length,) = struct.unpack("!H", await self.reader.readexactly(2))
        return first & 0x0F, await self.reader.readexactly(length)

    def send(self, first: int, body: bytes) -> None:
        """Send a frame; ``first`` is its first byte."""
        mask = bytes(4)
        if len(body) < 126:
            head = struct.pack("!BB", first, 0x80 | len(body))
        else:
            head = struct.pack("!BBQ", first, 0x80 | 127, len(body))
        self.writer.write(head + mask + body)

    async def ends(self) -> None:
        """Read until the server has ended the connection."""
        async with asyncio.timeout(SOON):
            try:
                while await self.reader.read(65536):
                    pass
            except ConnectionError:
                pass


@asynccontextmanager
async def connected(port: int, member: Member, *headers: str, small: bool = False) -> AsyncIterator[Socket]:
    """A socket whose ``head`` is that of the server's answer. ``small``: with little room for what is not read."""
    plain = socket.socket()
    if small:
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    plain.connect(("127.0.0.1", port))
    reader, writer = await asyncio.open_connection(sock=plain)
    lines = [
        "GET /api/ws HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        f"Authorization: Bearer {member.key}",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
        *headers,
    ]
    web_socket = Socket(reader, writer)
    try:
        writer.write("\r\n".join([*lines, "", ""]).encode())
        web_socket.head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), SOON)).decode().lower()
        yield web_socket
    finally:
        writer.transport.abort()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def test_no_compression_is_agreed_to_and_a_compressed_frame_is_not_unpacked(app: TeamApp, team: TestTeam) -> None:
    offer = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"
    bomb = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = bomb.compress(bytes(64 * 2**20)) + bomb.flush(zlib.Z_SYNC_FLUSH)
    async with serving(app) as port, connected(port, team.owner, offer) as web_socket:
        assert web_socket.head.startswith("http/1.1 101")
        assert "sec-websocket-extensions" not in web_socket.head
        web_socket.send(0xC1, packed)  # the last frame of a text, packed
        await web_socket.ends()
        started = time.process_time()
        assert (await team.owner.http.get("/api/me")).status_code == 200
        assert time.process_time() - started < 1


async def test_whoever_answers_pings_stays_and_whoever_does_not_is_let_go(app: TeamApp, team: TestTeam) -> None:
    alice, bob = await team.agent("alice"), await team.agent("bob")
    async with serving(app) as port, connected(port, alice) as silent, connected(port, bob) as alive:
        answering = asyncio.create_task(answer_pings(alive))
        started = time.monotonic()
        await silent.ends()
        assert time.monotonic() - started > sockets.SILENCE * PING / 2
        await asyncio.sleep(2 * sockets.SILENCE * PING)
        assert not answering.done()
        assert len(team.team.hub) == 1  # the one that is followed still
        answering.cancel()


async def answer_pings(web_socket: Socket) -> None:
    while True:
        kind, body = await web_socket.frame()
        if kind == OPENING:
            web_socket.send(0x8A, body)


async def test_whoever_reads_nothing_any_more_is_let_go_too(app: TeamApp, team: TestTeam) -> None:
    alice = await team.agent("alice")
    async with serving(app) as port, connected(port, alice, small=True) as frozen:
        frozen.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await until(lambda: len(team.team.hub))
        contents: list[Any] = ["x" * 10_000] * 400
        for content in contents:
            await team.owner.call("send_message", channel="general", content=content)
        await until(lambda: not len(team.team.hub))


async def test_a_stop_breaks_no_connection_off_whose_client_has_left(
    app: TeamApp, team: TestTeam, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sys.modules[__name__], "PING", 60)

    async def leave(web_socket: Socket) -> None:
        kind, body = await web_socket.frame()
        while kind != CLOSING:
            kind, body = await web_socket.frame()
        web_socket.send(0x80 | CLOSING, body)
        await web_socket.ends()
        web_socket.writer.close()

    async with AsyncExitStack() as client:
        async with serving(app) as port:
            web_socket = await client.enter_async_context(connected(port, team.owner))
            leaving = asyncio.create_task(leave(web_socket))
            await asyncio.sleep(0)
        await leaving
    assert "Exception in callback" not in caplog.text


@pytest.fixture(autouse=True)
def quick_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine may be slow to answer."""
    monkeypatch.setattr(sockets, "SILENCE", 20)
