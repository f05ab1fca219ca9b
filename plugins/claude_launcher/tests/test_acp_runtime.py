"""The runtimes for programs that speak the Agent Client Protocol, against what such programs were seen to do."""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from acp.schema import PromptResponse, ToolCallUpdate
from teammcp_claude_launcher.runtime_kit import Subject, Trial
from teammcp_claude_launcher.runtimes import RUNTIMES
from teammcp_claude_launcher.runtimes.acp import AcpRuntime, programs, runtime
from teammcp_claude_launcher.runtimes.acp.dialects import (
    ClaudeDialect,
    CodexDialect,
    Dialect,
    GeminiDialect,
    QwenDialect,
)

from teammcp import McpServer, NotInstalled, PermissionAnswer, StartFailed, ToolUse, TurnEnd

STAND_IN = Path(__file__).with_name("acp_stand_in.py")
KEY = "tm_default_secret"

Make = Callable[..., Subject]


class StandIn(programs.Custom):
    """The stand-in as a program that takes turns while another one runs."""

    capabilities = programs.ClaudeAdapter.capabilities
    dialect = ClaudeDialect()


@pytest.fixture
def stand_in(tmp_path: Path) -> Make:
    """Makes a subject that runs the stand-in in some ways."""

    def make(*ways: str, mode: str = "", environment: dict[str, str] | None = None, **more: Any) -> Subject:
        command = shlex.join([sys.executable, str(STAND_IN), *ways])
        options = programs.CustomOptions(program=command, mode=mode)
        variables = {"PATH": os.environ["PATH"], "TEAMMCP_KEY": KEY, **(environment or {})}
        return Subject(StandIn(), tmp_path, variables, options=options, **more)

    return make


async def said(trial: Trial, text: str) -> str:
    """What it says in a turn."""
    before = len(trial.heard.all("text"))
    await trial.turn(text)
    return "\n".join(trial.heard.all("text")[before:])


async def asked(trial: Trial, method: str) -> list[dict[str, Any]]:
    """The parameters of the requests of this kind that the program has heard."""
    return [heard["params"] for heard in json.loads(await said(trial, f"heard {method}"))]


# -- how a session begins ----------------------------------------------------------------------------------------------


async def test_the_guide_comes_before_the_first_turn_of_a_conversation(stand_in: Make) -> None:
    async with stand_in("load", guide="You are ada.").start() as trial:
        assert json.loads(await said(trial, "prompt")) == ["You are ada.", "prompt"]
        assert json.loads(await said(trial, "prompt")) == ["prompt"]
    async with stand_in("load", guide="You are ada.").start("s-1") as trial:
        assert json.loads(await said(trial, "prompt")) == ["prompt"]


async def test_claudes_adapter_gets_the_guide_for_its_system_prompt(stand_in: Make) -> None:
    class Claude(programs.ClaudeAdapter, StandIn):
        Options = programs.CustomOptions
        whole_command = StandIn.whole_command
        find = StandIn.find

    subject = stand_in(guide="You are ada.")
    subject.runtime = Claude()
    async with subject.start() as trial:
        assert json.loads(await said(trial, "prompt")) == ["prompt"]
        [begun] = await asked(trial, "session/new")
        assert begun["_meta"]["systemPrompt"] == {"append": "You are ada."}


async def test_the_program_is_given_folder_and_tools_and_no_powers_of_ours(stand_in: Make) -> None:
    async with stand_in().start() as trial:
        [begun] = await asked(trial, "session/new")
        assert begun["cwd"] == psutil.Process(trial.session.pid).cwd()
        assert begun["mcpServers"] == []
        [hello] = await asked(trial, "initialize")
        assert not hello.get("clientCapabilities", {}).get("fs", {}).get("readTextFile")
        assert await said(trial, "read") == "-32601"


def command_line(trial: Trial) -> list[str]:
    return psutil.Process(trial.session.pid).cmdline()


async def test_the_teams_tools_come_with_the_session_and_the_key_on_no_command_line(
    stand_in: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def tools_are_there(*_: object) -> None:
        """Nobody is asked."""

    monkeypatch.setattr(runtime, "check_tools", tools_are_there)
    async with stand_in(mcp=McpServer("teammcp", "http://127.0.0.1:9/mcp", "TEAMMCP_KEY")).start() as trial:
        [begun] = await asked(trial, "session/new")
        [server] = begun["mcpServers"]
        assert (server["type"], server["name"], server["url"]) == ("http", "teammcp", "http://127.0.0.1:9/mcp")
        assert server["headers"] == [{"name": "Authorization", "value": f"Bearer {KEY}"}]
        assert not any(KEY in part for part in command_line(trial))


async def test_tools_that_are_not_there_are_told_before_the_program_stumbles(stand_in: Make) -> None:
    with pytest.raises(StartFailed, match="cannot be reached"):
        async with stand_in(mcp=McpServer("teammcp", "http://127.0.0.1:9/mcp", "TEAMMCP_KEY")).start():
            pass


async def test_a_program_without_mcp_over_http_is_refused(stand_in: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    async def tools_are_there(*_: object) -> None:
        """Nobody is asked."""

    monkeypatch.setattr(runtime, "check_tools", tools_are_there)
    with pytest.raises(StartFailed, match="takes no tools over HTTP"):
        async with stand_in("no-http", mcp=McpServer("teammcp", "http://127.0.0.1:9/mcp", "TEAMMCP_KEY")).start():
            pass


async def test_a_key_in_the_environment_is_used_and_a_missing_one_named(stand_in: Make) -> None:
    async with stand_in("key", environment={"STAND_IN_KEY": "k"}).start() as trial:
        assert await asked(trial, "authenticate") == [{"methodId": "key"}]
    for way in ("key", "login"):
        with pytest.raises(StartFailed, match="not logged in"):
            async with stand_in(way).start():
                pass


@pytest.mark.parametrize(
    ("way", "why"),
    [
        ("dies", r"ended before it could begin, with code 4.*\n.*no model is set"),
        ("mute", "not ready within"),
        ("strange", "not in the protocol"),
    ],
)
async def test_why_a_start_fails_is_said_and_nothing_is_left(
    stand_in: Make, monkeypatch: pytest.MonkeyPatch, way: str, why: str
) -> None:
    monkeypatch.setattr(runtime, "START_SECONDS", 1.0 if way == "mute" else 20.0)
    subject = stand_in(way)
    with pytest.raises(StartFailed, match=why):
        async with subject.start():
            pass
    assert not await subject.launch().children.end_survivors()


async def test_mode_and_model_are_chosen_from_what_is_offered(stand_in: Make) -> None:
    async with stand_in(mode="plan", model="large").start() as trial:
        assert await asked(trial, "session/set_mode") == [{"modeId": "plan", "sessionId": "s-1"}]
        [chosen] = await asked(trial, "session/set_config_option")
        assert (chosen["configId"], chosen["value"]) == ("model", "large")
    with pytest.raises(StartFailed, match=r"no 'yolo'\. It has: default, plan"):
        async with stand_in(mode="yolo").start():
            pass


async def test_a_program_that_chooses_its_model_by_an_argument_is_given_it(stand_in: Make) -> None:
    class ByArgument(StandIn):
        model_argument = "--model"

    subject = stand_in(model="large")
    subject.runtime = ByArgument()
    async with subject.start() as trial:
        assert await asked(trial, "session/set_config_option") == []
        assert command_line(trial)[-2:] == ["--model", "large"]


# -- going on ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["load", "resume"])
async def test_a_conversation_goes_on_and_its_past_is_not_told_again(stand_in: Make, way: str) -> None:
    async with stand_in(way).start("s-1") as trial:
        assert [heard.what for heard in trial.heard.heard] == ["conversation"]
        assert trial.heard.all("conversation") == [("s-1", True)]


@pytest.mark.parametrize("way", ["load", "load-anything", "resume", "none"])
async def test_only_what_was_found_is_called_resumed(stand_in: Make, way: str) -> None:
    async with stand_in(way).start("gone") as trial:
        assert trial.heard.all("conversation") == [("s-1", False)]
        assert (await trial.turn("hello")).outcome == "done"


# -- turns -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("turn", "outcome", "detail"),
    [
        ("stop end_turn", "done", ""),
        ("stop cancelled", "interrupted", ""),
        ("stop refusal", "failed", "refused to go on"),
        ("stop max_tokens", "failed", "longer than"),
        ("stop max_turn_requests", "failed", "more requests"),
        ("stop of_the_future", "failed", "not in the protocol"),
        ("error", "failed", "Internal error: The model is away."),
    ],
)
async def test_how_a_turn_ends_is_told_even_if_nothing_was_said(
    stand_in: Make, turn: str, outcome: str, detail: str
) -> None:
    async with stand_in().start() as trial:
        id = await trial.send(turn)
        end = await trial.heard.until_ended()
        assert end.outcome == outcome
        assert detail in end.detail
        assert [heard.what for heard in trial.heard.heard] == ["conversation", "taken_up", "turn_ended"]
        assert trial.heard.all("taken_up") == [id]


async def test_a_turn_that_joins_is_taken_up_when_the_first_is_answered_and_both_end_together(stand_in: Make) -> None:
    async with stand_in().start() as trial:
        first = await trial.send("hold")
        second = await trial.send("together")
        await trial.heard.until_ended()
        told = [(heard.what, heard.value) for heard in trial.heard.heard[1:]]
        assert told == [
            ("taken_up", first),
            ("text", "about the first"),
            ("taken_up", second),
            ("text", "about the second"),
            ("turn_ended", TurnEnd("done")),
        ]
        await trial.turn("hello")
        assert len(trial.heard.all("turn_ended")) == 2


async def test_words_come_in_paragraphs(stand_in: Make) -> None:
    async with stand_in().start() as trial:
        await trial.turn("pieces")
        assert trial.heard.all("text") == ["One two.\n\nThree four.", "Another."]


async def test_a_long_message_is_heard_whole(stand_in: Make) -> None:
    async with stand_in().start() as trial:
        assert len(await said(trial, "long")) == 3_000_000


async def test_what_nobody_understands_does_no_harm(stand_in: Make, caplog: pytest.LogCaptureFixture) -> None:
    async with stand_in("stray").start() as trial:
        assert await said(trial, "unknown") == "heard"
        assert trial.session.last_output() == "Loading …\n[debug] not for you"
    assert not caplog.records


async def test_whatever_a_line_is_the_next_one_is_read(stand_in: Make) -> None:
    async with stand_in().start() as trial:
        assert await said(trial, "deep") == "heard"
        assert await said(trial, "long") == "x" * 3_000_000


async def test_a_tool_keeps_its_name_and_is_told_when_something_is_new(stand_in: Make) -> None:
    async with stand_in().start() as trial:
        await trial.turn("tool")
        assert trial.heard.all("tool") == [
            ToolUse("t", "bash", "running", "bash"),
            ToolUse("t", "bash", "running", "ls -l", {"command": "ls -l"}),
            ToolUse("t", "bash", "done", "ls -l", {"command": "ls -l"}, '{"lines": 1}'),
        ]


async def test_a_tool_of_which_nothing_more_is_told_has_failed_with_its_turn(stand_in: Make) -> None:
    async with stand_in().start() as trial:
        await trial.turn("ask reject_once")
        assert [use.status for use in trial.heard.all("tool")] == ["running", "failed"]


async def test_tokens_are_counted_with_what_came_from_a_cache(stand_in: Make) -> None:
    async with stand_in("load").start("s-1") as trial:
        await trial.turn("usage")
        [usage] = trial.heard.all("usage")
        assert (usage.tokens_in, usage.tokens_out) == (15, 3)
        assert usage.cost_usd == 0  # what the conversation had cost before was told then


async def test_a_program_that_cannot_be_heard_any_more_is_ended(stand_in: Make) -> None:
    async with stand_in().start() as trial:
        await trial.send("close")
        assert await trial.session.wait() < 0
        assert not trial.heard.all("turn_ended")


# -- permissions -------------------------------------------------------------------------------------------------------

ALL = "allow_always reject_always allow_once reject_once"


@pytest.mark.parametrize(
    ("given", "offered", "chosen"),
    [
        (PermissionAnswer(True), ALL, "the allow_once"),
        (PermissionAnswer(False), ALL, "the reject_once"),
        (PermissionAnswer(True), "allow_always reject_once", "the reject_once"),
        (PermissionAnswer(True), "allow_always", None),
        (PermissionAnswer(False), "allow_once reject_always", "the reject_always"),
        (PermissionAnswer(False), "allow_once", None),
        (PermissionAnswer(True), "", None),
        (ValueError("nobody is there"), ALL, "the reject_once"),
    ],
)
async def test_no_more_is_allowed_than_was_said(
    stand_in: Make, given: PermissionAnswer | Exception, offered: str, chosen: str | None
) -> None:
    async with stand_in().start(answer=given) as trial:
        outcome = json.loads(await said(trial, f"ask {offered}"))
        expected = {"outcome": "cancelled"} if chosen is None else {"optionId": chosen, "outcome": "selected"}
        assert outcome == expected
        [question] = trial.heard.all("ask")
        assert question.input == {"title": "rm -r x", "command": "rm -r x"}
        assert question.tool_use == trial.heard.all("tool")[0].id == "q"


@pytest.mark.parametrize(
    ("tool", "is_asked"),
    [("mcp__teammcp__send_dm", False), ("mcp__teammcp_too__send_dm", True), ("Bash", True), ("", True)],
)
async def test_nobody_is_asked_for_the_teams_own_tools(stand_in: Make, tool: str, is_asked: bool) -> None:
    async with stand_in().start(answer=PermissionAnswer(False)) as trial:
        outcome = json.loads(await said(trial, f"team {tool}"))
        assert outcome.get("optionId") == (None if is_asked else "allow_once")
        assert bool(trial.heard.all("ask")) is is_asked


def call(**told: Any) -> ToolCallUpdate:
    return ToolCallUpdate.model_validate({"toolCallId": "t", **told})


@pytest.mark.parametrize(
    ("dialect", "told", "name"),
    [
        (ClaudeDialect(), {"_meta": {"claudeCode": {"toolName": "Bash"}}}, "Bash"),
        (ClaudeDialect(), {"_meta": {"claudeCode": "odd"}}, ""),
        (CodexDialect(), {"rawInput": {"server": "teammcp", "tool": "send_dm"}}, "teammcp/send_dm"),
        (CodexDialect(), {"rawInput": ["teammcp/send_dm"]}, ""),
        (GeminiDialect(), {"toolCallId": "mcp_teammcp_send_dm__mcp_teammcp_send_dm_17"}, "mcp_teammcp_send_dm"),
        (GeminiDialect(), {"title": "mcp_teammcp_send_dm"}, ""),
        (QwenDialect(), {"_meta": {"toolName": "run_shell_command"}}, "run_shell_command"),
        (QwenDialect(), {}, ""),
    ],
)
def test_a_tools_name_is_where_each_program_tells_it(dialect: Dialect, told: dict[str, Any], name: str) -> None:
    assert dialect.named(call(**told)) == name


def test_without_a_name_a_title_of_one_word_or_the_kind_is_taken() -> None:
    guessed = Dialect().guessed
    assert guessed(call(title="teammcp_send_dm", kind="other")) == "teammcp_send_dm"
    assert guessed(call(title='{"a":1}', kind="other")) == "other"
    assert guessed(call(title="ls -l", kind="execute")) == "execute"
    assert guessed(call()) == "tool"


@pytest.mark.parametrize(
    ("dialect", "meta", "tokens"),
    [
        (GeminiDialect(), {"quota": {"token_count": {"input_tokens": 7, "output_tokens": 2}}}, (7, 2)),
        (GeminiDialect(), {"quota": {"token_count": {"input_tokens": -7}}}, (0, 0)),
        (QwenDialect(), {"usage": {"inputTokens": 7, "outputTokens": 2, "cachedReadTokens": 1}}, (8, 2)),
        (QwenDialect(), {"usage": None}, (0, 0)),
        (Dialect(), {"usage": {"inputTokens": 7}}, (0, 0)),
    ],
)
def test_tokens_are_where_each_program_tells_them(
    dialect: Dialect, meta: dict[str, Any], tokens: tuple[int, int]
) -> None:
    response = PromptResponse.model_validate({"stopReason": "end_turn", "_meta": meta})
    assert dialect.tokens(response) == tokens


# -- all of them -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("one", [one for one in RUNTIMES if isinstance(one, AcpRuntime)], ids=lambda one: one.name)
async def test_each_says_what_it_is_and_how_to_get_it(one: AcpRuntime) -> None:
    assert one.title
    assert one.description.endswith(".")
    for field in one.Options.model_fields.values():
        assert field.title
        assert field.description
        assert not field.is_required()
    if one.name not in {"example", "acp"}:
        with pytest.raises(NotInstalled, match="nstall"):
            await one.find(one.Options(), "")


async def test_any_program_has_to_be_named(stand_in: Make) -> None:
    nothing = programs.CustomOptions()
    assert (await programs.Custom().find(nothing, "")).path == ""
    for text in ("", "'open"):
        subject = stand_in()
        subject.options = programs.CustomOptions(program=text)
        with pytest.raises(StartFailed):
            async with subject.start():
                pass
