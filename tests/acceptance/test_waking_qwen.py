"""The real Qwen Code in a terminal of the test: a message that comes while it is idle begins a turn.

What counts is what the model's request carried; the model answers from a script.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.acceptance.desks import Desk
from tests.acceptance.npm_tools import QWEN_WITH_SOCKET
from tests.acceptance.terminals import ENTER, ESC, Terminal, until
from tests.acceptance.waking import TURN_SECONDS, ChatWorker, prompt, status, ways
from tests.live import LiveServer

pytestmark = [pytest.mark.acceptance, pytest.mark.real_cli, pytest.mark.timeout(300)]

START_SECONDS = 90
EMPTY = "Type your message"
SHELL = ("run_shell_command", {"description": "work", "is_background": False})


@pytest.fixture
def desk(live: LiveServer, tmp_path: Path) -> Desk:
    live.register("owner")
    desk = Desk(live, tmp_path / "home", tmp_path / "project", live.register("alice"))
    (desk.home / ".qwen").mkdir(parents=True)
    desk.make_project()
    settings = {
        "security": {"auth": {"selectedType": "openai"}},
        "tools": {"approvalMode": "default"},
        "permissions": {"allow": ["run_shell_command(true)"]},
        "ui": {"enableFollowupSuggestions": False},
    }
    (desk.home / ".qwen" / "settings.json").write_text(json.dumps(settings), "utf-8")
    desk.join("qwen")
    return desk


@contextmanager
def qwen(desk: Desk, model: ChatWorker) -> Iterator[Terminal]:
    """It, at its prompt and with its helper; no prompt was given yet."""
    program = QWEN_WITH_SOCKET.path()
    environment = desk.environment(
        OPENAI_API_KEY="scripted",
        OPENAI_BASE_URL=f"{model.url}/v1",
        OPENAI_MODEL="scripted",
        TEAMMCP_KEY=desk.bob,
        TMPDIR=str(desk.home),
    )
    environment["PATH"] = f"{program.parent}:{environment['PATH']}"  # its own Node.js
    with Terminal([str(program)], environment, desk.project) as terminal:
        terminal.shows("Approve this server", START_SECONDS)  # that the project names: once
        terminal.type(ENTER)
        terminal.shows(EMPTY)
        until(lambda: ways(desk) == ["qwen_socket"], what="its helper's wait")
        yield terminal


def woken(desk: Desk, model: ChatWorker, text: str) -> None:
    """A message begins a turn, whose request has it once, and only then its receipt says so."""
    model.may.clear()
    message = desk.write_to_bob(text)
    until(lambda: model.has_seen(text), what="a request with the message")
    [question] = [each for each in model.questions if text in each][:1]
    assert question.count(text) == 1
    assert f"[wake {message}-1]" in question
    model.may.set()
    until(lambda: desk.receipt(message)["offered_at"], what="the receipt")
    assert desk.receipt(message)["offered_by"] == "wake"
    until(lambda: status(desk) == "idle", what="the end of the turn")


def test_it_is_woken_from_the_first_moment_on_and_keeps_what_its_user_has_typed(desk: Desk) -> None:
    with ChatWorker(SHELL) as model, qwen(desk, model) as terminal:
        assert model.questions == [], "nothing is asked of a model while nothing comes"
        terminal.type("half a thou")
        terminal.shows("half a thou")
        woken(desk, model, "The build is broken.")
        terminal.shows("half a thou")
        assert not model.has_seen("half a thou")
        terminal.type("\x15/clear")  # the line is emptied first
        terminal.shows("/clear")
        terminal.type(ENTER)
        terminal.shows(EMPTY)
        woken(desk, model, "It is still broken.")
        assert not model.questions[-1].count("The build is broken."), "this is another session"
        terminal.end()
        until(lambda: status(desk) == "away", what="its end")


@pytest.mark.sweep
def test_one_at_work_hears_by_its_tools_and_one_that_was_stopped_is_not_deaf(desk: Desk) -> None:
    with ChatWorker(SHELL, work="true") as model, qwen(desk, model) as terminal:
        model.may.clear()
        prompt(terminal, model, "work")
        message = desk.write_to_bob("Hear me.")
        model.may.set()
        until(lambda: model.has_seen("Hear me."), TURN_SECONDS, "a request with the message")
        until(lambda: desk.receipt(message)["offered_at"], what="the receipt")
        assert desk.receipt(message)["offered_by"] == "hook"
        assert not model.has_seen("[wake"), "its tools brought it"
        until(lambda: status(desk) == "idle", what="the end of the turn")
        model.may.clear()
        prompt(terminal, model, "think for long")
        terminal.type(ESC)
        until(lambda: status(desk) == "idle", what="the broken turn's end")
        model.may.set()
        woken(desk, model, "And now?")
