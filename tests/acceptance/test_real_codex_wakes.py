"""The real Codex at its prompt is woken by a message: with its daemon, and where its terminal runs all itself."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from tests.acceptance.codex_at_prompt import ALONE, Model, at_its_prompt, begin, end_all_of, enter, set_up, way
from tests.acceptance.desks import Desk
from tests.acceptance.npm_tools import CODEX
from tests.acceptance.terminals import ESC, until
from tests.acceptance.test_join import desk as desk
from tests.acceptance.waking import status, ways

pytestmark = [pytest.mark.acceptance, pytest.mark.real_cli]

POLLS = 12.0
"""Seconds within which a Codex without a daemon looks into its queue."""
STANDSTILL = 3.0
"""Seconds in which a message that rings somebody would have arrived."""
BOTH = pytest.mark.parametrize("options", [(), ALONE], ids=["daemon", "alone"])


@pytest.fixture
def model() -> Iterator[Model]:
    with Model() as model:
        yield model


@pytest.fixture
def codex(desk: Desk, model: Model) -> Iterator[Callable[..., Any]]:
    """Opens the terminal of a Codex that has joined; what it leaves running ends with the test."""
    set_up(desk, model)
    yield partial(at_its_prompt, desk)
    end_all_of(desk.home)


@BOTH
def test_a_message_starts_a_turn_of_an_idle_codex(
    desk: Desk, model: Model, codex: Callable[..., Any], options: tuple[str, ...]
) -> None:
    with codex(*options) as terminal:
        begin(desk, terminal, way(options))
        before = len(model.asked())
        terminal.type("half a thought")
        terminal.shows("half a thought")
        message = desk.write_to_bob("The build is broken.")
        until(lambda: len(model.asked()) > before, POLLS + 10, "the model's request")
        question = model.asked()[before]
        assert f"[wake {message}-1]" in question
        assert "The build is broken." in question
        receipt = desk.receipt(message)
        assert receipt["offered_by"] == "hook"
        until(lambda: status(desk) == "idle", what="the end of the turn")
        time.sleep(STANDSTILL)
        assert len(model.asked()) == before + 1, "one message is one turn"
        terminal.shows("half a thought")  # what a person types is left alone


@pytest.mark.sweep
@BOTH
def test_a_busy_codex_is_not_rung_since_its_hooks_bring_the_message(
    desk: Desk, model: Model, codex: Callable[..., Any], options: tuple[str, ...]
) -> None:
    with codex(*options) as terminal:
        begin(desk, terminal, way(options))
        enter(terminal, "|!sleep 4")
        until(lambda: status(desk) == "busy", what="a turn")
        desk.write_to_bob("Look at this.")
        until(lambda: "Look at this." in model.asked()[-1], what="the message")
        until(lambda: status(desk) == "idle", what="the end of the turn")
        assert "[wake" not in "".join(model.asked())


@pytest.mark.sweep
def test_after_esc_it_is_woken(desk: Desk, model: Model, codex: Callable[..., Any]) -> None:
    with codex() as terminal:
        begin(desk, terminal, "codex_daemon")
        enter(terminal, "|!sleep 60")
        until(lambda: status(desk) == "busy", what="a turn")
        terminal.shows("esc to interrupt")
        terminal.type(ESC)
        terminal.shows("interrupted")
        message = desk.write_to_bob("Look at this.")
        until(lambda: f"[wake {message}-1]" in model.asked()[-1], what="the message")
        assert "Look at this." in model.asked()[-1]


@pytest.mark.sweep
@BOTH
def test_after_an_error_of_the_model_it_is_woken(
    desk: Desk, model: Model, codex: Callable[..., Any], options: tuple[str, ...]
) -> None:
    with codex(*options) as terminal:
        begin(desk, terminal, way(options))
        enter(terminal, "|!say fail")
        terminal.shows("not well")
        message = desk.write_to_bob("Look at this.")
        until(lambda: f"[wake {message}-1]" in model.asked()[-1], POLLS + 30, "the message")
        assert "Look at this." in model.asked()[-1]


@pytest.mark.sweep
@BOTH
def test_after_quit_nothing_runs_unseen(
    desk: Desk, model: Model, codex: Callable[..., Any], options: tuple[str, ...]
) -> None:
    with codex(*options) as terminal:
        begin(desk, terminal, way(options))
        before = len(model.asked())
        enter(terminal, "/quit")
        until(lambda: ways(desk) == [], what="the helper's end")
        until(lambda: status(desk) == "away", what="its absence")
        message = desk.write_to_bob("Are you there?")
        time.sleep(STANDSTILL)
        assert len(model.asked()) == before
        assert desk.receipt(message)["offered_at"] is None


@pytest.mark.sweep
def test_the_conversation_that_was_begun_last_is_rung(desk: Desk, model: Model, codex: Callable[..., Any]) -> None:
    with codex() as terminal:
        begin(desk, terminal, "codex_daemon")
        enter(terminal, "/new")
        time.sleep(1)
        enter(terminal, "|!say another")
        until(lambda: "|!say another" in model.asked()[-1], what="a turn of the new conversation")
        until(lambda: status(desk) == "idle", what="its end")
        time.sleep(STANDSTILL)
        before = len(model.asked())
        message = desk.write_to_bob("Look at this.")
        until(lambda: len(model.asked()) > before, what="the message")
        question = model.asked()[-1]
        assert f"[wake {message}-1]" in question
        assert "|!say another" in question
        assert "|!say ready" not in question


@pytest.mark.sweep
def test_a_second_agent_at_the_same_daemon_is_not_taken_for_the_first(
    desk: Desk, model: Model, codex: Callable[..., Any]
) -> None:
    other, carol = desk.home.parent / "other", desk.live.register("carol")
    other.mkdir()
    with (desk.home / ".codex" / "config.toml").open("a") as config:
        config.write(f'[projects."{other}"]\ntrust_level = "trusted"\n')

    def doctor(key: str) -> str:
        return desk.run("teammcp", "doctor", "--client", "codex", "--dir", str(desk.project), TEAMMCP_KEY=key).stdout

    with codex() as terminal:
        begin(desk, terminal, "codex_daemon")
        assert "has this agent's key." in doctor(desk.bob)
        with at_its_prompt(replace(desk, bob=carol), "-C", str(other)) as second:
            enter(second, "|!say another")
            second.shows("Worked for")
            assert "may act as another agent" in model.asked()[-1]
            assert f"serves a terminal with another or none, in {other}" in doctor(desk.bob)
            assert "was started with another key" in doctor(carol)
            before = len(model.asked())
            desk.write_to_bob("Look at this.")
            until(lambda: len(model.asked()) > before, what="the message")
            assert "|!say ready" in model.asked()[-1], "it comes to the agent that it was written to"
            until(lambda: status(desk) == "idle", what="the end of the turn")
            enter(second, "|!say more")
            until(lambda: "|!say more" in model.asked()[-1], what="a turn of the second agent")
            assert "Look at this." not in model.asked()[-1]
    stopped = desk.run(str(CODEX.path()), "app-server", "daemon", "stop", MODEL_KEY="scripted")
    assert stopped.returncode == 0, stopped.stderr
    assert "daemon:" not in doctor(carol), "it does what the doctor says"


@pytest.mark.sweep
def test_codex_exec_is_never_rung(desk: Desk, model: Model, codex: Callable[..., Any]) -> None:
    seen: list[list[str]] = []

    def run() -> None:
        desk.run(
            *(str(CODEX.path()), "exec", "--json", "--skip-git-repo-check", *ALONE, "|!sleep 3"),
            MODEL_KEY="scripted",
            TEAMMCP_KEY=desk.bob,
        )

    running = threading.Thread(target=run)
    running.start()
    while running.is_alive():
        seen.append(ways(desk))
        time.sleep(0.2)
    assert len(seen) > 5
    assert not any(seen)


@pytest.mark.sweep
def test_the_doctor_sees_whether_codex_runs_our_hooks_and_rings_it(
    desk: Desk, model: Model, codex: Callable[..., Any]
) -> None:
    def doctor(*options: str) -> str:
        path = os.pathsep.join([str(CODEX.path().parent), desk.environment()["PATH"]])
        return desk.run("teammcp", "doctor", "--client", "codex", "--name", "bob", *options, PATH=path).stdout

    assert "nobody has trusted them" in doctor()
    with codex() as terminal:
        begin(desk, terminal, "codex_daemon")
        before = len(model.asked())
        said = doctor("--ring")
        assert "hooks: Codex runs ours, at 6 events" in said, said
        assert "the program has taken it up" in said, said
        assert len(model.asked()) == before + 1, "it costs one request, as it says"
