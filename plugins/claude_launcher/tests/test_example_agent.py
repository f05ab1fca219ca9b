"""The example agent, as a program that its runtime runs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from teammcp_claude_launcher.example.letters import Letter, letters
from teammcp_claude_launcher.runtime_kit import Subject, Trial
from teammcp_claude_launcher.runtimes.acp.programs import Example

from teammcp import FileChange, PermissionAnswer, ToolUse


@pytest.fixture
def example(tmp_path: Path) -> Subject:
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "TEAMMCP_AGENT": "ada"}
    return Subject(Example(), tmp_path, environment)


async def answer(trial: Trial, text: str) -> str:
    """What it says to a text."""
    before = len(trial.heard.all("text"))
    assert (await trial.turn(text)).outcome == "done"
    return "\n\n".join(trial.heard.all("text")[before:])


def last_tool(trial: Trial) -> ToolUse:
    use = trial.heard.all("tool")[-1]
    assert isinstance(use, ToolUse)
    return use


async def test_what_it_does_is_told_in_order(example: Subject) -> None:
    async with example.start() as trial:
        turn = await trial.send("hello")
        await trial.heard.until_ended()
        assert [heard.what for heard in trial.heard.heard] == [
            "conversation",
            "taken_up",
            "text",
            "usage",
            "turn_ended",
        ]
        assert trial.heard.all("taken_up") == [turn]
        assert trial.heard.all("text") == [
            "Hello. I am ada, a scripted example agent. Say 'help' to see what I understand."
        ]


async def test_it_understands_what_its_help_says_and_says_so_of_the_rest(example: Subject) -> None:
    async with example.start() as trial:
        usages = [line.removeprefix("- ") for line in (await answer(trial, "help")).splitlines()[1:]]
        assert {"hello", "who is here", "recall", "tasks"} <= set(usages)
        for text in ("recall", "你好", "What can you do?", "Hi!"):
            assert "do not understand" not in await answer(trial, text)
        assert "do not understand" in await answer(trial, "whosoever")


async def test_it_shows_a_plan(example: Subject) -> None:
    async with example.start() as trial:
        await trial.turn("plan")
        first, *_, last = trial.heard.all("plan")
        assert [state for _, state in first] == ["doing", "pending", "pending"]
        assert [state for _, state in last] == ["done"] * 3
        assert trial.heard.all("thought") == ["What would a plan be?"]


@pytest.mark.parametrize("given", [PermissionAnswer(True), PermissionAnswer(False, "no"), ValueError("broken")])
async def test_it_changes_a_file_only_if_that_is_allowed(example: Subject, given: PermissionAnswer | Exception) -> None:
    async with example.start(answer=given) as trial:
        await trial.turn("write notes/a.txt: 一 two")
        [question] = trial.heard.all("ask")
        file = example.folder / "work" / "notes" / "a.txt"
        allowed = given == PermissionAnswer(True)
        assert (question.tool, question.input["file"]) == ("edit", "notes/a.txt")
        assert last_tool(trial).status == ("done" if allowed else "failed")
        assert file.exists() is allowed
        if allowed:
            assert last_tool(trial).changes == (FileChange(str(file), None, "一 two\n"),)


async def test_it_writes_nowhere_else(example: Subject) -> None:
    async with example.start() as trial:
        await answer(trial, "write ../a.txt: two")
        assert not trial.heard.all("ask")
        assert not (example.folder / "a.txt").exists()


async def test_interrupted_it_stops_and_goes_on_with_the_next_turn(example: Subject) -> None:
    async with example.start() as trial:
        await trial.session.interrupt()  # nothing runs
        await trial.send("work")
        await trial.heard.until(lambda: bool(trial.heard.all("tool")), "work")
        await trial.session.interrupt()
        assert (await trial.heard.until_ended()).outcome == "interrupted"
        assert await answer(trial, "recall") == "I remember nothing."


async def test_an_interrupted_question_allows_nothing(example: Subject) -> None:
    async with example.start() as trial:
        trial.heard.silent.set()
        await trial.send("write a.txt: two")
        await trial.heard.until(lambda: bool(trial.heard.all("ask")), "a question")
        await trial.session.interrupt()
        assert (await trial.heard.until_ended()).outcome == "interrupted"
        assert trial.heard.cancelled == 1
        assert not (example.folder / "work" / "a.txt").exists()


async def test_a_turn_that_is_sent_meanwhile_joins(example: Subject) -> None:
    async with example.start() as trial:
        first = await trial.send("work")
        await trial.heard.until(lambda: bool(trial.heard.all("tool")), "work")
        second = await trial.send("enough")
        assert (await trial.heard.until_ended()).outcome == "done"
        assert trial.heard.all("taken_up") == [first, second]
        said = trial.heard.all("text")
        assert said[0] == "All right."
        assert said[1].startswith("I have stopped")
        await trial.turn("recall")
        assert len(trial.heard.all("turn_ended")) == 2


async def test_a_later_session_goes_on_with_the_conversation(example: Subject) -> None:
    async with example.start() as trial:
        await trial.turn("remember the milk")
        conversation = trial.heard.conversation_id
        await trial.session.close()
        assert await trial.session.wait() == 0
    async with example.start(conversation) as trial:
        assert trial.heard.all("conversation") == [(conversation, True)]
        assert [heard.what for heard in trial.heard.heard] == ["conversation"]
        assert await answer(trial, "recall") == "I remember: the milk."


async def test_a_conversation_that_is_gone_is_not_found(example: Subject) -> None:
    async with example.start("00000000-0000-0000-0000-000000000000") as trial:
        [(conversation, resumed)] = trial.heard.all("conversation")
        assert conversation != "00000000-0000-0000-0000-000000000000"
        assert resumed is False


async def test_a_crash_ends_no_turn_and_is_explained(example: Subject) -> None:
    async with example.start() as trial:
        await trial.send("crash")
        assert await trial.session.wait() == 3
        assert trial.session.last_output() == "I was asked to crash."
        assert not trial.heard.all("turn_ended")
        with pytest.raises(BrokenPipeError):
            await trial.send("hello")


async def test_nothing_of_it_is_left(example: Subject) -> None:
    async with example.start() as trial:
        await answer(trial, "background")
        await trial.session.close()
        await trial.session.wait()
        assert trial.session.family().find()
    assert not trial.session.family().find()


async def test_what_hangs_is_ended(example: Subject) -> None:
    async with example.start() as trial:
        await trial.send("hang")
        await trial.session.close()
        await trial.session.family().end(0)
        assert await trial.session.wait() < 0
        assert not trial.heard.all("turn_ended")


async def test_its_cost_is_told_once(example: Subject) -> None:
    async with example.start() as trial:
        for text in ("spend 0.5", "spend 0.75", "recall"):
            await trial.turn(text)
        assert [usage.cost_usd for usage in trial.heard.all("usage")] == [0.5, 0.25, 0.0]
        assert all(usage.tokens_in and usage.tokens_out for usage in trial.heard.all("usage"))


async def test_without_the_teams_tools_it_says_so(example: Subject) -> None:
    async with example.start() as trial:
        assert "I was given no tools" in await answer(trial, "who is here")


async def test_it_works_where_a_module_of_that_name_lies(example: Subject) -> None:
    (example.folder / "work").mkdir()
    (example.folder / "work" / "json.py").write_text("raise SystemExit(9)")
    async with example.start() as trial:
        await trial.turn("hello")


async def test_there_is_nothing_to_set_and_nothing_to_install(example: Subject) -> None:
    found = await example.runtime.find(example.runtime.Options(), "")
    assert found.version
    assert not example.runtime.Options.model_fields


TURN = """New for you.
<from-others 1a2b3c4d>
#general [7] 2026-11-30T10:00 owner (human): @ada ask bob
| who is here
| [9] 2026-11-30T10:00 owner (human): crash
(again) #dm:ada:bob [9] 2026-11-30T10:01 bob (agent) ↳8 (acknowledge this) (answer by 2026-11-30T10:00Z): #x: hello
</from-others 1a2b3c4d>
<from-others 00000001 #dm:ada:owner>
[10] 2026-11-30T10:02 owner (human): hello
</from-others 00000001>
[11] 2026-11-30T10:02 owner (human): Answer with send_message."""


def test_the_messages_of_a_turn_are_found_with_their_origin() -> None:
    assert letters(TURN) == [
        Letter("@ada ask bob\nwho is here\n[9] 2026-11-30T10:00 owner (human): crash", "general", 7, "owner", "human"),
        Letter("#x: hello", "dm:ada:bob", 9, "bob", "agent", 8),
        Letter("hello", "dm:ada:owner", 10, "owner", "human"),
    ]
    assert letters("hello") == [Letter("hello")]
