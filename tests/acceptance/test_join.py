"""Agents' own programs after ``teammcp join`` in an empty home: messages reach the turn that they are meant for.

The programs are the real ones, from npm; their models answer from a script.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from teammcp.keys import new_key
from tests.acceptance.desks import SECONDS, Desk, codex_settings
from tests.acceptance.fake_models import AnthropicModel, Call, ChatModel, GeminiModel, OpenAIModel, Say
from tests.acceptance.fake_models.script import ScriptedModel
from tests.acceptance.npm_tools import CLAUDE, CODEX, GEMINI, OPENCODE
from tests.live import LiveServer

pytestmark = [pytest.mark.acceptance, pytest.mark.real_cli]


@pytest.fixture
def desk(live: LiveServer, tmp_path: Path) -> Desk:
    live.register("owner")
    desk = Desk(live, tmp_path / "home", tmp_path / "project", live.register("alice"))
    desk.home.mkdir()
    desk.make_project()
    return desk


class Interrupted(ScriptedModel):
    """A model at whose first question something happens."""

    def __init__(self, happens: Callable[[], object], *steps: Call | Say) -> None:
        super().__init__(*steps)
        self._happens: list[Callable[[], object]] = [happens]

    def _answer(self, body: dict[str, Any]) -> Iterator[bytes]:
        if body.get("tools") and self._happens:
            self._happens.pop()()
        return super()._answer(body)


class InterruptedClaude(Interrupted, AnthropicModel):
    """For Claude Code."""


class InterruptedCodex(Interrupted, OpenAIModel):
    """For Codex."""


def statuses(desk: Desk, last: str) -> list[str]:
    """What the team has seen bob do, up to this status and its reason."""
    seen: list[dict[str, Any]] = []
    with desk.live.client(desk.alice, timeout=SECONDS) as alice:
        while not seen or f"{seen[-1]['data']['status']}: {seen[-1]['data']['reason']}" != last:
            since = seen[-1]["id"] if seen else 0
            found = alice.post("/api/call/sync", json={"since": since, "kinds": ["agent.*"], "wait_ms": 5000}).json()
            seen += [event for event in found["events"] if event["subject"] == "bob" and "status" in event["data"]]
            assert found["events"], [event["data"] for event in seen]
    return [event["data"]["status"] for event in seen]


def shown(model: ScriptedModel, number: int) -> str:
    """Everything the model was shown with one of the questions it had to answer with tools."""
    questions = [body for body in model.requests if body.get("tools")]
    return json.dumps(questions[number], ensure_ascii=False)


def test_claude_hears_while_it_works_and_answers(desk: Desk) -> None:
    desk.join("claude")
    sent: list[int] = []
    script = (
        Call("Bash", {"command": "true", "description": "work"}),
        Call("mcp__teammcp__send_dm", {"recipient": "alice", "content": "I am on it."}),
        Say("done"),
    )
    with InterruptedClaude(lambda: sent.append(desk.write_to_bob("The build is broken.")), *script) as model:
        lines = desk.claude(model, "--allowedTools", "Bash")
    begun = next(line for line in lines if line.get("subtype") == "init")
    assert [(each["name"], each["status"]) for each in begun["mcp_servers"]] == [("teammcp", "connected")]
    assert "team-inbox" in begun["skills"]
    assert lines[-1]["result"] == "done"
    first, second = shown(model, 0), shown(model, 1)
    assert "You are bob in the team 'default'" in first  # by SessionStart
    assert "You are a member of a team of agents" in first  # by CLAUDE.md
    assert "The build is broken." not in first
    assert "The build is broken." in second  # by PostToolUse
    receipt = desk.receipt(sent[0])
    assert (receipt["state"], receipt["offered_by"]) == ("answered", "hook")
    assert receipt["offered_at"] is not None
    with desk.live.client(desk.alice) as alice:
        assert "I am on it." in alice.get("/api/inbox").text
    used = desk.used()  # one token in and one out for each of three answers, as its transcript says
    assert (used["tokens_in"], used["tokens_out"]) == (3, 3)
    assert used["cost_usd"] > 0
    assert statuses(desk, "away: its session ended") == ["online", "idle", "busy", "idle", "away"]


def test_claude_does_not_end_past_a_message(desk: Desk) -> None:
    desk.join("claude")
    sent: list[int] = []
    with InterruptedClaude(lambda: sent.append(desk.write_to_bob("Wait for me.")), Say("done")) as model:
        lines = desk.claude(model)
    assert lines[-1]["result"] == "done"
    assert "Wait for me." not in shown(model, 0)
    assert "Wait for me." in shown(model, 1)
    assert len([body for body in model.requests if body.get("tools")]) == 2  # once, and then it may end
    assert desk.receipt(sent[0])["offered_by"] == "hook"


def test_claude_hears_at_its_start_what_came_while_the_server_was_away(desk: Desk) -> None:
    desk.join("claude")
    sent = desk.write_to_bob("Good morning.")
    desk.live.restart()
    with AnthropicModel(Say("done")) as model:
        desk.claude(model)
    assert "Good morning." in shown(model, 0)
    assert desk.receipt(sent)["offered_by"] == "hook"


def test_claude_is_started_by_listening_when_it_does_not_run(desk: Desk) -> None:
    desk.join("claude")
    sent = desk.write_to_bob("The build is broken.")
    script = (Call("mcp__teammcp__send_dm", {"recipient": "alice", "content": "I am on it."}), Say("done"))
    with AnthropicModel(*script) as model:
        command = f'{CLAUDE.path()} -p "You have a message from your team: $(cat)" > said; (sleep 2; kill $PPID) &'
        desk.run(
            *("teammcp", "listen", "--url", desk.live.url, "--exec", command),
            ANTHROPIC_BASE_URL=model.url,
            ANTHROPIC_API_KEY="sk-ant-api03-scripted",
            CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC="1",
            CLAUDE_CODE_MAX_RETRIES="0",
            DISABLE_AUTOUPDATER="1",
            TEAMMCP_KEY=desk.bob,
        )
    assert (desk.project / "said").read_text().strip() == "done"
    assert "The build is broken." in shown(model, 0)
    receipt = desk.receipt(sent)
    assert (receipt["state"], receipt["offered_by"]) == ("answered", "wait")
    with desk.live.client(desk.alice) as alice:
        assert "I am on it." in alice.get("/api/inbox").text


def test_claude_works_on_in_silence_while_the_server_is_away(desk: Desk) -> None:
    desk.join("claude")
    desk.live.stop()
    with AnthropicModel(Call("Bash", {"command": "true", "description": "work"}), Say("done")) as model:
        lines = desk.claude(model, "--allowedTools", "Bash")
    assert lines[-1]["result"] == "done"
    assert lines[-1]["duration_ms"] < 15_000
    assert "hook" not in json.dumps([line for line in lines if line["type"] == "user"]).lower()


def test_claude_is_told_of_a_wrong_key_and_what_to_do(desk: Desk) -> None:
    desk.join("claude")
    desk.bob = new_key("default")
    with AnthropicModel(Say("done")) as model:
        lines = desk.claude(model)
    assert lines[-1]["result"] == "done"
    assert "teammcp doctor --client claude" in shown(model, 0)


# -- Codex -----------------------------------------------------------------------------------------------------------


def codex(desk: Desk, model: OpenAIModel) -> list[dict[str, Any]]:
    """Run Codex with settings of its own, to which the joining added; trusting its hooks, as a person does once."""
    done = desk.run(
        *(str(CODEX.path()), "exec", "--json", "--skip-git-repo-check", "--dangerously-bypass-hook-trust"),
        "Look after the build.",
        MODEL_KEY="scripted",
        TEAMMCP_KEY=desk.bob,
    )
    assert done.stdout, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def test_codex_hears_while_it_works_and_answers(desk: Desk) -> None:
    sent: list[int] = []
    script = (
        Call("exec_command", {"cmd": "true"}),
        Call("mcp__teammcp/send_dm", {"recipient": "alice", "content": "I am on it."}),
        Say("done"),
    )
    with InterruptedCodex(lambda: sent.append(desk.write_to_bob("The build is broken.")), *script) as model:
        codex_settings(desk.home, model)
        desk.join("codex")
        codex(desk, model)
    first, second = shown(model, 0), shown(model, 1)
    assert "You are bob in the team 'default'" in first
    assert "You are a member of a team of agents" in first  # by AGENTS.md
    assert "team-inbox" in first  # the skills
    assert "The build is broken." not in first
    assert "The build is broken." in second
    assert desk.receipt(sent[0])["offered_by"] == "hook"
    with desk.live.client(desk.alice) as alice:
        assert "I am on it." in alice.get("/api/inbox").text
    used = desk.used()
    assert (used["tokens_in"], used["tokens_out"]) == (3, 3)


def test_codex_does_not_end_past_a_message(desk: Desk) -> None:
    sent: list[int] = []
    with InterruptedCodex(lambda: sent.append(desk.write_to_bob("Wait for me.")), Say("done")) as model:
        codex_settings(desk.home, model)
        desk.join("codex")
        codex(desk, model)
    assert "Wait for me." not in shown(model, 0)
    assert "Wait for me." in shown(model, 1)
    assert len([body for body in model.requests if body.get("tools")]) == 2
    assert desk.receipt(sent[0])["offered_by"] == "hook"


# -- Gemini CLI ------------------------------------------------------------------------------------------------------


class InterruptedGemini(Interrupted, GeminiModel):
    """For Gemini CLI."""


def gemini(desk: Desk, model: GeminiModel) -> str:
    """Run Gemini CLI in a folder that its user trusts, with settings of the user's own; what it says."""
    (desk.home / ".gemini").mkdir()
    own = {"security": {"auth": {"selectedType": "gemini-api-key"}, "folderTrust": {"enabled": False}}}
    (desk.home / ".gemini" / "settings.json").write_text(json.dumps(own), "utf-8")
    done = desk.run(
        *(str(GEMINI.path()), "-p", "Look after the build.", "-m", "gemini-2.5-flash", "--yolo"),
        GEMINI_API_KEY="scripted",
        GOOGLE_GEMINI_BASE_URL=model.url,
        GEMINI_CLI_TRUST_WORKSPACE="true",
        TEAMMCP_KEY=desk.bob,
    )
    assert "done" in done.stdout, done.stderr
    return done.stdout


def test_gemini_hears_at_its_start_and_while_it_works_and_answers(desk: Desk) -> None:
    first = desk.write_to_bob_after_joining("gemini", "Good morning.")
    later: list[int] = []
    script = (
        Call("run_shell_command", {"command": "true"}),
        Call("mcp_teammcp_send_dm", {"recipient": "alice", "content": "I am on it."}),
        Say("done"),
    )
    with InterruptedGemini(lambda: later.append(desk.write_to_bob("The build is broken.")), *script) as model:
        gemini(desk, model)
    begun, at_work = shown(model, 0), shown(model, 1)
    assert "You are bob in the team 'default'" in begun  # by SessionStart
    assert "Good morning." in begun
    assert "You are a member of a team of agents" in begun  # by GEMINI.md
    assert "The build is broken." not in begun
    assert "The build is broken." in at_work  # by AfterTool
    for message in (first, *later):
        assert desk.receipt(message)["offered_by"] == "hook"
    with desk.live.client(desk.alice) as alice:
        assert "I am on it." in alice.get("/api/inbox").text
    assert statuses(desk, "away: its session ended") == ["online", "idle", "busy", "idle", "away"]


def test_gemini_does_not_end_past_a_message(desk: Desk) -> None:
    desk.join("gemini")
    sent: list[int] = []
    with InterruptedGemini(lambda: sent.append(desk.write_to_bob("Wait for me.")), Say("done")) as model:
        gemini(desk, model)
    assert "Wait for me." not in shown(model, 0)
    assert "Wait for me." in shown(model, 1)
    assert len([body for body in model.requests if body.get("tools")]) == 2  # once, and then it may end
    assert desk.receipt(sent[0])["offered_by"] == "hook"


# -- programs without hooks ------------------------------------------------------------------------------------------


def test_opencode_connects_with_what_the_joining_wrote(desk: Desk) -> None:
    with ChatModel(Call("teammcp_get_inbox"), Say("done")) as model:
        options = {"baseURL": f"{model.url}/v1", "apiKey": "scripted"}
        provider = {"npm": "@ai-sdk/openai-compatible", "options": options, "models": {"scripted": {}}}
        settings = {"model": "own/scripted", "small_model": "own/scripted", "provider": {"own": provider}}
        (desk.project / "opencode.json").write_text(json.dumps(settings), "utf-8")
        sent = desk.write_to_bob_after_joining("opencode", "The build is broken.")
        done = desk.run(
            *(str(OPENCODE.path()), "run", "--format", "json", "--auto", "Look after the build."),
            TEAMMCP_KEY=desk.bob,
        )
    assert "done" in done.stdout, done.stderr
    assert "The build is broken." in model.seen[0]
    assert "You are a member of a team of agents" in shown(model, 0)  # by AGENTS.md
    assert desk.receipt(sent)["state"] == "read"
