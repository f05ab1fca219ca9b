"""What joining sets up so that Claude Code is woken, and what the doctor says of it."""

from __future__ import annotations

import json
import os
import socket
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest
from click.testing import CliRunner

from teammcp.cli import cli
from teammcp.joining.changes import joining, leaving
from teammcp.joining.checks import check_program
from teammcp.joining.clients import Client
from teammcp.joining.programs import Member, parts_of
from teammcp.joining.ring_checks import check_ring
from teammcp.joining.wake_checks import check_sessions, check_wakes, setting
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
        (200, {"ways": ["inbox_socket"]}, "now by inbox_socket.", False),
        (200, {"ways": ["inbox_socket"], "quiet": "22:00-07:00"}, "inbox_socket, not from 22:00 to 07:00.", False),
        (200, {}, "no helper is beside a program", False),
        (200, {"woken": False, "not_reached": "x"}, "set_wakes name=bob woken=true", False),
        (200, {"ways": ["rewake"], "not_reached": "a dialog is open"}, "a dialog is open", True),
        (404, {}, "does not know of it", True),
    ],
    ids=str,
)
def test_the_doctor_tells_what_the_server_says(
    member: Member, status: int, answer: Any, says: str, wrong: bool
) -> None:
    answer = {"woken": True, "quiet": "", "ways": [], "not_reached": "", **answer}
    transport = httpx2.MockTransport(lambda request: httpx2.Response(status, json=answer))
    with httpx2.Client(transport=transport, base_url=URL) as client:
        finding = check_wakes(client, member)
    assert says in f"{finding.what} {finding.remedy}"
    assert finding.is_wrong is wrong


@pytest.mark.parametrize("program", ["claude", "codex", "opencode", "qwen", "gemini"])
def test_the_doctor_promises_a_helper_only_where_there_is_one(member: Member, program: Client) -> None:
    asked: list[str] = []
    answer = {"woken": True, "quiet": "", "ways": [], "not_reached": ""}

    def answered(request: httpx2.Request) -> httpx2.Response:
        asked.append(request.url.path)
        return httpx2.Response(200, json=answer)

    with httpx2.Client(transport=httpx2.MockTransport(answered), base_url=URL) as client:
        said = check_wakes(client, replace(member, client=program)).what
    assert ("nothing from outside reaches an idle Gemini CLI" in said) is (program == "gemini")
    assert ("no helper is beside a program now" in said) is (program != "gemini")
    assert ("first prompt" in said) is (program in {"codex", "opencode"})


def test_a_program_that_takes_no_line_is_not_rung(member: Member) -> None:
    [said] = check_ring(replace(member, client="gemini"), "key")
    assert "nothing from outside reaches an idle Gemini CLI" in said.what
    assert not said.is_wrong


def test_what_switches_waking_on_can_be_pasted_where_the_key_is_only_kept(
    member: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TEAMMCP_KEY", raising=False)
    assert setting(member, "woken=true").startswith(f'TEAMMCP_KEY="$(cat {member.key_file})" teammcp call set_wakes ')
    monkeypatch.setenv("TEAMMCP_KEY", "of bob")
    assert setting(member, "woken=true") == f"teammcp call set_wakes name=bob woken=true --url {URL}"


def test_the_doctor_names_a_program_that_is_not_there(
    member: Member, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    [none] = check_program(member)
    assert "no claude on the path" in none.what
    assert "Install Claude Code" in none.remedy
    assert not none.is_wrong, "it may be started in another way"
    (tmp_path / "claude").write_text("#!/bin/sh\n")
    (tmp_path / "claude").chmod(0o755)
    [found] = check_program(member)
    assert (found.what, found.remedy) == (f"program: {tmp_path / 'claude'}", "")


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
    assert "no session there has a helper of this agent" in alone.what
    assert ("Start it again" in alone.remedy, alone.is_wrong) == (True, False)
    with only_one("claude", process, URL, "key"):
        [lost] = check_sessions(member, "key")
        assert ("lost its inbox socket" in lost.what, bool(lost.remedy)) == (True, True)
        with socket.socket(socket.AF_UNIX) as there:
            there.bind(inbox)
            [well] = check_sessions(member, "key")
        assert ("(idle) has its helper" in well.what, well.remedy) == (True, "")
        assert [*check_sessions(member, "of another")] == [alone]
        assert [*check_sessions(member, None)] == [alone]


def test_a_helper_that_can_write_nowhere_says_nothing_and_the_doctor_says_so(
    member: Member, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The program would show what it says at the end of each turn."""
    (tmp_path / "file").touch()
    monkeypatch.setattr("teammcp.waking.lock.wakes_folder", lambda: tmp_path / "file" / "wakes")
    session(member)
    said = CliRunner().invoke(
        cli,
        ["wake", "claude", "--rewake", "--url", URL],
        env={"TEAMMCP_KEY": "key", "CLAUDE_PID": str(os.getpid()), "CLAUDE_CODE_ENTRYPOINT": "cli"},
    )
    assert (said.exit_code, said.output, said.exception) == (0, "", None)
    [finding] = check_sessions(member, "key")
    assert finding.is_wrong
    assert "cannot be written" in finding.what


def test_the_doctor_names_the_settings_that_keep_lines_out(member: Member) -> None:
    Path(os.environ["CLAUDE_CONFIG_DIR"], "settings.json").write_text('{"crossSessionInbound": "refuse"}', "utf-8")
    refused, _ = check_sessions(member, "key")
    assert "refuses lines" in refused.what
    assert "settings.json" in refused.remedy
