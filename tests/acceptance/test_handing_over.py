"""Commands, hooks and waits that give up half-way, on real sockets: what they were handed comes again."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from teammcp.testing import NO_GUARD
from tests.live import LiveServer, clean_environment

pytestmark = pytest.mark.acceptance

SECONDS = 60
MARK = "(again, since it may not have reached you)"


class Team:
    """A server with alice, who writes, and bob, who may be gone."""

    def __init__(self, live: LiveServer) -> None:
        self.live = live
        self.alice, self.bob = live.register("alice"), live.register("bob")

    def write(self, text: str = "Look.") -> int:
        with self.live.client(self.alice) as client:
            sent = client.post("/api/send-dm", json={"recipient": "bob", "content": text})
        number: int = sent.json()["id"]
        return number

    def state(self, sent: int) -> str:
        with self.live.client(self.alice) as client:
            [recipient] = client.get(f"/api/messages/{sent}/receipt").json()["recipients"]
        state: str = recipient["state"]
        return state

    def run(self, *arguments: str, url: str = "", **options: Any) -> subprocess.CompletedProcess[str]:
        environment = clean_environment(self.live.home, key=self.bob) | options.pop("environment", {})
        return subprocess.run(
            [sys.executable, "-m", "teammcp", *arguments, "--url", url or self.live.url],
            **{"env": environment, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options},
            text=True,
            timeout=SECONDS,
            check=False,
        )

    def hook(self, event: str = "PostToolUse", url: str = "", session: str = "s") -> str:
        said = json.dumps({"hook_event_name": event, "session_id": session})
        done = self.run("hook", "codex", url=url, input=said)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout


@pytest.fixture
def team(start_server: Callable[..., LiveServer]) -> Team:
    plugins = json.dumps({**NO_GUARD, "inbox": {"confirm_seconds": 1}})
    return Team(start_server(register_rate=0, agent_rate=0, address_rate=0, plugins=plugins))


@contextmanager
def slow_line(port: int, seconds: float) -> Iterator[str]:
    """The address of a server at the other end of a line that takes so long, each way."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def carry(source: socket.socket, target: socket.socket) -> None:
            while data := source.recv(65536):
                time.sleep(seconds)
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)

        def connect() -> None:
            while True:
                try:
                    near, _ = listener.accept()
                except OSError:
                    return
                far = socket.create_connection(("127.0.0.1", port))
                for pair in ((near, far), (far, near)):
                    threading.Thread(target=_quietly, args=(carry, *pair), daemon=True).start()

        threading.Thread(target=connect, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def _quietly(carry: Callable[..., None], source: socket.socket, target: socket.socket) -> None:
    """Carry until one side ends; each direction closes the socket that it has read."""
    with source, suppress(OSError):
        carry(source, target)


def test_a_command_that_cannot_print_has_got_nothing(team: Team) -> None:
    sent = team.write()
    with Path("/dev/full").open("w") as full:
        failed = team.run("wait", "--timeout", "5", stdout=full)
    assert failed.returncode not in (0, 2)
    assert team.state(sent) == "handed_over"
    again = team.run("wait", "--timeout", "10")
    assert (again.returncode, MARK in again.stdout, "Look." in again.stdout) == (0, True, True)
    assert team.state(sent) == "offered"


def test_a_terminal_that_lacks_characters_shows_the_rest(team: Team) -> None:
    sent = team.write("Done ✓ 你好")
    shown = team.run("wait", "--timeout", "5", environment={"PYTHONIOENCODING": "latin-1"})
    assert (shown.returncode, "Done \\u2713 \\u4f60\\u597d" in shown.stdout) == (0, True)
    assert team.state(sent) == "offered"


def test_a_message_whose_command_fails_has_not_arrived_and_comes_once_more(team: Team, tmp_path: Path) -> None:
    sent, log = team.write(), tmp_path / "log"
    command = (
        f'cat >> {log}; echo "again=$TEAMMCP_AGAIN" >> {log}; test "$(grep -c again= {log})" -lt 2 || kill $PPID; false'
    )
    done = team.run("listen", "--exec", command)
    assert "The command for message" in done.stderr
    assert [each for each in log.read_text("utf-8").splitlines() if "again=" in each] == ["again=", "again=1"]
    assert team.state(sent) == "handed_over"
    assert "Look." in team.run("wait", "--timeout", "10").stdout


def test_a_message_whose_command_succeeds_has_arrived(team: Team, tmp_path: Path) -> None:
    sent, log = team.write(), tmp_path / "log"
    command = f"cat >> {log}; test -e {log}.second && kill $PPID; touch {log}.second"
    listening = threading.Thread(target=team.run, args=("listen", "--exec", command))
    listening.start()
    deadline = time.monotonic() + 30
    while team.state(sent) != "offered":
        assert time.monotonic() < deadline
        time.sleep(0.05)
    team.write("And this.")
    listening.join(SECONDS)
    assert log.read_text("utf-8").count("Look.") == 1


def test_a_hook_that_gave_up_has_got_nothing(team: Team) -> None:
    sent = team.write()
    with slow_line(team.live.port, 0.25) as url:
        assert team.hook(url=url) == ""
    time.sleep(0.3)
    assert team.state(sent) in {"stored", "handed_over"}
    assert "Look." in team.hook()
    assert team.state(sent) == "offered"
    assert team.hook() == "{}\n"


def test_a_hook_that_a_paused_server_kept_waiting_has_got_nothing(team: Team) -> None:
    sent = team.write()
    os.kill(team.live.process.pid, signal.SIGSTOP)
    try:
        assert team.hook() == ""
        time.sleep(0.4)
    finally:
        os.kill(team.live.process.pid, signal.SIGCONT)
    time.sleep(0.3)
    assert team.state(sent) in {"stored", "handed_over"}
    assert "Look." in team.hook()
    assert team.state(sent) == "offered"


def request(team: Team, path: str, body: dict[str, Any]) -> bytes:
    data = json.dumps(body).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {team.bob}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
    )
    return head.encode() + data


def test_a_program_that_drops_the_connection_behind_the_answer_is_told_again(team: Team) -> None:
    """As Claude Code does with a hook by address that takes too long; otherwise it keeps the connection for a while."""
    sent, event = team.write(), {"hook_event_name": "PostToolUse", "session_id": "s"}
    with socket.create_connection(("127.0.0.1", team.live.port)) as connection:
        connection.sendall(request(team, "/api/hooks/claude", event))
        while team.state(sent) == "stored":
            time.sleep(0.02)
    with team.live.client(team.bob) as bob:
        deadline = time.monotonic() + 10
        while "Look." not in bob.post("/api/hooks/claude", json=event).text:
            assert time.monotonic() < deadline
            time.sleep(0.2)
        assert bob.post("/api/hooks/claude", json=event).json() == {}
    assert team.state(sent) == "offered"


def test_what_was_handed_over_when_the_server_died_comes_again(team: Team) -> None:
    sent = team.write()
    with team.live.client(team.bob) as bob:
        first = bob.post("/api/wait", json={"timeout": 5}).json()
        assert ([each["id"] for each in first["messages"]], first["again"]) == ([sent], [])
    team.live.kill()
    team.live.start()
    with team.live.client(team.bob) as bob:
        assert bob.post("/api/wait", json={"timeout": 5}).json()["again"] == [sent]
        assert bob.post("/api/wait", json={"timeout": 0}).json()["messages"] == []
    assert team.state(sent) == "offered"
