"""Codex: what its threads are begun with, and what its lines mean."""

from __future__ import annotations

import asyncio
import dataclasses
import os
from pathlib import Path
from typing import Any

import pytest
from teammcp_claude_launcher.runtime_kit import KEY_VARIABLE, Prompts, Recorder, Subject
from teammcp_claude_launcher.runtimes.codex import CodexOptions, CodexRuntime, settings_of
from teammcp_claude_launcher.runtimes.codex_lines import Reader, asked

from teammcp import FileChange, McpServer, PermissionAnswer, TokenUsage, ToolUse, TurnEnd

from .stand_ins import install


def subject(folder: Path) -> Subject:
    """The runtime with the stand-in for its program."""
    install("codex", folder / "bin")
    (folder / "home").mkdir()
    environment = {"PATH": f"{folder / 'bin'}:{os.environ['PATH']}", "HOME": str(folder / "home")}
    return Subject(CodexRuntime(), folder, environment, Prompts("", "", ""))


async def test_a_turn_that_is_refused_is_over_with_the_reason(tmp_path: Path) -> None:
    async with subject(tmp_path).start() as trial:
        assert await trial.turn("!refuse") == TurnEnd("failed", "not today")
        assert len(trial.heard.all("taken_up")) == 1
        assert await trial.turn("!say pong") == TurnEnd("done")


def test_a_thread_is_begun_with_all_that_the_agent_was_given(tmp_path: Path) -> None:
    mcp = McpServer("teammcp", "http://127.0.0.1:9/mcp", KEY_VARIABLE)
    launch = dataclasses.replace(subject(tmp_path), mcp=mcp, model="o5", guide="You are bob.").launch()
    assert settings_of(launch, CodexOptions()) == {
        "cwd": str(tmp_path / "work"),
        "approvalPolicy": "on-request",
        "sandbox": "workspace-write",
        "developerInstructions": "You are bob.",
        "model": "o5",
        "config": {
            "features": {"shell_snapshot": False},
            "mcp_servers": {
                "teammcp": {
                    "url": "http://127.0.0.1:9/mcp?results=text&tools=everyday,launcher",
                    "bearer_token_env_var": "TEAMMCP_KEY",
                    "tool_timeout_sec": 300,
                    "default_tools_approval_mode": "approve",
                }
            },
        },
    }


def test_a_credential_is_its_provider_and_its_key_is_named_and_not_told(tmp_path: Path) -> None:
    tried = subject(tmp_path)
    assert "modelProvider" not in settings_of(tried.launch(), CodexOptions())  # the user's own login
    credential = {"OPENAI_API_KEY": "sk-secret", "OPENAI_BASE_URL": "https://router.example/v1", "OPENAI_MODEL": "o5"}
    tried.environment = {**tried.environment, **credential}
    settings = settings_of(tried.launch(), CodexOptions())
    provider = settings["config"]["model_providers"][settings["modelProvider"]]
    assert (provider["base_url"], provider["env_key"]) == ("https://router.example/v1", "OPENAI_API_KEY")
    assert settings["model"] == "o5"
    assert "sk-secret" not in str(settings)


def test_where_all_is_denied_it_does_not_even_ask(tmp_path: Path) -> None:
    launch = dataclasses.replace(subject(tmp_path).launch(), policy="deny")
    assert settings_of(launch, CodexOptions(asks="untrusted"))["approvalPolicy"] == "never"


# -- its lines ---------------------------------------------------------------------------------------------------------


def read(*lines: tuple[str, dict[str, Any]]) -> Recorder:
    """What a listener hears of notifications in a turn."""
    recorder = Recorder(PermissionAnswer(True))
    reader = Reader(recorder, recorder.note)
    reader.begin({"thread": {"id": "thread"}, "model": "o5"})
    reader.sent("turn", "1")
    begun = {"type": "userMessage", "clientId": "turn"}
    for method, params in (("turn/started", {"turn": {"id": "t1"}}), ("item/started", {"item": begun}), *lines):
        reader.read(method, {"threadId": "thread", **params})
    return recorder


def completed(**item: Any) -> tuple[str, dict[str, Any]]:
    return "item/completed", {"item": item}


def test_what_another_thread_does_is_not_this_agents() -> None:
    said = {"type": "agentMessage", "text": "I help."}
    heard = read(("item/completed", {"threadId": "helper", "item": said}), ("turn/completed", {"threadId": "helper"}))
    assert [one.what for one in heard.heard] == ["taken_up"]


@pytest.mark.parametrize(
    ("turn", "end"),
    [
        ({"status": "completed"}, TurnEnd("done")),
        ({"status": "interrupted"}, TurnEnd("interrupted")),
        ({"status": "failed", "error": {"message": "401 Unauthorized"}}, TurnEnd("failed", "401 Unauthorized")),
        ({"status": "failed", "error": None}, TurnEnd("failed", "failed")),
    ],
)
def test_the_end_of_a_turn(turn: dict[str, Any], end: TurnEnd) -> None:
    ended = ("turn/completed", {"turn": turn})
    assert read(ended, ended).all("turn_ended") == [end]


def test_what_an_earlier_turn_used_is_not_told_again() -> None:
    last = {"last": {"inputTokens": 3, "outputTokens": 4}}
    heard = read(
        ("thread/tokenUsage/updated", {"turnId": "t0", "tokenUsage": last}),
        ("thread/tokenUsage/updated", {"turnId": "t1", "tokenUsage": last}),
    )
    assert heard.all("usage") == [TokenUsage(3, 4, model="o5")]


def test_files_that_it_changes_are_shown_before_and_after() -> None:
    diff = "@@ -1,3 +1,3 @@\n same\n-old\n+new\n end\n"
    changes = [
        {"path": "/new", "kind": {"type": "add"}, "diff": "all\n"},
        {"path": "/a", "kind": {"type": "update", "move_path": None}, "diff": diff},
    ]
    [use] = read(completed(type="fileChange", id="c", changes=changes, status="completed")).all("tool")
    assert use.title == "/new, /a"
    assert use.changes == [FileChange("/new", None, "all\n"), FileChange("/a", "same\nold\nend", "same\nnew\nend")]


def test_tools_of_servers_have_the_names_that_the_model_knows() -> None:
    item = {"type": "mcpToolCall", "id": "m", "server": "teammcp", "tool": "get_me", "arguments": {"a": 1}}
    well = {"status": "completed", "result": {"content": [{"type": "text", "text": "bob"}]}, "error": None}
    ill = {"status": "failed", "result": None, "error": {"message": "no such tool"}}
    assert read(completed(**item, **well), completed(**item, **ill)).all("tool") == [
        ToolUse("m", "mcp__teammcp__get_me", "done", "", {"a": 1}, "bob"),
        ToolUse("m", "mcp__teammcp__get_me", "failed", "", {"a": 1}, "no such tool"),
    ]


async def test_a_server_of_tools_that_is_there_before_the_conversation_was_read_is_known() -> None:
    """The answer that begins it and what comes right behind are read at once, before anybody goes on."""
    recorder = Recorder(PermissionAnswer(True))
    reader = Reader(recorder, recorder.note)
    reader.read("mcpServer/startupStatus/updated", {"threadId": "t", "name": "teammcp", "status": "ready"})
    async with asyncio.timeout(1):
        await reader.await_server("teammcp")


def test_its_plan_its_thoughts_and_its_troubles_are_told() -> None:
    steps = [{"step": "look", "status": "completed"}, {"step": "write", "status": "inProgress"}]
    heard = read(
        ("turn/plan/updated", {"plan": steps}),
        completed(type="reasoning", summary=["I see."], content=[]),
        ("error", {"willRetry": True, "error": {"message": "The stream broke."}}),
        ("mcpServer/startupStatus/updated", {"name": "teammcp", "status": "failed", "error": "401"}),
        ("some/other", {}),
    )
    assert [(one.what, one.value) for one in heard.heard[1:]] == [
        ("plan", [("look", "done"), ("write", "doing")]),
        ("thought", "I see."),
        ("note", "The stream broke. It tries again."),
        ("note", "The MCP server 'teammcp' is not there: 401"),
    ]


@pytest.mark.parametrize(
    ("method", "params", "tool", "yes", "no"),
    [
        (
            "item/commandExecution/requestApproval",
            {"command": "rm x", "cwd": "/", "reason": "to tidy"},
            "shell",
            {"decision": "accept"},
            {"decision": "decline"},
        ),
        ("item/fileChange/requestApproval", {}, "apply_patch", {"decision": "accept"}, {"decision": "decline"}),
        (
            "item/permissions/requestApproval",
            {"permissions": {"network": {"enabled": True}}},
            "permissions",
            {"permissions": {"network": {"enabled": True}}, "scope": "turn"},
            {"permissions": {}},
        ),
        (
            "mcpServer/elicitation/request",
            {"serverName": "github", "message": "Merge?", "requestedSchema": {"type": "object", "properties": {}}},
            "github",
            {"action": "accept", "content": {}},
            {"action": "decline"},
        ),
    ],
)
def test_its_questions(method: str, params: dict[str, Any], tool: str, yes: dict[str, Any], no: dict[str, Any]) -> None:
    use = ToolUse("c", "apply_patch", "running", changes=[FileChange("/a", None, "x")])
    question = asked("7", method, {"itemId": "c", **params}, {"c": use})
    assert question is not None
    assert (question.question.id, question.question.tool, question.question.tool_use) == ("7", tool, "c")
    assert (question.allowed, question.denied) == (yes, no)
    if tool == "apply_patch":
        assert question.question.input == {"/a": "x"}
    if "reason" in params:
        assert question.question.input["reason"] == "to tidy"


def test_a_form_that_only_a_person_can_fill_in_is_no_question_of_yes_or_no() -> None:
    form = {"serverName": "s", "requestedSchema": {"properties": {"name": {"type": "string"}}}}
    assert asked("7", "mcpServer/elicitation/request", form, {}) is None
    assert asked("7", "item/tool/requestUserInput", {}, {}) is None
