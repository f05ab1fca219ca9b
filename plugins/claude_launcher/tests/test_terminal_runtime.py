"""The runtime ``terminal``: a program in a pseudo terminal is shown, typed into where it may be, and ended whole."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from teammcp_claude_launcher.runtime_kit import Subject, Trial
from teammcp_claude_launcher.runtimes import pseudo_terminal, typing
from teammcp_claude_launcher.runtimes.terminal import PROMPT, TerminalOptions, TerminalRuntime
from teammcp_claude_launcher.screen import Emulator

from teammcp import NotInstalled, StartFailed, TurnEnd

TUI = Path(__file__).parent / "stand_ins" / "tui.py"


@pytest.fixture
def tui(tmp_path: Path) -> Callable[..., Subject]:
    """The runtime with the program above, in one of its moods."""

    def subject(mood: str = "", command: str = "", **options: object) -> Subject:
        given = {"quiet_seconds": 0.1, "before_enter_seconds": 0.02, "columns": 60, "rows": 20, **options}
        command = command or f"{sys.executable} -S {TUI} {mood}"
        return Subject(
            TerminalRuntime(),
            tmp_path,
            {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"},
            options=TerminalOptions.model_validate({"command": command, **given}),
            guide="",
        )

    return subject


async def until(trial: Trial, text: str) -> str:
    """Wait until the screen shows a text."""
    terminal = trial.session.terminal
    assert isinstance(terminal, pseudo_terminal.PseudoTerminal)
    async with asyncio.timeout(20):
        while text not in terminal.text():
            await terminal.written_after(terminal.output.written)
    return terminal.text()


async def test_turns_are_typed_taken_up_and_answered_on_the_screen(tui: Callable[..., Subject]) -> None:
    subject = tui()
    subject.guide = "You are a test."
    async with subject.start() as trial:
        assert await trial.turn("hello \x1b[A\x03\n!say friend") == TurnEnd("done")
        assert len(trial.heard.all("taken_up")) == 1
        assert trial.heard.all("text") == ["me: friend"]  # without the echo of the turn
        assert await trial.turn("!say once more") == TurnEnd("done")
        assert trial.heard.all("text")[1] == "me: once more"
        assert "you: You are a test. |  | hello [A | !say friend" in await until(trial, "me: once more")


async def test_a_turn_lasts_as_long_as_the_program_works(tui: Callable[..., Subject]) -> None:
    async with tui().start() as trial:
        await trial.turn("!work 0.4")
        assert trial.heard.all("text") == ["me: done"]


async def test_nothing_is_typed_into_a_dialog(tui: Callable[..., Subject]) -> None:
    async with tui("dialog").start() as trial:
        await until(trial, "(y/n)")
        await trial.send("!say yes please")
        await asyncio.sleep(0.4)
        assert trial.heard.heard == []
        assert trial.session.terminal is not None
        await trial.session.terminal.keys("y")
        await trial.heard.until_ended()
        assert "trusted: y" in await until(trial, "me: yes please")


async def test_what_somebody_has_half_typed_is_not_sent_along(tui: Callable[..., Subject]) -> None:
    async with tui().start() as trial:
        terminal = trial.session.terminal
        assert terminal is not None
        await until(trial, ">")
        await terminal.keys("rm -r")
        await until(trial, "> rm -r")
        await trial.send("!say hello")
        await asyncio.sleep(0.4)
        assert trial.heard.all("taken_up") == []
        await trial.session.interrupt()  # nothing runs, so no key is pressed
        assert "> rm -r" in terminal.text()
        await terminal.keys("", ["escape"])
        await trial.heard.until_ended()
        assert "you: !say hello\nme: hello" in terminal.text()


SHELLS = ("bash-5.2#", "$", "ann@box:~/a-dir$", "[root@box work]#", "(venv) ann@box:/srv$", "ann@mac ~ %", "box1%")
PROGRAMS = ("❯", "~/work ❯", "sqlite>", ">>>", "(Pdb)>", "> Type your message or @path/to/file")


@pytest.mark.parametrize("line", PROGRAMS)
def test_the_usual_prompts_are_known(line: str) -> None:
    assert re.fullmatch(PROMPT, line)


@pytest.mark.parametrize(
    "line", ["> rm -r", "$ ls", "50%", "12.5 %", "it is written in C#", "<p>text</p>", "a => b", ""]
)
def test_what_is_no_empty_prompt_is_not_taken_for_one(line: str) -> None:
    assert not re.fullmatch(PROMPT, line)


@pytest.mark.parametrize("line", SHELLS)
def test_a_shell_is_no_program_to_type_into_unless_somebody_says_so(line: str) -> None:
    assert not re.fullmatch(PROMPT, line)


async def test_a_turn_is_typed_at_the_prompt_of_a_plain_command_line(tui: Callable[..., Subject]) -> None:
    command = f"""{sys.executable} -S -c "while True: print('got', len(input('tool-5.2> ')))" """
    async with tui(command=command).start() as trial:
        await trial.turn("hello")
        assert "got 5" in trial.heard.all("text")[0]


async def test_a_turn_that_cannot_be_typed_is_told_of_once(
    tui: Callable[..., Subject], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(typing, "TOLD_SECONDS", 0.3)
    command = f"""{sys.executable} -S -c "input('what now '); input('> ')" """
    async with tui(command=command).start() as trial:
        terminal = trial.session.terminal
        assert terminal is not None
        await trial.send("hello")
        async with asyncio.timeout(20):
            while not trial.heard.heard:  # noqa: ASYNC110 - the clock is the loop's
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.4)
        assert trial.heard.all("note") == [typing.WAITS]
        assert [heard.what for heard in trial.heard.heard] == ["note"]
        await terminal.keys("", ["enter"])
        await until(trial, "> hello")
        await trial.session.close()
        await trial.session.wait()
        assert trial.heard.all("note") == [typing.WAITS]


async def test_enter_is_not_pressed_where_the_text_is_not_seen(
    tui: Callable[..., Subject], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(typing, "SHOWN_SECONDS", 0.1)
    async with tui("hidden").start() as trial:
        end = await trial.turn("hello")
        assert end.outcome == "failed"
        assert trial.heard.all("taken_up") == []
        assert len(trial.heard.all("note")) == typing.ATTEMPTS


async def test_a_program_that_leaves_lines_to_the_terminal_gets_one_that_fits(tui: Callable[..., Subject]) -> None:
    command = f"""{sys.executable} -S -c "while True: print('got', len(input('> ')))" """
    async with tui(command=command, columns=100).start() as trial:
        await trial.turn("a\nb")
        assert "got 3" in trial.heard.all("text")[0]  # the lines are joined
        await trial.turn("x" * 5000)
        assert "got 4092" in trial.heard.all("text")[1]
        assert "was cut" in trial.heard.all("note")[0]


async def test_keys_are_pressed_as_the_program_wants_them(tui: Callable[..., Subject]) -> None:
    command = f"""{sys.executable} -S -c "
import os, tty
tty.setraw(0)
os.write(1, b'\\x1b[?1hready')
while True: os.write(1, repr(os.read(0, 99)).encode())
" """
    async with tui(command=command).start() as trial:
        terminal = trial.session.terminal
        assert terminal is not None
        await until(trial, "ready")
        await terminal.keys("a\x1bb", ["up", "f1", "ctrl-c", "y", "shift-tab"])
        await until(trial, "Z")
        assert terminal.text().replace("\n", "").replace("'b'", "") == r"readyb'ab\x1bOA\x1bOP\x03y\x1b[Z'"


async def test_a_crash_is_seen_with_what_was_last_shown(tui: Callable[..., Subject]) -> None:
    async with tui().start() as trial:
        await trial.send("!die")
        assert await trial.session.wait() == 7
        assert "you: !die" in trial.session.last_output()
        assert trial.heard.all("turn_ended") == []
        with pytest.raises(BrokenPipeError):
            await trial.send("more")


async def test_closing_hangs_up_and_nothing_is_left(tui: Callable[..., Subject]) -> None:
    async with tui().start() as trial:
        await trial.turn("!leave")
        assert len(await asyncio.to_thread(trial.session.family().find)) == 2
        await trial.session.close()
        assert await trial.session.wait() == 0
        assert await trial.session.family().end(1) == []
        assert await asyncio.to_thread(trial.session.family().find) == {}


@pytest.mark.parametrize("number", pseudo_terminal.FROM_TERMINALS)
async def test_a_program_gets_the_signals_that_its_runner_ignores(
    tui: Callable[..., Subject], number: signal.Signals
) -> None:
    before = signal.signal(number, signal.SIG_IGN)
    try:
        async with tui(command="sh -c 'grep SigIgn /proc/self/status; sleep 60'").start() as trial:
            shown = await until(trial, "SigIgn:")
            assert int(shown.partition("SigIgn:")[2].split()[0], 16) >> (number - 1) & 1 == 0
    finally:
        signal.signal(number, before)


async def test_whoever_looks_on_sees_the_screen_and_what_comes(tui: Callable[..., Subject]) -> None:
    async with tui().start() as trial:
        terminal = trial.session.terminal
        assert terminal is not None
        await trial.turn("!say first")
        other, seen = Emulator(60, 20), b""
        async with terminal.watch() as written:
            other.feed(terminal.ansi())
            await terminal.keys("second")
            async with asyncio.timeout(20):
                while "> second" not in other.text():
                    other.feed(await anext(written))
            assert "me: first" in other.text()
            assert other.text() == terminal.text()
            terminal.resize(50, 10)
            async with asyncio.timeout(20):
                while b"\x1b[8;10;50t" not in seen:
                    seen += await anext(written)
        assert (terminal.columns, terminal.rows) == (50, 10)
        assert b"\x1b[8;10;50t" in terminal.ansi()


async def test_a_slow_onlooker_gets_the_screen_instead_of_what_it_missed(
    tui: Callable[..., Subject], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pseudo_terminal, "KEPT", 2000)
    async with tui(
        command=f"{sys.executable} -S -c \"input('> '); print('line\\n' * 1000); input('end')\""
    ).start() as trial:
        terminal = trial.session.terminal
        assert terminal is not None
        other = Emulator(60, 20)
        async with terminal.watch() as written:
            other.feed(terminal.ansi())
            await terminal.keys("", ["enter"])
            await until(trial, "end")
            other.feed(await anext(written))
            assert other.text() == terminal.text()


async def test_a_flood_is_slowed_down_and_the_screen_shows_its_end(tui: Callable[..., Subject]) -> None:
    command = f"""{sys.executable} -S -c "
import sys
sys.stdout.write('\\x1b[?1049h')
for n in range(30000): print('line', n)
input('end')" """
    async with tui(command=command).start() as trial:
        await until(trial, "end")
        terminal = trial.session.terminal
        assert isinstance(terminal, pseudo_terminal.PseudoTerminal)
        assert "line 29999" in terminal.text()
        assert terminal.ansi().count(b"\x1b[?1049h") == 1


async def test_typing_into_a_program_that_does_not_read_is_given_up(
    tui: Callable[..., Subject], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pseudo_terminal, "UNREAD", 0.1)
    async with tui("deaf").start() as trial:
        terminal = trial.session.terminal
        assert terminal is not None
        await until(trial, ">")
        with pytest.raises(BrokenPipeError, match="does not read"):
            await terminal.keys("x" * 100_000)


async def test_what_cannot_be_started_says_why(tui: Callable[..., Subject], tmp_path: Path) -> None:
    for command, error, text in (
        ("nowhere-to-be-found", NotInstalled, "'command'"),
        ("'", StartFailed, "quotation"),
        ("  ", NotInstalled, "'command'"),
        (str(tmp_path), NotInstalled, "'command'"),
    ):
        with pytest.raises(error, match=text):
            async with tui(command=command).start():
                pass
    broken = tmp_path / "broken"
    broken.write_text("#!/nowhere/at/all\n", encoding="utf-8")
    broken.chmod(0o700)
    with pytest.raises(StartFailed, match="cannot be run"):
        async with tui(command=str(broken)).start():
            pass


@pytest.fixture(autouse=True)
async def no_task_is_left() -> AsyncIterator[None]:
    yield
    await asyncio.sleep(0)
    assert [task for task in asyncio.all_tasks() if task is not asyncio.current_task()] == []
