"""Waking Claude Code, with a stand-in for it: what is written into its inbox socket, and what its own files say."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from teammcp.waking import claude
from teammcp.waking.claude import InboxSession, Place, RewakeSession, find
from teammcp.waking.claude_files import locked_out, record_of, records
from teammcp.waking.life import Process
from tests.live import LiveServer, clean_environment

LINE = "[wake 7-1] Your team has written — look."
SECONDS = 20


@pytest.fixture
def me() -> Process:
    process = Process.of(os.getpid())
    assert process is not None
    return process


@pytest.fixture
def place(me: Process, tmp_path: Path) -> Place:
    return Place(me, str(tmp_path / "inbox"), "token", tmp_path / "config", tmp_path / "project")


@contextmanager
def listening(path: str, serve: Callable[[socket.socket], object]) -> Iterator[None]:
    """An inbox that treats one connection in some way."""
    with socket.socket(socket.AF_UNIX) as inbox:
        inbox.bind(path)
        inbox.listen()

        def accept() -> None:
            peer, _ = inbox.accept()
            with peer:
                serve(peer)

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield
        thread.join(SECONDS)


def read_all(peer: socket.socket) -> bytes:
    found = b""
    while part := peer.recv(65536):
        found += part
    return found


def test_the_line_is_written_behind_the_token_and_then_nothing(place: Place) -> None:
    got: list[bytes] = []
    with listening(place.inbox, lambda peer: got.append(read_all(peer))):
        assert InboxSession(place).ring(LINE) == ""
    assert [json.loads(line) for line in got[0].splitlines()] == [
        {"type": "auth", "token": "token"},
        {"type": "user", "message": {"role": "user", "content": LINE}},
    ]
    assert got[0].endswith(b"\n")


def test_why_a_line_was_not_taken_is_said_in_words(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = InboxSession(place)
    assert "gone" in session.ring(LINE)
    with socket.socket(socket.AF_UNIX) as left_behind:
        left_behind.bind(place.inbox)
    assert "nobody listens" in session.ring(LINE)
    os.unlink(place.inbox)
    monkeypatch.setattr(claude, "WRITE_SECONDS", 0.05)
    seen = threading.Event()
    with listening(place.inbox, lambda peer: seen.wait(SECONDS)):  # it reads nothing
        assert "did not take the line in time" in session.ring(LINE)
        seen.set()
    os.unlink(place.inbox)
    monkeypatch.setattr(claude, "WRITE_SECONDS", 5)
    with listening(place.inbox, lambda peer: peer.recv(10)):  # it goes away in the middle of the line
        assert "did not take the line: " in session.ring(LINE * 100_000)
    for why in ("token", str(tmp_path)):
        assert why not in session.ring(LINE), "nothing that is nobody's business"


def test_a_line_that_the_settings_keep_out_is_none_that_was_heard(place: Place, tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "settings.json").write_text('{"crossSessionInbound": "hold"}', "utf-8")
    with listening(place.inbox, read_all):
        why = InboxSession(place).ring(LINE)
    assert "holds lines" in why
    assert "crossSessionInbound" in why
    assert str(tmp_path) not in why, "its senders are told"


def test_by_the_other_way_the_line_is_said_on_standard_error(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    assert RewakeSession(place).ring(LINE) == ""
    assert tuple(capsys.readouterr()) == ("", f"{LINE}\n")


@pytest.mark.parametrize(
    "more",
    [
        {"CLAUDE_CODE_ENTRYPOINT": "sdk-cli"},
        {"CLAUDE_CODE_ENTRYPOINT": ""},
        {"CLAUDE_PID": ""},
        {"CLAUDE_PID": "x"},
        {"CLAUDE_PID": "999999999"},
    ],
    ids=str,
)
def test_nobody_is_woken_who_has_no_person_before_it_or_does_not_run(more: dict[str, str]) -> None:
    alive = {"CLAUDE_CODE_ENTRYPOINT": "cli", "CLAUDE_PID": str(os.getpid())}
    assert find(alive) is not None
    assert find({**alive, **more}) is None


# -- its files ---------------------------------------------------------------------------------------------------------


def write_record(config: Path, **more: Any) -> None:
    (config / "sessions").mkdir(parents=True, exist_ok=True)
    record = {"pid": os.getpid(), "cwd": "/project", "status": "idle", "messagingSocketPath": "/inbox", **more}
    (config / "sessions" / f"{record['pid']}.json").write_text(json.dumps(record), "utf-8")


@pytest.mark.parametrize(
    ("says", "doing"),
    [("idle", "idle"), ("busy", "busy"), ("waiting", "waiting"), ("other", ""), ([1], ""), (None, "")],
)
def test_what_it_does_is_what_its_record_says(place: Place, says: Any, doing: str) -> None:
    session = InboxSession(place)
    assert session.doing() == ""
    write_record(place.config, status=says)
    assert session.doing() == doing


def test_a_record_whose_program_is_gone_is_nobody(place: Place, me: Process, tmp_path: Path) -> None:
    config = tmp_path / "config"
    assert [*records(config)] == []
    write_record(config, pid=999_999_999)
    (config / "sessions" / "other.json").write_text("{}", "utf-8")
    (config / "sessions" / "1.json").write_text("half", "utf-8")
    write_record(config)
    [record] = records(config)
    assert (record.process, record.folder, record.inbox) == (me, "/project", "/inbox")
    if sys.platform == "linux":
        write_record(config, procStart=me.began)
        assert record_of(config, me.pid) is not None
        write_record(config, procStart="1")
        assert record_of(config, me.pid) is None, "another program that had its number"


def test_the_strictest_of_all_settings_counts(tmp_path: Path) -> None:
    config, project = tmp_path / "config", tmp_path / "project"
    (project / ".claude").mkdir(parents=True)
    config.mkdir()
    user, shared, local = config / "settings.json", project / ".claude" / "settings.json", None
    local = shared.with_name("settings.local.json")
    assert locked_out(config, project) is None
    user.write_text('{"crossSessionInbound": "accept"}', "utf-8")
    shared.write_text("{", "utf-8")
    assert locked_out(config, project) is None
    local.write_text('{"crossSessionInbound": "hold"}', "utf-8")
    assert locked_out(config, None) is None
    found = locked_out(config, project)
    assert found is not None
    assert found[0] == local
    user.write_text('{"crossSessionInbound": "refuse"}', "utf-8")
    found = locked_out(config, project)
    assert found is not None
    assert found[0] == user


# -- the command, beside a stand-in ------------------------------------------------------------------------------------

STAND_IN = """
import json, os, socket, sys
inbox = socket.socket(socket.AF_UNIX)
inbox.bind(sys.argv[1])
inbox.listen()
print("there", flush=True)
while True:
    peer, _ = inbox.accept()
    lines = peer.makefile().read().splitlines()
    peer.close()
    print(json.loads(lines[-1])["message"]["content"], flush=True)
"""


class Street:
    """A stand-in for Claude Code at its prompt, bob whose it is, and alice who writes to him."""

    def __init__(self, live: LiveServer, folder: Path) -> None:
        live.register("owner")
        self.live, self.folder = live, folder
        self.alice, self.bob = live.register("alice"), live.register("bob")
        self.inbox = str(folder / "inbox")
        self.claude = subprocess.Popen(
            [sys.executable, "-c", STAND_IN, self.inbox], stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )
        self.begun = [self.claude]
        assert self.line() == "there"
        process = Process.of(self.claude.pid)
        assert process is not None
        self.process = process

    def line(self) -> str:
        assert self.claude.stdout is not None
        return self.claude.stdout.readline().strip()

    def environment(self, **more: str) -> dict[str, str]:
        about = {
            "HOME": str(self.folder),
            "XDG_STATE_HOME": str(self.folder / "state"),
            "CLAUDE_PID": str(self.claude.pid),
            "CLAUDE_CODE_ENTRYPOINT": "cli",
            "CLAUDE_CODE_MESSAGING_SOCKET": self.inbox,
            "CLAUDE_CODE_MESSAGING_TOKEN": "token",
        }
        return {**clean_environment(self.folder / "data", key=self.bob), **about, **more}

    def wake(self, *options: str, **more: str) -> subprocess.Popen[str]:
        """The hook, as Claude Code runs it."""
        command = [sys.executable, "-m", "teammcp", "wake", "claude", "--url", self.live.url, *options]
        process = subprocess.Popen(
            command,
            env=self.environment(**more),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        self.begun.append(process)
        assert process.stdin is not None
        process.stdin.write('{"hook_event_name": "SessionStart"}')
        process.stdin.close()
        process.stdin = None
        return process

    def session_begins(self) -> None:
        with self.live.client(self.bob) as bob:
            body = {"hook_event_name": "SessionStart", "source": "startup", "session_id": "s1"}
            bob.post("/api/hooks/claude", json=body).raise_for_status()

    def write_to_bob(self, text: str) -> int:
        with self.live.client(self.alice) as alice:
            sent = alice.post("/api/send-dm", json={"recipient": "bob", "content": text}).raise_for_status()
        number: int = sent.json()["id"]
        return number

    def seen(self, of: Callable[[Any], bool], path: str) -> Any:
        """What bob is shown, once it is as wanted."""
        with self.live.client(self.bob) as bob:
            for _ in range(SECONDS * 50):
                if of(found := bob.get(path).json()):
                    return found
                threading.Event().wait(0.02)
        raise AssertionError(found)


@pytest.fixture
def street(live: LiveServer, tmp_path: Path) -> Iterator[Street]:
    street = Street(live, tmp_path)
    yield street
    for process in street.begun:
        process.kill()
        process.communicate()


def test_the_helper_rings_once_for_a_session_and_ends_with_it(street: Street) -> None:
    helper = street.wake()
    street.seen(lambda found: found["ways"] == ["inbox_socket"], "/api/wakes/bob")
    assert street.wake().wait(SECONDS) == 0, "a second one ends at once"
    assert is_held_by(street)
    street.session_begins()
    message = street.write_to_bob("Good morning.")
    assert street.line().startswith(f"[wake {message}-1]")
    street.claude.send_signal(signal.SIGKILL)
    assert helper.wait(SECONDS) == 0, "though nobody has buried it"
    assert [*helper.communicate()] == ["", ""]
    street.seen(lambda found: found["status"] == "away", "/api/agents/bob")
    street.seen(lambda found: found["ways"] == [], "/api/wakes/bob")


def is_held_by(street: Street) -> bool:
    """Whether the place of the helper is taken, as somebody else on the machine finds out."""
    code = (
        "import sys; from teammcp.waking.life import Process; from teammcp.waking.lock import is_held;"
        "print(is_held('claude', Process.of(int(sys.argv[1])), sys.argv[2], sys.argv[3]))"
    )
    command = [sys.executable, "-c", code, str(street.claude.pid), street.live.url, street.bob]
    return subprocess.check_output(command, env=street.environment(), text=True).strip() == "True"


def test_by_the_other_way_the_hook_ends_with_2_and_the_line(street: Street) -> None:
    waiting = street.wake("--rewake", CLAUDE_CODE_MESSAGING_SOCKET="")
    street.seen(lambda found: found["ways"] == ["rewake"], "/api/wakes/bob")
    assert street.wake(CLAUDE_CODE_MESSAGING_SOCKET="").wait(SECONDS) == 0, (
        "without a socket there is nothing to stay for"
    )
    street.session_begins()
    message = street.write_to_bob("Good morning.")
    assert waiting.wait(SECONDS) == 2
    said, line = waiting.communicate()
    assert (said, line.startswith(f"[wake {message}-1]")) == ("", True)


def test_who_cannot_be_woken_is_left_alone_at_once(street: Street) -> None:
    hooks = [
        street.wake("--rewake"),
        street.wake(CLAUDE_CODE_ENTRYPOINT="sdk-cli"),
        street.wake(TEAMMCP_KEY=""),
        street.wake(TEAMMCP_KEY="no key"),
        street.wake(TEAMMCP_KEY="tmcp_default_" + "x" * 43),
    ]
    assert [hook.wait(SECONDS) for hook in hooks] == [0] * len(hooks)
    assert {each for hook in hooks for each in hook.communicate()} == {""}


def test_a_server_that_is_away_is_waited_for_in_silence(street: Street) -> None:
    street.live.stop()
    helper = street.wake()
    street.live.start()
    street.seen(lambda found: found["ways"] == ["inbox_socket"], "/api/wakes/bob")
    street.session_begins()
    message = street.write_to_bob("Good morning.")
    assert street.line().startswith(f"[wake {message}-1]")
    street.claude.kill()
    assert helper.wait(SECONDS) == 0
    assert [*helper.communicate()] == ["", ""]


def test_a_bridge_is_the_helper_of_its_session_where_no_hook_is(street: Street) -> None:
    config = street.folder / "config"
    write_record(config, pid=street.claude.pid, messagingSocketPath=street.inbox)
    more = {"CLAUDE_CONFIG_DIR": str(config), "CLAUDE_PID": ""}
    bridge = subprocess.Popen(
        [sys.executable, "-m", "teammcp", "connect", "--url", street.live.url],
        env=street.environment(**more),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    street.seen(lambda found: found["ways"] == ["inbox_socket"], "/api/wakes/bob")
    street.session_begins()
    message = street.write_to_bob("Good morning.")
    assert street.line().startswith(f"[wake {message}-1]")
    bridge.communicate()
    assert bridge.returncode == 0
    street.seen(lambda found: found["ways"] == [], "/api/wakes/bob")
