"""Starting and stopping a real server: what keeps it from starting, and how fast and clean it stops."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest

from tests.live import LiveServer, clean_environment, free_port

pytestmark = pytest.mark.acceptance

STOP_SECONDS = 2.5
"""Half a second on an idle machine; this is for one that runs other tests, and still below the 3 s of Hypercorn."""


def start_fails(home: Path, **settings: object) -> str:
    """Run a server that cannot start; what it says."""
    done = subprocess.run(
        [sys.executable, "-m", "teammcp", "start"],
        env=clean_environment(home, **settings),
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode not in {0, -signal.SIGTERM}
    said = done.stdout + done.stderr
    assert "Traceback" not in said
    assert "run > " not in said  # the log's form of a traceback
    return said


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = start_fails(tmp_path, port=port)
    assert f"port {port}" in said
    assert "TEAMMCP_PORT" in said


def test_an_address_of_another_machine_is_named(tmp_path: Path) -> None:
    assert "192.0.2.1" in start_fails(tmp_path, host="192.0.2.1", port=0)


def test_a_second_server_on_the_same_folder_refuses(live: LiveServer) -> None:
    said = start_fails(live.home, port=free_port())
    assert str(live.home) in said
    assert "Another TeamMCP server" in said
    assert httpx2.get(f"{live.url}/api/health", trust_env=False).status_code == 200


def test_a_newer_database_is_left_alone(live: LiveServer) -> None:
    live.register("boss")
    live.stop()
    path = live.home / "teams" / "default" / "team.db"
    with sqlite3.connect(path) as connection:
        connection.execute("INSERT INTO migrations VALUES ('agents', 999, 'future', 'x', datetime('now'))")
    connection.close()
    assert "newer" in start_fails(live.home, port=free_port())


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    assert str(file) in start_fails(file / "home", port=0)


def test_port_zero_takes_a_free_one_and_tells_it(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "teammcp.serve"],
        env=clean_environment(tmp_path, port=0),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        url = process.stdout.readline().split()[-1]
        assert not url.endswith(":0")
        assert httpx2.get(f"{url}/api/health", trust_env=False).status_code == 200
    finally:
        process.terminate()
        process.communicate(timeout=15)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_at_once_with_streams_open(live: LiveServer, number: signal.Signals) -> None:
    key = live.register("boss")
    with live.client(key, timeout=30) as client:
        idle = client.get("/api/me")  # leaves a connection open
        assert idle.status_code == 200
        with client.stream("GET", "/api/events") as first, client.stream("GET", "/api/events?since=0") as second:
            chunks = first.iter_raw(), second.iter_raw()
            assert [next(each)[:1] for each in chunks] == [b":", b":"]
            started = time.monotonic()
            os.kill(live.process.pid, number)
            for each in chunks:  # no exception: the streams end as they should
                list(each)
            assert live.process.wait(10) == 0
            assert time.monotonic() - started < STOP_SECONDS


def test_a_request_in_flight_is_finished(live: LiveServer) -> None:
    key = live.register("boss")
    body = b'{"name": "general2", "id": "general2", "type": "group"}'
    with socket.create_connection(("127.0.0.1", live.port)) as client:
        client.sendall(
            b"POST /api/channels HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            + f"Authorization: Bearer {key}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            + body[:10]
        )
        time.sleep(0.3)  # until the request has reached the server
        live.process.terminate()
        time.sleep(0.3)
        client.sendall(body[10:])
        assert client.recv(65536).startswith(b"HTTP/1.1 201")
    assert live.process.wait(10) == 0


def test_what_was_accepted_is_there_after_a_restart(live: LiveServer) -> None:
    key = live.register("boss")
    with live.client(key) as client:
        client.post("/api/channels", json={"id": "kept", "type": "group"}).raise_for_status()
    live.restart()
    with live.client(key) as client:
        assert "kept" in {channel["id"] for channel in client.get("/api/channels").json()}


def test_idle_it_writes_nothing(live: LiveServer) -> None:
    key = live.register("boss")
    with live.client(key, timeout=30) as client, client.stream("GET", "/api/events") as stream:
        next(stream.iter_raw())
        time.sleep(1)  # until what the opening has caused is written
        before = snapshot(live.home)
        time.sleep(7)  # longer than the interval of the presence sweep
        assert live.process.poll() is None, live.output
        assert snapshot(live.home) == before


def snapshot(home: Path) -> dict[str, tuple[int, int]]:
    """Size and time of change of every file."""
    return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in home.rglob("*") if path.is_file()}


def test_two_starts_have_different_request_ids(start_server: Callable[..., LiveServer]) -> None:
    live = start_server()
    ids = {httpx2.get(f"{live.url}/api/health", trust_env=False).headers["x-request-id"]}
    live.restart()
    ids.add(httpx2.get(f"{live.url}/api/health", trust_env=False).headers["x-request-id"])
    assert len(ids) == 2
