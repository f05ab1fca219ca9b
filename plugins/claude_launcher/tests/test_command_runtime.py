"""The runtime for any command."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

import pytest
from teammcp_claude_launcher.runtime_kit import Subject
from teammcp_claude_launcher.runtimes.command import LONGEST_ANSWER, CommandOptions, CommandRuntime

from teammcp import NotInstalled, StartFailed, TurnEnd


def subject(folder: Path, *command: str) -> Subject:
    """A command in an environment that finds programs."""
    options = CommandOptions(command=shlex.join(command))
    return Subject(CommandRuntime(), folder, {"PATH": os.environ["PATH"], "GREETING": "hello"}, options=options)


def python(folder: Path, program: str) -> Subject:
    return subject(folder, sys.executable, "-c", program)


async def test_a_command_reads_the_message_and_answers(tmp_path: Path) -> None:
    async with subject(tmp_path, "tr", "a-z", "A-Z").start() as trial:
        assert trial.session.pid == 0
        turn = await trial.send("what is up?")
        assert await trial.session.wait() == 0
    assert trial.heard.all("taken_up") == [turn]
    assert trial.heard.all("text") == ["WHAT IS UP?"]
    assert trial.heard.all("turn_ended") == [TurnEnd("done")]
    assert trial.session.written == len("WHAT IS UP?\n")


async def test_it_is_given_its_folder_and_its_environment_and_no_other(tmp_path: Path) -> None:
    program = "import os; print(os.getcwd()); print(sorted(set(os.environ) - {'LC_CTYPE'}))"
    async with python(tmp_path, program).start() as trial:
        await trial.turn("")
    folder, names = trial.heard.all("text")[0].splitlines()
    assert folder == str(tmp_path / "work")
    assert names == "['GREETING', 'PATH', 'TEAMMCP_CHILD', 'TEAMMCP_KEY']"


async def test_a_command_that_does_not_read_its_input_answers_too(tmp_path: Path) -> None:
    async with subject(tmp_path, "echo", "twelve").start() as trial:
        assert await trial.turn("what is the time? " * 100_000) == TurnEnd("done")
    assert trial.heard.all("text") == ["twelve"]


async def test_a_command_that_says_nothing_has_done_its_turn(tmp_path: Path) -> None:
    async with subject(tmp_path, "true").start() as trial:
        assert await trial.turn("work") == TurnEnd("done")
    assert len(trial.heard.all("taken_up")) == 1
    assert trial.heard.all("text") == []


async def test_a_turn_is_taken_up_at_the_first_output(tmp_path: Path) -> None:
    async with python(tmp_path, "import time; print('on it', flush=True); time.sleep(60)").start() as trial:
        turn = await trial.send("work")
        await trial.heard.until(lambda: trial.heard.all("taken_up") == [turn], "the receipt")
        assert not trial.heard.all("turn_ended")


async def test_a_failed_command_says_with_what(tmp_path: Path) -> None:
    async with python(tmp_path, "import sys; print('half'); sys.exit('no such file: x')").start() as trial:
        assert await trial.turn("work") == TurnEnd("failed", "It ended with code 1: no such file: x")
        assert await trial.session.wait() == 1
    assert trial.heard.all("text") == ["half"]
    assert trial.session.last_output() == "no such file: x"


async def test_a_command_that_a_signal_ends_has_not_ended_its_turn(tmp_path: Path) -> None:
    async with python(tmp_path, "import os; print('up', flush=True); os.kill(os.getpid(), 9)").start() as trial:
        await trial.send("work")
        assert await trial.session.wait() == -9
    assert not trial.heard.all("turn_ended")
    assert trial.session.last_output() == "up"


async def test_a_second_message_needs_another_run(tmp_path: Path) -> None:
    async with subject(tmp_path, "cat").start() as trial:
        await trial.turn("one")
        with pytest.raises(BrokenPipeError):
            await trial.send("two")


async def test_a_session_that_is_closed_before_a_message_starts_nothing(tmp_path: Path) -> None:
    async with subject(tmp_path, "cat").start() as trial:
        await trial.session.close()
        assert await trial.session.wait() == 0
        with pytest.raises(BrokenPipeError):
            await trial.send("too late")
    assert trial.session.pid == 0


async def test_of_a_long_answer_the_end_is_kept_and_that_is_said(tmp_path: Path) -> None:
    async with python(tmp_path, f"print('x' * {LONGEST_ANSWER} + 'the end')").start() as trial:
        await trial.turn("work")
    assert trial.heard.all("text")[0].endswith("the end")
    assert len(trial.heard.all("text")[0]) <= LONGEST_ANSWER
    assert trial.heard.all("note") == [f"The answer was longer than {LONGEST_ANSWER} bytes; only its end was kept."]


async def test_a_child_that_keeps_the_output_open_does_not_hold_the_answer_up(tmp_path: Path) -> None:
    program = "import subprocess; print('done'); subprocess.Popen(['sleep', '60'], start_new_session=True)"
    async with python(tmp_path, program).start() as trial:
        assert await trial.turn("work") == TurnEnd("done")
        assert len(trial.session.family().find()) == 1


@pytest.mark.parametrize(
    ("command", "error", "text"),
    [
        ("", StartFailed, "No command is set"),
        ("'unclosed", StartFailed, "No closing quotation"),
        ("no-such-program -x", NotInstalled, "'no-such-program' is not on this machine"),
    ],
)
async def test_a_command_that_cannot_be_run_is_refused_at_the_start(
    tmp_path: Path, command: str, error: type[Exception], text: str
) -> None:
    tried = Subject(CommandRuntime(), tmp_path, {"PATH": "/usr/bin:/bin"}, options=CommandOptions(command=command))
    with pytest.raises(error, match=text):
        async with tried.start():
            pass


async def test_a_folder_that_is_gone_is_named(tmp_path: Path) -> None:
    tried = subject(tmp_path, "cat")
    launch = tried.launch()
    launch.folder.rmdir()
    with pytest.raises(StartFailed, match=f"{launch.folder} is not there"):
        await tried.runtime.start(launch, None)  # type: ignore[arg-type]


async def test_any_command_can_be_set_where_none_is(tmp_path: Path) -> None:
    runtime = CommandRuntime()
    assert (await runtime.find(CommandOptions(), "/usr/bin:/bin")).path == ""
    assert (await runtime.find(CommandOptions(command="cat -n"), "/usr/bin:/bin")).path in ("/usr/bin/cat", "/bin/cat")
    with pytest.raises(NotInstalled):
        await runtime.find(CommandOptions(command="cat"), "")
