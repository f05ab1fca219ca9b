"""The real opencode in a terminal of the test: its plugin brings messages into its turns, and wakes it at its prompt.

What counts is what the model's request carried; the model answers from a script.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.acceptance.desks import Desk
from tests.acceptance.npm_tools import OPENCODE
from tests.acceptance.terminals import ESC, Terminal, until
from tests.acceptance.waking import TURN_SECONDS, ChatWorker, prompt, status, ways
from tests.live import LiveServer

pytestmark = [pytest.mark.acceptance, pytest.mark.real_cli, pytest.mark.timeout(300)]

START_SECONDS = 120
"""Of the first start in a new home, which fills it."""
BASH = ("bash", {"description": "work"})
EMPTY = "Ask anything"
"""On its screen when it has begun."""


@pytest.fixture
def desk(live: LiveServer, tmp_path: Path) -> Desk:
    live.register("owner")
    desk = Desk(live, tmp_path / "home", tmp_path / "project", live.register("alice"))
    desk.home.mkdir()
    desk.make_project()
    return desk


@contextmanager
def opencode(desk: Desk, model: ChatWorker) -> Iterator[Terminal]:
    """It, joined and after its user's first prompt."""
    provider = {
        "npm": "@ai-sdk/openai-compatible",
        "options": {"baseURL": f"{model.url}/v1", "apiKey": "scripted"},
        "models": {"scripted": {}},
    }
    settings = {
        "model": "own/scripted",
        "small_model": "own/scripted",
        "provider": {"own": provider},
        "permission": {"bash": {"*": "allow", "rm *": "ask"}},
        "autoupdate": False,
    }
    (desk.project / "opencode.json").write_text(json.dumps(settings), "utf-8")
    desk.join("opencode")
    with Terminal([str(OPENCODE.path())], desk.environment(TEAMMCP_KEY=desk.bob), desk.project) as terminal:
        terminal.shows(EMPTY, START_SECONDS)
        prompt(terminal, model, "good morning")
        until(lambda: status(desk) == "idle", TURN_SECONDS, "the end of its first turn")
        until(lambda: ways(desk), what="its plugin's wait")
        yield terminal


def woken(desk: Desk, model: ChatWorker, text: str) -> None:
    """A message begins a turn, whose request has it once, and its receipt says so."""
    message = desk.write_to_bob(text)
    until(lambda: model.has_seen(text), what="a request with the message")
    [question] = [each for each in model.questions if text in each][:1]
    assert question.count(text) == 1
    assert f"[wake {message}-1]" in question
    until(lambda: desk.receipt(message)["offered_at"], what="the receipt")
    assert desk.receipt(message)["offered_by"] == "hook"
    until(lambda: status(desk) == "idle", what="the end of the turn")


def test_it_is_briefed_and_woken_and_keeps_what_its_user_has_typed(desk: Desk) -> None:
    with ChatWorker(BASH) as model, opencode(desk, model) as terminal:
        assert "You are bob in the team 'default'" in model.questions[0]
        asked = len(model.questions)
        terminal.type("half a thou")
        terminal.shows("half a thou")
        woken(desk, model, "The build is broken.")
        woken(desk, model, "It is still broken.")
        terminal.shows("half a thou")
        assert not model.has_seen("half a thou")
        assert len(model.questions) == asked + 2, "one request for each message"
        for _ in range(2):
            terminal.type("\x03")  # the first one empties the line
        until(lambda: status(desk) == "away", what="its end")


@pytest.mark.sweep
def test_one_at_work_hears_by_its_tools_and_one_that_was_stopped_is_not_deaf(desk: Desk) -> None:
    with ChatWorker(BASH, work="true") as model, opencode(desk, model) as terminal:
        model.may.clear()
        prompt(terminal, model, "work")
        message = desk.write_to_bob("Hear me.")
        model.may.set()
        until(lambda: model.has_seen("Hear me."), what="a request with the message")
        until(lambda: desk.receipt(message)["offered_at"], what="the receipt")
        assert not model.has_seen("[wake"), "its tools brought it"
        until(lambda: status(desk) == "idle", what="the end of the turn")
        model.may.clear()
        prompt(terminal, model, "think for long")
        for _ in range(2):
            terminal.type(ESC)
            terminal.shows("again")
        until(lambda: status(desk) == "idle", what="the broken turn's end")
        model.may.set()
        woken(desk, model, "And now?")


@pytest.mark.sweep
def test_no_dialog_is_answered_and_the_message_comes_after_it(desk: Desk) -> None:
    kept = desk.project / "kept"
    kept.touch()
    with ChatWorker(BASH, clean="rm kept") as model, opencode(desk, model) as terminal:
        prompt(terminal, model, "clean")
        terminal.shows("Permission required")
        until(lambda: status(desk) == "waiting", what="that it waits for a permission")
        message = desk.write_to_bob("Stop that.")
        with pytest.raises(AssertionError):
            until(lambda: model.has_seen("Stop that."), 3)
        terminal.shows("Permission required")
        terminal.type(ESC)  # its user refuses
        until(lambda: model.has_seen("Stop that."), what="a request with the message")
        until(lambda: desk.receipt(message)["offered_at"], what="the receipt")
        assert kept.exists()
