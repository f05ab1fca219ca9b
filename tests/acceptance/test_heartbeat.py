"""``teammcp heartbeat`` beside real programs: how each of them ends is told apart."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.live import LiveServer

pytestmark = pytest.mark.acceptance

Sidecar = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def sidecar(live: LiveServer) -> Iterator[Sidecar]:
    """Start ``teammcp heartbeat`` with a key and arguments; what still runs at the end is ended."""
    started: list[subprocess.Popen[str]] = []

    def start(key: str, *arguments: str) -> subprocess.Popen[str]:
        environment = {**live.environment, "TEAMMCP_URL": live.url, "TEAMMCP_KEY": key}
        command = [sys.executable, "-m", "teammcp", "heartbeat", "--interval", "1", *arguments]
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.terminate()
        process.communicate()


def until(live: LiveServer, key: str, wanted: dict[str, tuple[str, str]], seconds: float = 20) -> None:
    """Wait until the members' statuses and reasons are these."""
    end, found = time.monotonic() + seconds, {}
    with live.client(key) as client:
        while time.monotonic() < end:
            agents: list[dict[str, Any]] = client.get("/api/agents").json()
            found = {agent["name"]: (agent["status"], agent["reason"]) for agent in agents if agent["name"] in wanted}
            if found == wanted:
                return
            time.sleep(0.2)
    assert found == wanted


def test_every_way_to_end_is_told_apart(live: LiveServer, sidecar: Sidecar) -> None:
    boss = live.register("boss")
    keys = {name: live.register(name) for name in ("stopped", "killed", "watched", "runs", "fails", "keeps")}
    program = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    forever = [sys.executable, "-c", "import time; time.sleep(60)"]
    processes = {
        "stopped": sidecar(keys["stopped"], "--status", "busy", "--reason", "building"),
        "killed": sidecar(keys["killed"]),
        "watched": sidecar(keys["watched"], "--pid", str(program.pid)),
        "runs": sidecar(keys["runs"], "--", *forever),
        "fails": sidecar(keys["fails"], "--", sys.executable, "-c", "import time; time.sleep(3); raise SystemExit(3)"),
        "keeps": sidecar(keys["keeps"]),
    }
    on = ("online", "sent a heartbeat")
    until(live, boss, {"stopped": ("busy", "building"), "killed": on, "watched": on, "runs": on, "keeps": on})
    processes["stopped"].send_signal(signal.SIGINT)
    processes["killed"].kill()
    processes["runs"].terminate()
    program.kill()
    program.wait()
    expected = {
        "stopped": ("away", "said good-bye"),
        "watched": ("away", f"its program, process {program.pid}, has ended"),
        "runs": ("away", "its program has ended with -15"),
        "fails": ("away", "its program has ended with 3"),
        "killed": ("dead", "no sign of life for 3 s"),
        "keeps": on,
    }
    until(live, boss, expected)
    codes = {name: process.wait(10) for name, process in processes.items() if name not in {"killed", "keeps"}}
    assert codes == {"stopped": 0, "watched": 0, "runs": 143, "fails": 3}
    live.restart()
    until(live, boss, {"keeps": on, "killed": ("away", "not heard of since the server started")})
    processes["keeps"].terminate()
    assert processes["keeps"].wait(10) == 0
    said = processes["keeps"].communicate()[1]
    assert "Traceback" not in said


def test_a_wrong_key_or_process_ends_it_with_what_to_do(live: LiveServer, sidecar: Sidecar) -> None:
    key = live.register("boss")
    for arguments, expected in (
        (("tmcp_default_" + "x" * 43,), "Set TEAMMCP_KEY to the agent's present key"),
        (("tmcp_default_" + "x" * 43, "--", "touch", str(live.home / "begun")), "Set TEAMMCP_KEY"),
        ((key, "--pid", str(2**22 - 3)), "there is no process"),
        ((key, "--", "no-such-command"), "no-such-command cannot be started"),
    ):
        process = sidecar(*arguments)
        said = process.communicate(timeout=20)[1]
        assert process.returncode == 1, said
        assert expected in said
        assert len(said.splitlines()) == 1
    assert not (live.home / "begun").exists()
