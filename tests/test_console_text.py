"""Terminals and pipes of every encoding: what comes in is text, what goes out never fails."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from teammcp.machine.console import as_text
from tests.live import LiveServer, clean_environment


@pytest.mark.parametrize(
    ("data", "encoding", "text"),
    [
        ("Grüße ✓".encode(), "latin-1", "Grüße ✓"),  # git writes UTF-8 whatever the terminal is set to
        ("Grüße".encode("latin-1"), "utf-8", "Grüße"),
        ("Grüße".encode("latin-1"), None, "Grüße"),
        ("Грусть".encode("koi8-r"), "koi8-r", "Грусть"),
        ("\ufeffa".encode(), "ascii", "a"),
        ("aß\r\n".encode("utf-16"), "ascii", "aß\r\n"),
        (b"\x81\xff", "cp1252", "\x81ÿ"),
        (b"\xff", "no-such-encoding", "ÿ"),
        (b"", None, ""),
    ],
)
def test_every_input_is_text(data: bytes, encoding: str | None, text: str) -> None:
    assert as_text(data, encoding) == text


def assert_nothing_fails_for_want_of_a_stream(live: LiveServer, key: str) -> None:
    environment = clean_environment(live.home, url=live.url, key=key)
    sender = live.register("sender")
    for streams, arguments in (
        ("<&-", "send general -"),
        (">&-", "wait --timeout 5"),
        (">/dev/full", "wait --timeout 5"),
        (">/dev/full", "status"),
        (">/dev/full", "call get_agents"),
    ):
        with live.client(sender) as other:
            sent = other.post("/api/send", json={"channel": "dm:owner", "content": "for the owner"}).json()
        command = f"{sys.executable} -m teammcp {arguments} {streams}"
        done = subprocess.run(["sh", "-c", command], env=environment, capture_output=True, timeout=60, check=False)
        if "wait" in arguments:
            waited_for = sent["id"]
        said = done.stderr.decode()
        assert (done.returncode, said.count("\n"), said[:7]) == (1, 1, "Error: "), (streams, arguments, said)
    with live.client(sender) as other:
        receipt = other.get(f"/api/messages/{waited_for}/receipt").json()["recipients"]
        assert [each["state"] for each in receipt if each["agent"] == "owner"] == ["handed_over"]


def run(
    live: LiveServer, key: str, encoding: str, *command: str | bytes, stdin: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    environment = clean_environment(live.home, url=live.url, key=key) | {
        "PYTHONIOENCODING": encoding,
        "PYTHONUTF8": "0",
    }
    arguments = [os.fsencode(each) for each in (sys.executable, "-m", "teammcp", *command)]
    return subprocess.run(arguments, env=environment, input=stdin, capture_output=True, timeout=60, check=False)


def test_messages_pass_through_pipes_and_terminals_of_any_encoding(live: LiveServer, tmp_path: Path) -> None:
    key = live.register("owner")
    for encoding, stdin in (
        ("utf-8", "Grüße ✓".encode("latin-1", "ignore")),
        ("latin-1", "Grüße ✓ 🎉".encode()),
        ("ascii", "ß".encode()),
    ):
        said = run(live, key, encoding, "send", "general", "-", stdin=stdin + b"\r\n")
        assert said.returncode == 0, said.stderr
    assert run(live, key, "utf-8", "send", "general", "Stra\xdfe".encode("latin-1")).returncode == 0
    with live.client(key) as owner:
        found = owner.get("/api/history", params={"channel": "general"}).json()
        messages = [each["content"] for each in (found["messages"] if isinstance(found, dict) else found)]
    assert [each for each in messages if each in {"Grüße ", "Grüße ✓ 🎉", "ß", "Straße"}] == [
        "Grüße ",
        "Grüße ✓ 🎉",
        "ß",
        "Straße",
    ]
    for command in (["logs", "--channel", "general"], ["inbox"], ["status"]):
        said = run(live, key, "ascii", *command)
        assert (said.returncode, said.stderr) == (0, b"")
    for encoding in ("ascii", "utf-8"):
        called = run(live, key, encoding, "call", "get_history", "channel=general")
        assert "Grüße ✓ 🎉" in json.dumps(json.loads(called.stdout.decode(encoding)), ensure_ascii=False)
    assert_nothing_fails_for_want_of_a_stream(live, key)
    half = run(live, key, "utf-8", "call", "send_message", "channel=general", "content=x", 'mentions=["\\ud83d"]')
    assert (half.returncode, b"Traceback" in half.stderr) == (2, False)
    said = run(live, key, "ascii", "hook", "claude", stdin=b'{"hook_event_name": "SessionStart"}')
    assert "You are owner" in json.loads(said.stdout)["hookSpecificOutput"]["additionalContext"]
