"""The real Claude Code at its prompt in a terminal: its settings, its start, and a model that notes all questions."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tests.acceptance.desks import Desk
from tests.acceptance.fake_models import AnthropicModel
from tests.acceptance.npm_tools import CLAUDE
from tests.acceptance.terminals import Terminal, until

KEY = "sk-ant-api03-scripted-scripted-scripted"
INBOX, REWAKE = "inbox_socket", "rewake"


class Model(AnthropicModel):
    """Does as the last prompt with orders says; notes each question when it comes.

    Attributes:
        questions: what it was asked, of all that wants an answer.
        failing: set while it answers with errors.
    """

    def __init__(self) -> None:
        super().__init__()
        self.questions: list[str] = []
        self.failing = threading.Event()

    def _answer(self, body: dict[str, Any]) -> Iterator[bytes]:
        if body.get("tools"):
            self.questions.append(json.dumps(body["messages"], ensure_ascii=False))
        if self.failing.is_set():
            error = {"type": "error", "error": {"type": "api_error", "message": "scripted"}}
            yield f"event: error\ndata: {json.dumps(error)}\n\n".encode()
            return
        yield from super()._answer(body)

    def carried(self, text: str) -> int:
        """How many questions carried a text."""
        return sum(text in question for question in self.questions)


class Office(Desk):
    """Bob's place, with Claude Code set up as a person leaves it who has used it before."""

    more: Mapping[str, str] = {}

    def set_up(self, way: str = INBOX) -> None:
        """Join. For the other way the hooks see no inbox, as in a session that has none."""
        (self.home / ".claude").mkdir(parents=True)
        self.make_project()  # Claude Code keeps trust for the folder with a .git
        if way == REWAKE:
            prefix = self.home / "without-inbox"
            prefix.write_text('#!/bin/sh\nunset CLAUDE_CODE_MESSAGING_SOCKET\nexec /bin/sh -c "$1"\n', "utf-8")
            prefix.chmod(0o755)
            self.more = {"CLAUDE_CODE_SHELL_PREFIX": str(prefix)}
        project = {str(self.project): {"hasTrustDialogAccepted": True, "allowedTools": []}}
        accepted = {"approved": [KEY[-20:]], "rejected": []}
        settings = {"hasCompletedOnboarding": True, "theme": "dark"}
        settings |= {"projects": project, "customApiKeyResponses": accepted}
        (self.home / ".claude.json").write_text(json.dumps(settings), "utf-8")
        self.join("claude")

    @contextmanager
    def claude_at_its_prompt(self, model: Model, *options: str) -> Iterator[Terminal]:
        """It waits for a prompt, and its helper for messages."""
        with self.claude_in_a_terminal(model, *options) as terminal:
            terminal.shows("❯")
            until(lambda: self.ways, what="a helper")
            yield terminal

    def claude_in_a_terminal(self, model: Model, *options: str) -> Terminal:
        """It begins, with whatever it asks first."""
        environment = self.environment(
            ANTHROPIC_BASE_URL=model.url,
            ANTHROPIC_API_KEY=KEY,
            CLAUDE_CODE_MAX_RETRIES="0",
            DISABLE_AUTOUPDATER="1",
            TEAMMCP_KEY=self.bob,
            TMPDIR=str(self.home),
            **self.more,
        )
        command = [str(CLAUDE.path()), "--permission-mode", "default", *options]
        return Terminal(command, environment, self.project)

    def of_bob(self, path: str) -> dict[str, Any]:
        with self.live.client(self.bob) as bob:
            found: dict[str, Any] = bob.get(path).json()
        return found

    @property
    def ways(self) -> list[str]:
        found: list[str] = self.of_bob("/api/wakes/bob")["ways"]
        return found

    @property
    def rings(self) -> list[str]:
        """The messages for which bob was rung, in order."""
        with self.live.client(self.bob) as bob:
            found = bob.post("/api/call/sync", json={"since": 0, "kinds": ["wake.rung"]}).json()
        return [event["data"]["number"] for event in found["events"]]

    def becomes(self, status: str) -> None:
        until(lambda: self.of_bob("/api/agents/bob")["status"] == status, what=f"bob {status}")

    def sends_and_wakes(self, model: Model, text: str) -> None:
        """A message begins a turn whose first question carries it, once; then its sender sees that it was offered."""
        message = self.write_to_bob(text)
        until(lambda: model.carried(text), what="a question with the message")
        until(lambda: self.receipt(message)["offered_at"], what="the receipt")
        assert self.receipt(message)["offered_by"] == "hook"
        first = next(question for question in model.questions if text in question)
        assert first.count(text) == 1
