"""The real Claude Code, idle at its prompt in a terminal of the test: a message starts its turn, and the receipt is true.

What counts is what the model's request carried; the model answers from a script.
"""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.fake_models import AnthropicModel
from tests.acceptance.npm_tools import CLAUDE
from tests.acceptance.terminals import ENTER, ESC, Terminal, until
from tests.acceptance.test_join import Desk
from tests.live import LiveServer

pytestmark = [pytest.mark.acceptance, pytest.mark.real_cli]

KEY = "sk-ant-api03-scripted-scripted-scripted"


class Model(AnthropicModel):
    """Does as it is told, and keeps what it was asked.

    Attributes:
        fails: whether its next answers are errors.
        held: whether it may answer.
    """

    def __init__(self) -> None:
        super().__init__()
        self.held = threading.Event()
        self.held.set()

    def _answer(self, body: dict[str, Any]) -> Iterator[bytes]:
        if body.get("tools"):
            self.requests.append(body)
            self.held.wait(60)
            self.requests.pop()
        yield from super()._answer(body)

    def count(self, text: str) -> int:
        """How many turns were begun with a text, of those requests that want an answer."""
        return sum(text in json.dumps(each["messages"], ensure_ascii=False) for each in self.questions)

    @property
    def questions(self) -> list[dict[str, Any]]:
        return [body for body in list(self.requests) if body.get("tools")]


@pytest.fixture
def desk(live: LiveServer, tmp_path: Path) -> Desk:
    """Bob, who has joined with Claude Code, and alice, who writes to him."""
    live.register("owner")
    desk = Desk(live, tmp_path / "home", tmp_path / "project", live.register("alice"))
    (desk.home / ".claude").mkdir(parents=True)
    desk.project.mkdir()
    subprocess.run(["git", "init", "-q", desk.project], check=True)  # elsewhere it asks about the server each time
    project = {str(desk.project): {"hasTrustDialogAccepted": True, "allowedTools": []}}
    accepted = {"approved": [KEY[-20:]], "rejected": []}
    settings = {"hasCompletedOnboarding": True, "theme": "dark", "projects": project, "customApiKeyResponses": accepted}
    (desk.home / ".claude.json").write_text(json.dumps(settings), "utf-8")
    desk.join("claude")
    return desk


@contextmanager
def claude(desk: Desk, model: Model, *options: str, **more: str) -> Iterator[Terminal]:
    """Claude Code at its prompt, begun and woken."""
    environment = desk.environment(
        ANTHROPIC_BASE_URL=model.url,
        ANTHROPIC_API_KEY=KEY,
        CLAUDE_CODE_MAX_RETRIES="0",
        DISABLE_AUTOUPDATER="1",
        TEAMMCP_KEY=desk.bob,
        TMPDIR=str(desk.home),
        **more,
    )
    command = [str(CLAUDE.path()), "--permission-mode", "default", *options]
    with Terminal(command, environment, desk.project) as terminal:
        terminal.shows("❯")
        until(lambda: ways(desk), what="a helper")
        yield terminal


def wakes(desk: Desk) -> dict[str, Any]:
    with desk.live.client(desk.bob) as bob:
        found: dict[str, Any] = bob.get("/api/wakes/bob").json()
    return found


def ways(desk: Desk) -> list[str]:
    found: list[str] = wakes(desk)["ways"]
    return found


def status(desk: Desk) -> str:
    with desk.live.client(desk.alice) as alice:
        found: str = alice.get("/api/agents/bob").json()["status"]
    return found


def woken(desk: Desk, model: Model, text: str) -> None:
    """A message has begun a turn, once, and its sender sees that it was offered by the hook that brought it."""
    message = desk.write_to_bob(text)
    until(lambda: model.count(text), what="a request with the message")
    until(lambda: desk.receipt(message)["offered_at"], what="the receipt")
    assert desk.receipt(message)["offered_by"] == "hook"
    [question] = [each for each in model.questions if text in json.dumps(each["messages"])][:1]
    assert json.dumps(question["messages"]).count(text) == 1


def test_a_message_wakes_it_at_its_prompt(desk: Desk) -> None:
    with Model() as model, claude(desk, model) as terminal:
        assert ways(desk) == ["inbox_socket"]
        assert model.questions == [], "nothing is asked of a model while nothing comes"
        woken(desk, model, "Good morning.")
        terminal.shows("❯")
        until(lambda: status(desk) == "idle", what="the end of the turn")
        woken(desk, model, "And again.")
