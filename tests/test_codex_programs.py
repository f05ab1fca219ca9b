"""Two agents whose terminals share one daemon of Codex: none acts as the other unseen, and the doctor says so."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from teammcp.joining.codex_checks import check_daemon
from teammcp.joining.programs import Member
from teammcp.waking.codex_programs import daemon, is_own, terminals
from teammcp.waking.life import Process
from tests.live import LiveServer
from tests.test_codex_wake import run as run
from tests.test_codex_wake import stand_in as stand_in

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Codex has no daemon there")

BOB, CAROL = (f"tmcp_default_{letter * 43}" for letter in "bc")
STAY = "import os, time; os.chdir(os.environ['PWD']); print(flush=True); time.sleep(600)"
DAEMON = ("app-server", "--listen", "unix://", "--managed-daemon")
Start = Callable[..., Process]


@pytest.fixture
def folders(tmp_path: Path) -> dict[str, Path]:
    found = {name: tmp_path / name for name in ("home", "bob", "carol")}
    for folder in found.values():
        folder.mkdir()
    return {**found, ".": tmp_path}


@pytest.fixture
def start(run: Callable[..., Process], stand_in: str, folders: dict[str, Path]) -> Start:
    """Starts a stand-in for Codex in a folder, with a key and words."""

    def start(folder: str, key: str | None, *words: str, home: str = "home") -> Process:
        environment = {"CODEX_HOME": str(folders[home]), "PWD": str(folders[folder]), "TEAMMCP_KEY": key or ""}
        return run(stand_in, "-c", STAY, *words, **environment)

    return start


def test_the_daemon_and_its_terminals_are_told_from_all_else(start: Start, folders: dict[str, Path]) -> None:
    home = folders["home"]
    assert (daemon(home), terminals(home)) == (None, [])
    running = start("bob", BOB, *DAEMON)
    window = start("bob", BOB, "resume")
    sent = start("bob", CAROL, "-C", str(folders["carol"]))
    for words in (("exec", "hi"), ("app-server", "daemon", "pid-update-loop"), ("app-server",)):
        start("bob", CAROL, *words)
    for alone in ("--disable=daemon_auto_start", "--dangerously-bypass-hook-trust"):
        start("bob", CAROL, alone)
    start("bob", CAROL, "--disable", "daemon_auto_start")
    start("bob", CAROL, home="carol")
    found = daemon(home)
    assert found is not None
    assert (found.process, found.has(BOB), found.has(CAROL)) == (running, True, False)
    assert BOB not in repr(found)
    assert [(each.process, each.folder) for each in terminals(home)] == [
        (window, folders["bob"]),
        (sent, folders["carol"]),
    ]


def test_a_terminal_without_words_works_where_it_was_started(
    run: Callable[..., Process], tmp_path: Path, folders: dict[str, Path]
) -> None:
    program = tmp_path / "codex"
    program.symlink_to(str(shutil.which("yes")))
    started = run(str(program), CODEX_HOME=str(folders["home"]), TEAMMCP_KEY=f" {BOB}\n")
    [found] = terminals(folders["home"])
    assert (found.process, found.folder, found.has(BOB)) == (started, Path.cwd(), True)


@pytest.mark.parametrize("words", [("-C", "carol"), ("--cd", "carol"), ("--cd=carol",), ("-C", "bob/../carol", "hi")])
def test_a_terminal_works_where_it_was_told_to(
    start: Start, folders: dict[str, Path], tmp_path: Path, words: tuple[str, ...]
) -> None:
    start(".", BOB, *words)
    assert [found.folder for found in terminals(folders["home"])] == [folders["carol"]]


@pytest.mark.parametrize(
    ("terminals", "own"),
    [
        ([], True),
        ([("bob", BOB)], True),
        ([("carol", BOB)], True),
        ([("bob", BOB), ("carol", CAROL)], True),
        ([("bob", CAROL)], False),
        ([("bob", None)], False),
        ([("bob", BOB), ("bob", CAROL)], False),
        ([("carol", CAROL)], False),
        ([("home", BOB), ("carol", CAROL)], False),
    ],
    ids=str,
)
def test_a_conversation_is_an_agents_own_if_no_terminal_that_may_show_it_has_another_key(
    start: Start, folders: dict[str, Path], terminals: list[tuple[str, str | None]], own: bool
) -> None:
    """Of the one in bob's folder. Those elsewhere may show it if none is there."""
    for folder, key in terminals:
        start(folder, key)
    assert is_own(folders["home"], BOB, folders["bob"]) is own


RUNS = "import subprocess, sys; sys.exit(subprocess.call(sys.argv[1].split('|')))"


@pytest.fixture
def hook(live: LiveServer, stand_in: str, folders: dict[str, Path], tmp_path: Path) -> Callable[..., str]:
    """Runs our hook as a Codex does that has bob's key, in one of the folders; what it says."""
    live.register("owner")
    key = live.register("bob")

    def hook(folder: str, event: str, *words: str) -> str:
        command = [sys.executable, "-m", "teammcp", "hook", "codex", "--url", live.url]
        done = subprocess.run(
            [stand_in, "-c", RUNS, "|".join(command), *words],
            env={"CODEX_HOME": str(folders["home"]), "HOME": str(tmp_path), "TEAMMCP_KEY": key, "NO_PROXY": "*"},
            input=json.dumps({"hook_event_name": event, "session_id": "1", "cwd": str(folders[folder])}),
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        return done.stdout

    hook.key = key  # type: ignore[attr-defined]
    return hook


def test_a_hook_of_a_conversation_that_may_be_another_agents_takes_no_message(
    live: LiveServer, hook: Any, start: Start
) -> None:
    with live.client(live.register("ann")) as ann:
        sent = ann.post("/api/send-dm", json={"recipient": "bob", "content": "Look at this."}).json()["id"]

        def is_handed() -> bool:
            [receipt] = ann.get(f"/api/messages/{sent}/receipt").json()["recipients"]
            return receipt["offered_at"] is not None

        start("bob", hook.key)
        start("carol", CAROL)
        told = hook("carol", "SessionStart", *DAEMON)
        assert "may act as another agent" in json.loads(told)["systemMessage"]
        assert hook("carol", "UserPromptSubmit", *DAEMON) == ""
        assert not is_handed()
        assert "Look at this." in hook("bob", "UserPromptSubmit", *DAEMON)
        assert is_handed()


def test_a_terminal_that_runs_all_itself_has_the_key_it_was_given(live: LiveServer, hook: Any, start: Start) -> None:
    start("carol", CAROL)
    assert "You are bob" in hook("carol", "SessionStart")


@pytest.mark.parametrize(
    ("daemons", "others", "says", "wrong"),
    [
        (None, [], None, False),
        (BOB, [("bob", BOB)], "has this agent's key.", False),
        (BOB, [("bob", BOB), ("carol", CAROL)], "serves a terminal with another or none, in", True),
        (BOB, [("carol", CAROL), ("carol", None)], "serves 2 terminals with another or none, in", True),
        (CAROL, [("bob", BOB)], "was started with another key", True),
        (None, [("bob", BOB)], None, False),
        ("", [], "was started with no key", True),
    ],
    ids=str,
)
def test_the_doctor_finds_a_daemon_that_several_agents_share(
    start: Start,
    folders: dict[str, Path],
    monkeypatch: pytest.MonkeyPatch,
    daemons: str | None,
    others: list[tuple[str, str | None]],
    says: str | None,
    wrong: bool,
) -> None:
    monkeypatch.setenv("CODEX_HOME", str(folders["home"]))
    if daemons is not None:
        start("bob", daemons, *DAEMON)
    for folder, key in others:
        start(folder, key)
    member = Member("bob", "codex", "http://127.0.0.1:3100", folders["bob"], folders["home"])
    found = [*check_daemon(member, BOB)]
    assert [*check_daemon(replace(member, client="claude"), BOB), *check_daemon(member, None)] == []
    if says is None:
        assert found == []
        return
    [finding] = found
    assert says in finding.what
    assert ("CODEX_HOME" in finding.remedy) is wrong
    assert "tmcp_" not in f"{finding}"
