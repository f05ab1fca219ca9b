"""Claude Code: what it is started with, and what its lines mean."""

from __future__ import annotations

import dataclasses
import json
import os
from pathlib import Path
from typing import Any

import psutil
import pytest
from teammcp_claude_launcher.runtime_kit import KEY_VARIABLE, Prompts, Recorder, Subject
from teammcp_claude_launcher.runtimes.claude import ClaudeOptions, ClaudeRuntime
from teammcp_claude_launcher.runtimes.claude_lines import Reader
from teammcp_claude_launcher.runtimes.programs import find_program

from teammcp import FileChange, McpServer, NotInstalled, PermissionAnswer, StartFailed, TokenUsage, ToolUse, TurnEnd

from .stand_ins import install

MCP = McpServer("teammcp", "http://127.0.0.1:9/mcp", KEY_VARIABLE)


def subject(folder: Path, **options: Any) -> Subject:
    """The runtime with the stand-in for its program."""
    install("claude", folder / "bin")
    (folder / "home").mkdir()
    environment = {"PATH": f"{folder / 'bin'}:{os.environ['PATH']}", "HOME": str(folder / "home")}
    return Subject(ClaudeRuntime(), folder, environment, Prompts("", "", ""), ClaudeOptions(**options))


async def command_line(tried: Subject) -> list[str]:
    async with tried.start() as trial:
        return psutil.Process(trial.session.pid).cmdline()


async def test_it_is_given_the_teams_tools_and_no_others_of_its_user(tmp_path: Path) -> None:
    words = await command_line(dataclasses.replace(subject(tmp_path), mcp=MCP, model="opus"))
    assert "--strict-mcp-config" in words
    assert words[words.index("--allowedTools") + 1] == "mcp__teammcp"
    assert words[words.index("--permission-mode") + 1] == "default"
    assert words[words.index("--model") + 1] == "opus"
    file = words[words.index("--mcp-config") + 1]
    assert os.stat(file).st_mode & 0o777 == 0o600
    entry = _read(file)["mcpServers"]["teammcp"]
    assert entry["headers"] == {"Authorization": "Bearer ${TEAMMCP_KEY}"}
    assert entry["alwaysLoad"] is True
    assert entry["url"] == "http://127.0.0.1:9/mcp?results=text&tools=everyday,launcher"


async def test_its_options_reach_its_command_line(tmp_path: Path) -> None:
    words = await command_line(subject(tmp_path, mode="acceptEdits", own_servers=True, arguments="--model 'a b'"))
    assert words[words.index("--permission-mode") + 1] == "acceptEdits"
    assert "--strict-mcp-config" not in words
    assert "--mcp-config" not in words
    assert words[-2:] == ["--model", "a b"]


async def test_a_start_that_fails_says_with_what_the_program_ended(tmp_path: Path) -> None:
    tried = subject(tmp_path, arguments="--complain 'Your licence has expired.'")
    with pytest.raises(StartFailed, match=r"ended at once\. Your licence has expired\."):
        async with tried.start():
            pass
    with pytest.raises(StartFailed, match="licence"):  # it is not taken for a conversation that is gone
        async with tried.start("f5b7c3d2-0000-4000-8000-000000000000"):
            pass


async def test_arguments_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    with pytest.raises(StartFailed, match="option 'arguments': No closing quotation"):
        async with subject(tmp_path, arguments="'x").start():
            pass


async def test_a_program_that_is_not_there_says_how_to_install_it(tmp_path: Path) -> None:
    tried = dataclasses.replace(subject(tmp_path), environment={"PATH": "/nowhere"})
    with pytest.raises(NotInstalled, match="npm install -g @anthropic-ai/claude-code"):
        async with tried.start():
            pass


async def test_its_version_is_asked(tmp_path: Path) -> None:
    tried = subject(tmp_path)
    found = await tried.runtime.find(ClaudeOptions(), tried.environment["PATH"])
    assert found.version == "9.9.9 (Claude Code)"


async def test_the_version_of_a_program_from_npm_is_that_of_its_package(tmp_path: Path) -> None:
    package = tmp_path / "lib" / "node_modules" / "@makers" / "adapter"
    program, link = package / "dist" / "index.js", tmp_path / "bin" / "adapter"
    for folder in (program.parent, link.parent):
        folder.mkdir(parents=True)
    program.write_text("#!/bin/sh\nsleep 60\n")
    program.chmod(0o755)
    link.symlink_to(program)
    (package / "package.json").write_text('{"name": "@makers/adapter", "version": "1.2.3"}')
    found = await find_program("adapter", str(link.parent), "")
    assert (found.path, found.version) == (str(link), "1.2.3")
    (package / "package.json").write_text('{"version": 3}')
    program.write_text("#!/bin/sh\necho mine 4\n")
    assert (await find_program("adapter", str(link.parent), "")).version == "mine 4"


async def test_a_server_of_tools_that_is_not_there_is_noted_once(tmp_path: Path) -> None:
    tried = subject(tmp_path)
    tried.environment = {**tried.environment, "NO_SERVER": "1"}
    async with tried.start() as trial:
        await trial.turn("!say one")
        await trial.turn("!say two")
    assert trial.heard.all("note") == ["The MCP server 'teammcp' is not there: failed."]


def _read(file: str) -> Any:
    return json.loads(Path(file).read_text("utf-8"))


# -- its lines ---------------------------------------------------------------------------------------------------------


def read(*lines: dict[str, Any], used: dict[str, Any] | None = None) -> Recorder:
    """What a listener hears of lines, once a turn has begun."""
    recorder = Recorder(PermissionAnswer(True))
    reader = Reader(recorder, recorder.note)
    reader.used = used
    reader.sent("turn")
    for line in ({"type": "command_lifecycle", "command_uuid": "turn", "state": "started"}, *lines):
        reader.read(line)
    return recorder


def says(*blocks: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "assistant", "message": {"content": list(blocks)}, "parent_tool_use_id": None, **more}


def result(**more: Any) -> dict[str, Any]:
    return {"type": "result", "subtype": "success", "is_error": False, "modelUsage": {}, **more}


def gives(tool: str, content: Any, **more: Any) -> dict[str, Any]:
    block = {"type": "tool_result", "tool_use_id": tool, "content": content, **more}
    return {"type": "user", "message": {"content": [block]}}


def test_what_a_helper_says_is_no_answer() -> None:
    heard = read(says({"type": "text", "text": "I look."}, parent_tool_use_id="toolu_1"))
    assert heard.all("text") == []
    assert heard.all("thought") == ["I look."]


def test_an_error_of_the_models_server_ends_the_turn_and_is_no_answer() -> None:
    heard = read(
        says({"type": "text", "text": "API Error: 529"}, is_api_error_message=True),
        result(is_error=True, result="API Error: 529", terminal_reason="api_error"),
    )
    assert heard.all("text") == []
    assert heard.all("turn_ended") == [TurnEnd("failed", "API Error: 529")]


@pytest.mark.parametrize(
    ("line", "end"),
    [
        (result(), TurnEnd("done")),
        (result(subtype="error_max_turns", is_error=True), TurnEnd("failed", "error_max_turns")),
        (result(subtype="error_during_execution", is_error=True, errors=["a", "b"]), TurnEnd("failed", "a; b")),
        (
            result(subtype="error_during_execution", is_error=True, terminal_reason="aborted_tools"),
            TurnEnd("interrupted"),
        ),
    ],
)
def test_the_end_of_a_turn(line: dict[str, Any], end: TurnEnd) -> None:
    assert read(line).all("turn_ended") == [end]


def test_a_turn_of_its_own_making_ends_nothing() -> None:
    assert len(read(result(), result()).all("turn_ended")) == 1


def test_a_tool_is_told_when_it_begins_and_ends() -> None:
    given = {"file_path": "/a", "old_string": "x", "new_string": "y"}
    heard = read(
        says({"type": "tool_use", "id": "t", "name": "Edit", "input": given}),
        gives("t", [{"type": "text", "text": "well"}, {"type": "image"}], is_error=True),
    )
    use = ToolUse("t", "Edit", "running", "/a", given, changes=[FileChange("/a", "x", "y")])
    assert heard.all("tool") == [use, dataclasses.replace(use, status="failed", output="well\n(image)")]


def test_a_new_file_is_a_change_from_nothing() -> None:
    heard = read(says({"type": "tool_use", "id": "t", "name": "Write", "input": {"file_path": "/a", "content": "x"}}))
    assert heard.all("tool")[0].changes == [FileChange("/a", None, "x")]


def test_its_list_of_things_to_do_is_its_plan() -> None:
    todos = [{"content": "look", "status": "completed"}, {"content": "write", "status": "in_progress"}]
    heard = read(
        says({"type": "tool_use", "id": "t", "name": "TodoWrite", "input": {"todos": todos}}), gives("t", "ok")
    )
    assert heard.all("plan") == [[("look", "done"), ("write", "doing")]]
    assert heard.all("tool") == []


def test_what_was_used_before_is_not_told_again() -> None:
    before = {"opus": {"inputTokens": 100, "outputTokens": 10, "costUSD": 1.0}}
    now = {
        "opus": {"inputTokens": 130, "cacheReadInputTokens": 5, "outputTokens": 12, "costUSD": 1.5},
        "haiku": {"inputTokens": 1, "outputTokens": 2, "costUSD": 0.25},
    }
    heard = read(result(modelUsage=now), result(modelUsage=now), used=before)
    assert heard.all("usage") == [TokenUsage(35, 2, 0.5, "opus"), TokenUsage(1, 2, 0.25, "haiku")]


def test_a_version_that_cannot_tell_what_was_used_before_counts_from_the_first_turn() -> None:
    one, two = ({"opus": {"inputTokens": tokens, "outputTokens": 1, "costUSD": 1.0}} for tokens in (100, 130))
    heard = read(result(modelUsage=one), result(modelUsage=two), used=None)
    assert heard.all("usage") == [TokenUsage(30, 0, 0.0, "opus")]


def test_lines_of_unknown_kinds_are_passed_over() -> None:
    heard = read({"type": "informational"}, {"type": "system", "subtype": "status"}, says({"type": "signature"}))
    assert [one.what for one in heard.heard] == ["taken_up"]


def test_a_model_that_does_not_answer_is_noted() -> None:
    retry = {"attempt": 2, "max_retries": 10, "error_status": 429, "error": "rate_limit"}
    heard = read({"type": "system", "subtype": "api_retry", **retry})
    assert heard.all("note") == ["The model does not answer (429 rate_limit); attempt 2 of 10."]
