"""What joining sets up so that Claude Code is woken, and what the doctor says of it."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path
from typing import Any

import httpx2
import pytest

from teammcp.joining.changes import joining, leaving
from teammcp.joining.programs import Member, parts_of
from teammcp.joining.wake_checks import check_sessions, check_wakes
from teammcp.waking.life import Process
from teammcp.waking.lock import only_one

URL = "http://127.0.0.1:3100"
HELPER = f"teammcp wake claude --url {URL}"
REWAKE = f'test -n "$CLAUDE_CODE_MESSAGING_SOCKET" || teammcp wake claude --rewake --url {URL}'


@pytest.fixture
def member(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Member:
    for name in ("project", "home", "config"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setattr("teammcp.waking.lock.wakes_folder", lambda: tmp_path / "wakes")
    return Member("bob", "claude", URL, tmp_path / "project", tmp_path / "home")


def test_joining_writes_both_ways_once_and_leaving_takes_them_out(member: Member) -> None:
    settings = member.folder / ".claude" / "settings.local.json"
    settings.parent.mkdir()
    settings.write_text('{"hooks": {"Stop": [{"hooks": [{"type": "command", "command": "beep"}]}]}}\n', "utf-8")
    before = settings.read_bytes()
    moved = Member("bob", "claude", "http://127.0.0.1:3101", member.folder, member.home)
    for each in (moved, member, member):
        for change in joining(parts_of(each)):
            change.apply()
    found = json.loads(settings.read_text("utf-8"))["hooks"]
    ways = {
        (event, hook["command"], hook.get("async", False), hook.get("asyncRewake", False))
        for event, groups in found.items()
        for group in groups
        for hook in group["hooks"]
        if "teammcp wake" in hook.get("command", "")
    }
    assert ways == {
        ("SessionStart", HELPER, True, False),
        *((event, REWAKE, False, True) for event in ("SessionStart", "UserPromptSubmit", "Stop")),
    }
    assert str(found).count("teammcp wake") == 4, "of another server none is left"
    for change in leaving(parts_of(member)):
        change.apply()
    assert settings.read_bytes() == before


@pytest.mark.parametrize(
    ("status", "answer", "says", "wrong"),
    [
        (200, {"woken": True, "ways": ["inbox_socket"], "not_reached": ""}, "now by inbox_socket", False),
        (200, {"woken": True, "ways": [], "not_reached": ""}, "no helper is beside a program", False),
        (200, {"woken": False, "ways": [], "not_reached": "x"}, "set_wakes name=bob woken=true", False),
        (200, {"woken": True, "ways": ["rewake"], "not_reached": "a dialog is open"}, "a dialog is open", True),
        (404, {}, "does not know of it", True),
    ],
    ids=str,
)
def test_the_doctor_tells_what_the_server_says(status: int, answer: Any, says: str, wrong: bool) -> None:
    transport = httpx2.MockTransport(lambda request: httpx2.Response(status, json=answer))
    with httpx2.Client(transport=transport, base_url=URL) as client:
        finding = check_wakes(client, "bob")
    assert says in finding.what
    assert bool(finding.remedy) is wrong


def session(member: Member, inbox: str = "", **more: Any) -> Process:
    """A session of Claude Code, which this process stands in for."""
    config = Path(os.environ["CLAUDE_CONFIG_DIR"])
    (config / "sessions").mkdir(exist_ok=True)
    record = {"pid": os.getpid(), "cwd": str(member.folder), "status": "idle", "messagingSocketPath": inbox, **more}
    (config / "sessions" / f"{record['pid']}.json").write_text(json.dumps(record), "utf-8")
    process = Process.of(os.getpid())
    assert process is not None
    return process


def test_the_doctor_knows_the_sessions_of_the_folder(member: Member, tmp_path: Path) -> None:
    [none] = check_sessions(member, "key")
    assert "no session of Claude Code runs" in none.what
    session(member, cwd=str(tmp_path))
    [elsewhere] = check_sessions(member, "key")
    assert elsewhere == none
    inbox = str(tmp_path / "inbox")
    process = session(member, inbox)
    [alone] = check_sessions(member, "key")
    assert "none has a helper of this agent" in alone.what
    with only_one("claude", process, URL, "key"):
        [lost] = check_sessions(member, "key")
        assert ("lost its inbox socket" in lost.what, bool(lost.remedy)) == (True, True)
        with socket.socket(socket.AF_UNIX) as there:
            there.bind(inbox)
            [well] = check_sessions(member, "key")
        assert ("(idle) has its helper" in well.what, well.remedy) == (True, "")
        assert [*check_sessions(member, "of another")] == [alone]
        assert [*check_sessions(member, None)] == [alone]


def test_the_doctor_names_the_settings_that_keep_lines_out(member: Member) -> None:
    Path(os.environ["CLAUDE_CONFIG_DIR"], "settings.json").write_text('{"crossSessionInbound": "refuse"}', "utf-8")
    refused, _ = check_sessions(member, "key")
    assert "refuses lines" in refused.what
    assert "settings.json" in refused.remedy
