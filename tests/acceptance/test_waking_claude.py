"""The real Claude Code at its prompt in a terminal of the test: a message starts its turn, and the receipt is true.

What counts is what the model's request carried; the model does as the prompt says.
"""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Iterator, Mapping
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
INBOX, REWAKE = "inbox_socket", "rewake"
BOTH_WAYS = pytest.mark.parametrize("way", [INBOX, REWAKE])
EACH_WAY = pytest.mark.parametrize("way", [INBOX, pytest.param(REWAKE, marks=pytest.mark.sweep)])
"""Both, of which the sweep tries the second."""


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
        self.project.mkdir()
        subprocess.run(["git", "init", "-q", self.project], check=True)  # elsewhere it asks about the server each time
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
        with Terminal(command, environment, self.project) as terminal:
            terminal.shows("❯")
            until(lambda: self.ways, what="a helper")
            yield terminal

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
        with self.live.client(self.alice) as alice:
            found = alice.post("/api/call/sync", json={"since": 0, "kinds": ["wake.rung"]}).json()
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


@pytest.fixture
def office(live: LiveServer, tmp_path: Path) -> Office:
    live.register("owner")
    return Office(live, tmp_path / "home", tmp_path / "project", live.register("alice"))


def prompt(terminal: Terminal, model: Model, *lines: str) -> None:
    """Give a prompt of several lines, which goes to the model."""
    before = len(model.questions)
    terminal.paste("\n".join(["Please:", *lines]))
    terminal.shows(lines[-1])
    terminal.type(ENTER)
    until(lambda: len(model.questions) > before, what="the question")


@BOTH_WAYS
def test_a_message_begins_a_turn_at_the_prompt_and_leaves_a_half_typed_line(office: Office, way: str) -> None:
    office.set_up(way)
    with Model() as model, office.claude_at_its_prompt(model) as terminal:
        assert office.ways == [way]
        terminal.type("a line of mine")
        terminal.shows("a line of mine")
        assert model.questions == [], "nothing is asked of a model while nothing comes"
        office.sends_and_wakes(model, "Good morning.")
        office.becomes("idle")
        office.sends_and_wakes(model, "And once more.")
        office.becomes("idle")
        until(lambda: "❯ a line of mine" in terminal.screen.replace("\xa0", " "), what="the line")
        assert not any("a line of mine" in question for question in model.questions)
        assert len(office.rings) == 2


@pytest.mark.sweep
@BOTH_WAYS
def test_what_waits_when_it_is_begun_begins_its_first_turn(office: Office, way: str) -> None:
    office.set_up(way)
    message = office.write_to_bob("Good morning.")
    with Model() as model, office.claude_at_its_prompt(model):
        until(lambda: model.carried("Good morning."), what="a question with the message")
        until(lambda: office.receipt(message)["offered_at"], what="the receipt")
        assert len(office.rings) == 1


@EACH_WAY
def test_one_that_is_at_work_is_not_rung_and_hears_by_its_hooks(office: Office, way: str) -> None:
    office.set_up(way)
    with Model() as model, office.claude_at_its_prompt(model, "--allowedTools", "Bash") as terminal:
        prompt(terminal, model, '!call Bash {"command": "sleep 4", "description": "work"}', "!say done")
        office.becomes("busy")
        message = office.write_to_bob("By the way.")
        until(lambda: model.carried("By the way."), what="a question with the message")
        assert office.receipt(message)["handed_over_by"] == "hook"
        office.becomes("idle")
        assert office.rings == []
        assert office.ways == [way], "a helper is there after the turn"
        office.sends_and_wakes(model, "And at rest.")


@BOTH_WAYS
def test_a_turn_that_a_person_breaks_off_leaves_nobody_deaf(office: Office, way: str) -> None:
    office.set_up(way)
    with Model() as model, office.claude_at_its_prompt(model) as terminal:
        prompt(terminal, model, "!sleep 60", "!say done")
        office.becomes("busy")
        terminal.type(ESC)
        office.becomes("idle")
        office.sends_and_wakes(model, "Are you there?")


@pytest.mark.sweep
@BOTH_WAYS
def test_a_turn_that_fails_leaves_nobody_deaf(office: Office, way: str) -> None:
    office.set_up(way)
    with Model() as model, office.claude_at_its_prompt(model) as terminal:
        model.failing.set()
        prompt(terminal, model, "!say done")
        office.becomes("blocked")
        model.failing.clear()
        office.sends_and_wakes(model, "Are you there?")


@pytest.mark.sweep
@BOTH_WAYS
def test_a_conversation_that_is_begun_anew_is_woken_by_one_helper(office: Office, way: str) -> None:
    office.set_up(way)
    with Model() as model, office.claude_at_its_prompt(model) as terminal:
        prompt(terminal, model, "!say first words")
        terminal.shows("first words")
        office.becomes("idle")
        before = session_of(office)
        terminal.type("/clear")
        terminal.shows("/clear")
        terminal.type(ENTER)
        until(lambda: session_of(office) != before, what="another conversation")
        office.sends_and_wakes(model, "Good morning.")
        office.becomes("idle")
        assert "first words" not in model.questions[-1]
        assert len(office.rings) == 1
        office.sends_and_wakes(model, "And once more.")


def session_of(office: Office) -> str:
    [record] = [each for each in (office.home / ".claude" / "sessions").glob("*.json") if each.stem.isdecimal()]
    found: str = json.loads(record.read_text("utf-8"))["sessionId"]
    return found


@EACH_WAY
def test_a_dialog_is_answered_by_nobody_but_a_person(office: Office, way: str) -> None:
    office.set_up(way)
    with Model() as model, office.claude_at_its_prompt(model) as terminal:
        prompt(terminal, model, '!call Bash {"command": "touch made", "description": "make"}', "!say done")
        terminal.shows("Do you want to proceed?")
        office.becomes("waiting")
        message = office.write_to_bob("Are you there?")
        terminal.keeps("Do you want to proceed?", 3)
        assert office.receipt(message)["offered_at"] is None
        assert office.rings == []
        terminal.type(ESC)
        office.becomes("idle")
        until(lambda: model.carried("Are you there?"), what="a question with the message")
        until(lambda: office.receipt(message)["offered_at"], what="the receipt")
        assert not (office.project / "made").exists()


@EACH_WAY
def test_who_is_killed_is_away_within_seconds_and_nothing_is_taken_for_it(office: Office, way: str) -> None:
    office.set_up(way)
    with Model() as model, office.claude_at_its_prompt(model) as terminal:
        terminal.end(9)
        until(lambda: not office.ways, 5, "the end of the helper")
        office.becomes("away")
        message = office.write_to_bob("Are you there?")
        assert office.receipt(message)["handed_over_at"] is None
        assert model.questions == []


@pytest.mark.sweep
def test_a_session_that_is_gone_on_with_is_woken_again(office: Office) -> None:
    office.set_up()
    with Model() as model:
        with office.claude_at_its_prompt(model) as terminal:
            prompt(terminal, model, "!say first words")
            terminal.shows("first words")
            office.becomes("idle")
            terminal.type("/exit")
            terminal.shows("/exit")
            terminal.type(ENTER)
            until(lambda: not office.ways, 10, "the end of the helper")
        with office.claude_at_its_prompt(model, "--continue"):
            office.sends_and_wakes(model, "Good morning.")
        assert "first words" in model.questions[-1]


@pytest.mark.sweep
def test_one_that_bypasses_permissions_takes_the_line_of_its_own_helper(office: Office) -> None:
    office.set_up()
    settings = office.home / ".claude" / "settings.json"
    settings.write_text('{"skipDangerousModePermissionPrompt": true}', "utf-8")
    office.more = {"IS_SANDBOX": "1"}  # it would refuse this to the superuser
    with Model() as model, office.claude_at_its_prompt(model, "--permission-mode", "bypassPermissions") as terminal:
        office.sends_and_wakes(model, "Good morning.")
        assert "Held" not in terminal.screen


@pytest.mark.sweep
def test_a_bridge_that_it_has_started_wakes_it_where_no_hook_does(office: Office) -> None:
    office.set_up()
    settings = office.project / ".claude" / "settings.local.json"
    found = json.loads(settings.read_text("utf-8"))
    found["hooks"] = {
        event: [each for each in groups if "wake" not in str(each)] for event, groups in found["hooks"].items()
    }
    settings.write_text(json.dumps(found), "utf-8")
    entry = {"type": "stdio", "command": "teammcp", "args": ["connect", "--url", office.live.url]}
    (office.project / ".mcp.json").write_text(json.dumps({"mcpServers": {"teammcp": entry}}), "utf-8")
    with Model() as model, office.claude_at_its_prompt(model) as terminal:
        office.sends_and_wakes(model, "Good morning.")
        office.becomes("idle")
        terminal.end(15)
        until(lambda: not office.ways, what="the end of the bridge")
        office.becomes("away")


@pytest.mark.sweep
def test_settings_that_refuse_lines_are_named_to_the_sender(office: Office) -> None:
    office.set_up()
    (office.home / ".claude" / "settings.json").write_text('{"crossSessionInbound": "refuse"}', "utf-8")
    with Model() as model, office.claude_at_its_prompt(model):
        message = office.write_to_bob("Are you there?")
        until(lambda: office.of_bob("/api/wakes/bob")["not_reached"], 60, "the end of the ringing")
        why = office.of_bob("/api/wakes/bob")["not_reached"]
        assert "refuses" in why
        assert "crossSessionInbound" in why
        assert office.receipt(message)["offered_at"] is None, "the receipt is true"
        assert model.questions == []
        doctor = office.run("teammcp", "doctor", "--url", office.live.url, "--name", "bob", "--client", "claude")
        assert doctor.returncode == 1
        assert "crossSessionInbound" in doctor.stdout


def test_one_without_a_person_before_it_is_not_woken_and_not_held_up(office: Office) -> None:
    office.set_up(REWAKE)
    with Model() as model:
        lines = office.claude(model, **office.more)
        assert lines[-1]["result"] == "Nothing to do."
        assert lines[-1]["duration_ms"] < 10_000
        assert office.ways == []
