"""What plugins keep going on a real server: it ends with the server, and does not hold up its stop."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.live import LiveServer
from tests.test_children import lives

pytestmark = pytest.mark.acceptance

STOP_SECONDS = 2.5
"""Half a second on an idle machine; this is for one that runs other tests, and still below the 3 s of Hypercorn."""
PLUGIN = '''
"""A stream that never ends by itself, and a program that runs as long as the server."""

import asyncio
import sys
from pathlib import Path

from teammcp import Service, end_survivors, hookimpl, spawn

stopped = asyncio.Event()


@hookimpl
def asgi_wrapper(server):
    def wrap(inner):
        async def application(scope, receive, send):
            if scope["type"] != "http" or scope["path"] != "/stream":
                return await inner(scope, receive, send)
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"first", "more_body": True})
            await stopped.wait()
            await send({"type": "http.response.body", "body": b"last"})
        return application
    return wrap


@hookimpl
def stopping(server):
    stopped.set()


@hookimpl
async def startup(server):
    await end_survivors(server, "keeper", 0.2)


async def keep(server):
    command = [sys.executable, "-c", "import time; time.sleep(600)"]
    async with await spawn(server, "keeper", command, environment={}) as child:
        (server.settings.home / "child").write_text(str(child.pid))
        await child.wait()


@hookimpl
def register_services():
    return [Service("keeper.program", keep)]
'''


@pytest.fixture
def keeper(tmp_path: Path) -> Iterator[LiveServer]:
    """A server with the plugin installed."""
    site = tmp_path / "site"
    about = site / "keeper-1.0.dist-info"
    about.mkdir(parents=True)
    (site / "keeper.py").write_text(PLUGIN)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: keeper\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[teammcp]\nkeeper = keeper\n")
    server = LiveServer(tmp_path / "home", python_path=site).start()
    try:
        yield server
    finally:
        server.kill()
        with contextlib.suppress(psutil.Error, OSError):
            psutil.Process(child_of(server)).kill()


def child_of(server: LiveServer) -> int:
    """The process of the plugin's program, once it runs."""
    file = server.home / "child"
    for _ in range(200):
        if file.exists() and file.read_text():
            return int(file.read_text())
        time.sleep(0.05)
    raise AssertionError(server.output)


def test_a_stop_waits_for_no_plugin_that_ends_what_it_has_begun(keeper: LiveServer) -> None:
    child = child_of(keeper)
    assert lives(child)
    with keeper.client(timeout=30) as client, client.stream("GET", "/stream") as stream:
        chunks = stream.iter_raw()
        assert next(chunks) == b"first"
        began = time.monotonic()
        os.kill(keeper.process.pid, signal.SIGTERM)
        assert b"".join(chunks) == b"last"
        assert keeper.process.wait(10) == 0
        assert time.monotonic() - began < STOP_SECONDS
    assert not lives(child)
    assert not [line for line in keeper.output if " error " in line]


def test_the_program_of_a_server_that_was_killed_ends_with_the_next_start(keeper: LiveServer) -> None:
    before = child_of(keeper)
    keeper.process.kill()
    keeper.process.wait(10)
    assert lives(before)
    (keeper.home / "child").unlink()
    keeper.start()
    assert not lives(before)
    assert child_of(keeper) != before
