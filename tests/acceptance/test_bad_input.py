"""A real server takes whatever bytes come: a 4xx problem document, never a 500, never an exit."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.live import LiveServer, clean_environment

pytestmark = pytest.mark.acceptance

HOST = b"Host: 127.0.0.1\r\n"


@pytest.fixture
def unharmed(live: LiveServer) -> Iterator[LiveServer]:
    """A server that must have come through the test unharmed, without having had an error of its own."""
    live.key = live.register("boss")  # type: ignore[attr-defined]
    yield live
    with live.client() as client:
        assert client.get("/api/health").status_code == 200
    assert live.stop() == 0
    assert not [line for line in live.output if " error " in line]


def exchange(live: LiveServer, data: bytes) -> tuple[int, bytes]:
    """Send bytes; the status and body of the answer, 0 if the server just closed."""
    with socket.create_connection(("127.0.0.1", live.port), timeout=20) as client:
        client.sendall(data)
        answer = b""
        while part := client.recv(65536):
            answer += part
            head, separator, body = answer.partition(b"\r\n\r\n")
            length = re.search(rb"content-length: (\d+)", head)
            if separator and length and len(body) >= int(length[1]):
                break
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]) if head else 0, body


def test_absurd_requests(unharmed: LiveServer) -> None:
    cases = [
        (b"GET // HTTP/1.1\r\n" + HOST, 302),  # to the page that "/" leads to
        (b"GET /api/%00 HTTP/1.1\r\n" + HOST, 404),
        (b"GET /%00 HTTP/1.1\r\n" + HOST, 404),
        (b"GET /%ff%fe HTTP/1.1\r\n" + HOST, 404),
        (b"GET /../../etc/passwd HTTP/1.1\r\n" + HOST, 404),
        (b"GET /static/..%2f..%2fapp.py HTTP/1.1\r\n" + HOST, 404),
        (b"GET /static/%00 HTTP/1.1\r\n" + HOST, 404),
        (b"GET ?x HTTP/1.1\r\n" + HOST, 400),
        (b"GET api HTTP/1.1\r\n" + HOST, 400),
        (b"OPTIONS * HTTP/1.1\r\n" + HOST, 400),
        (b"GET http://127.0.0.1/api/health HTTP/1.1\r\n" + HOST, 200),
        (b"GET http://evil.example/api/health HTTP/1.1\r\nHost: evil.example\r\n", 421),
        (b"CONNECT 127.0.0.1:80 HTTP/1.1\r\n" + HOST, 400),
        (b"FOO /api/me HTTP/1.1\r\n" + HOST, 405),
        (b"FOO / HTTP/1.1\r\n" + HOST, 405),
        (b"GET /api/me HTTP/1.1\r\n", 400),
        (b"GET /api/me HTTP/1.1\r\nHost: \xff\xfe\r\n", 421),
        (b"GET /api/health HTTP/1.0\r\n" + HOST, 200),
        (b"GET /api/me HTTP/9.9\r\n" + HOST, 401),
        (b"GET /api/me\r\n", 400),
        (b"\x00\x01\x02\x03\r\n", 400),
        (b"GET /api/me HTTP/1.1\r\n" + HOST + b"Authorization: Bearer \xff\xfe\r\n", 401),
        (b"GET /api/me HTTP/1.1\r\n" + HOST + b"X: " + b"y" * 40_000 + b"\r\n", 401),
        (b"GET /api/me?" + b"z" * 10_000 + b" HTTP/1.1\r\n" + HOST, 414),
        (b"GET /api/ws HTTP/1.1\r\n" + HOST + b"Connection: Upgrade\r\nUpgrade: websocket\r\n", 400),
        (b"POST /api/register HTTP/1.1\r\n" + HOST + b"Content-Length: x\r\n", 400),
        (b"POST /api/register HTTP/1.1\r\n" + HOST + b"Content-Length: -1\r\n", 400),
        (b"POST /api/register HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: nonsense\r\n", 501),
    ]
    for request, expected in cases:
        status, body = exchange(unharmed, request + b"\r\n")
        assert status == expected, (request[:80], status, body[:300])


def test_bodies_beyond_the_limit_are_answered_and_not_kept(unharmed: LiveServer) -> None:
    key = unharmed.key.encode()  # type: ignore[attr-defined]
    head = (
        b"POST /api/send HTTP/1.1\r\n"
        + HOST
        + b"Content-Type: application/json\r\nAuthorization: Bearer "
        + key
        + b"\r\n"
    )
    status, body = exchange(unharmed, head + b"Content-Length: 3000000\r\n\r\n" + b" " * 3_000_000)
    assert (status, json.loads(body)["error"]) == (413, "too_large")
    with socket.create_connection(("127.0.0.1", unharmed.port), timeout=20) as client:
        client.sendall(head + b"Content-Length: 99999999999\r\n\r\n")
        sent = 0
        try:
            while sent < 200_000_000:
                client.sendall(b" " * 1_000_000)
                sent += 1_000_000
        except OSError:
            pass  # the server has had enough
        assert sent < 50_000_000


def test_a_stranger_cannot_make_the_server_read_much(unharmed: LiveServer) -> None:
    head = b"POST /api/send HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\n"
    status, body = exchange(unharmed, head + b"Content-Length: 500000\r\n\r\n" + b" " * 500_000)
    assert (status, json.loads(body)["error"]) == (401, "missing_key")


def test_a_client_that_sends_garbage_after_its_request(unharmed: LiveServer) -> None:
    assert exchange(unharmed, b"GET /api/health HTTP/1.1\r\n" + HOST + b"\r\n\x00\xff garbage\r\n\r\n")[0] == 200


CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "ignored_auth",
    "unsupported_method",
    "allow_header_conformance",
)
# A stream that does not end, a wait by POST, and what ends the key that the run goes on with.
LEFT_OUT = [
    "/api/events",
    "/api/wait",
    "/api/wakes/wait",
    "/api/wakes/test",
    "/api/agents/{name}/retire",
    "/api/agents/{name}/rotate-key",
]
WAITS = {"timeout", "wait_ms"}
"""The parameters of what waits on purpose: a run takes ids over from earlier answers, and would wait for them."""


def left_out(document: dict[str, Any]) -> str:
    """The paths that a run does not ask, as a pattern."""
    waiting = [
        path
        for path, operations in document["paths"].items()
        for operation in operations.values()
        if WAITS & {parameter["name"] for parameter in operation.get("parameters", [])}
    ]
    assert {"/api/sync", "/api/agent-output/{agent}", "/api/directives/{directive_id}/wait"} <= set(waiting)
    return "^(" + "|".join(re.escape(path) for path in [*LEFT_OUT, *waiting]) + ")$"


@pytest.mark.timeout(620)
@pytest.mark.parametrize(
    ("data", "phases", "least", "examples"),
    [
        ("unknown", "fuzzing", 150, 5),
        ("known", "fuzzing", 500, 5),
        pytest.param("known", "coverage,fuzzing", 1000, 10, marks=pytest.mark.sweep),
    ],
)
def test_schemathesis_finds_nothing(
    unharmed: LiveServer, tmp_path: Path, data: str, phases: str, least: int, examples: int
) -> None:
    key: str = unharmed.key  # type: ignore[attr-defined]
    with unharmed.client(key) as client:
        for answer in (
            client.post("/api/send", json={"channel": "general", "content": "hello @boss"}),
            client.post("/api/files", data={"channel": "general"}, files={"content": ("a.txt", b"text")}),
            client.post("/api/folders", json={"channel": "general", "name": "docs"}),
        ):
            answer.raise_for_status()
        excluded = left_out(client.get("/api/openapi.json").json())
    config = tmp_path / "schemathesis.toml"
    config.write_text(CONFIG + (KNOWN if data == "known" else ""))
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(config), "run"]
    command += [
        f"{unharmed.url}/api/openapi.json",
        "--phases",
        phases,
        "--max-examples",
        str(examples),
        "--mode",
        "all",
    ]
    command += ["--checks", ",".join(CHECKS), "--exclude-path-regex", excluded, "--continue-on-failure", "--no-color"]
    command += ["--seed", os.environ.get("SCHEMATHESIS_SEED", "1")]  # the same each time; others are tried by hand
    environment = {**clean_environment(tmp_path), "KEY": key}
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    tested = re.search(r"(\d+) generated, (\d+) passed", done.stdout)
    assert tested is not None
    assert int(tested[2]) > least


CONFIG = """
headers = { Authorization = "Bearer ${KEY}" }
[checks.negative_data_rejection]
expected-statuses = ["4xx", "5xx"]  # not_a_server_error looks after the latter
"""
KNOWN = """
[parameters]
"path.channel" = "general"
"path.channel_id" = "general"
"path.message_id" = 1
"path.id" = 1
"path.file_id" = 1
"path.folder_id" = 1
"path.name" = "boss"
"query.channel" = "general"
"""
