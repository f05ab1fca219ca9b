"""Programs that speak in lines of JSON: nothing that they say is lost, and nothing that they say stops the reading."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from teammcp_claude_launcher.runtime_kit import Recorder
from teammcp_claude_launcher.runtimes import lines
from teammcp_claude_launcher.runtimes.lines import KEPT, Lines, LineSession, Refused

from teammcp import Children, PermissionAnswer, PermissionQuestion, Turn

YES = PermissionAnswer(True)


class Heard(LineSession):
    """A session of a protocol that shows all that sessions share."""

    async def send(self, turn: Turn) -> None:
        await self.write({"turn": turn.text})

    def heard(self, message: dict[str, Any]) -> None:
        match message:
            case {"answer": key, "error": str(error)}:
                self.answered(key, Refused(error))
            case {"answer": key}:
                self.answered(key, message)
            case {"ask": key}:
                question = PermissionQuestion(key, "tool", {})
                self.ask(question, lambda answer: {"allowed": answer.allowed})
            case {"withdraw": key}:
                self.withdraw(key)
            case {"strange": shape}:
                raise KeyError(shape)
            case {"text": text}:
                self.listener.text(text)


@asynccontextmanager
async def session(folder: Path, program: str, recorder: Recorder) -> AsyncIterator[Heard]:
    """A Python program; ``say(…)`` in it writes a line."""
    say = "import json, sys\ndef say(**line): print(json.dumps(line), flush=True)\n"
    environment = {"PATH": os.environ["PATH"]}
    child = await Children(folder, "test").spawn(
        [sys.executable, "-c", say + program], environment=environment, kept=KEPT, separate_errors=True
    )
    async with child:
        yield Heard(child, recorder)


@given(st.lists(st.binary(max_size=20)), st.data())
def test_however_a_stream_is_cut_its_lines_are_the_same(written: list[bytes], data: st.DataObject) -> None:
    whole = b"".join(line.replace(b"\n", b"") + b"\n" for line in written)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)))))
    reader = Lines()
    read = [
        line
        for start, end in zip([0, *cuts], [*cuts, len(whole)], strict=True)
        for line in reader.feed(whole[start:end])
    ]
    assert read == [line.replace(b"\n", b"") for line in written if line.replace(b"\n", b"")]


def test_of_a_line_that_is_too_long_nothing_is_read_and_the_next_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "LONGEST_LINE", 10)
    reader = Lines()
    assert reader.feed(b"one\n0123456789") == [b"one"]
    assert reader.feed(b"abc") == []
    assert reader.feed(b"def\ntwo\n") == [b"two"]


async def test_a_program_that_writes_much_is_read_to_its_end(tmp_path: Path) -> None:
    recorder = Recorder(YES)
    program = "for number in range(3000): say(text=f'{number} ' + 'x' * 2000)"
    async with session(tmp_path, program, recorder) as heard:
        assert await heard.wait() == 0
        assert [int(text.split()[0]) for text in recorder.all("text")] == list(range(3000))
        assert heard.written > 6_000_000
    assert recorder.all("note") == []


async def test_others_have_their_turn_while_a_program_floods_and_no_line_of_it_is_lost(tmp_path: Path) -> None:
    recorder = Recorder(YES)
    turns: list[int] = []

    async def take_turns() -> None:
        while True:
            turns.append(len(recorder.heard))
            await asyncio.sleep(0)

    program = "for number in range(20_000): sys.stdout.write(json.dumps({'text': str(number)}) + chr(10))"
    async with session(tmp_path, program, recorder) as heard:
        other = asyncio.create_task(take_turns())
        assert await heard.wait() == 0
        other.cancel()
    assert recorder.all("text") == [str(number) for number in range(20_000)]
    assert max(later - earlier for earlier, later in pairwise(turns)) <= lines.SHARE + 1


async def test_the_last_line_is_read_also_without_its_end(tmp_path: Path) -> None:
    recorder = Recorder(YES)
    async with session(tmp_path, "sys.stdout.write(json.dumps({'text': 'one'}))", recorder) as heard:
        assert await heard.wait() == 0
    assert recorder.all("text") == ["one"]


async def test_what_is_no_line_of_the_protocol_is_kept_as_last_output(tmp_path: Path) -> None:
    recorder = Recorder(YES)
    program = "say(text='one'); print('Segmentation fault'); print('[1]'); say(text='two'); sys.exit('no license')"
    async with session(tmp_path, program, recorder) as heard:
        assert await heard.wait() == 1
        assert heard.last_output() == "Segmentation fault\n[1]\nno license"
    assert recorder.all("text") == ["one", "two"]


@pytest.mark.parametrize(
    "line", ["'[' * 100_000", "'{\"text\":' * 100_000", "'[' * 900 + ']' * 900", "'9' * 5000", "'\\x00'"]
)
async def test_whatever_a_line_is_the_next_one_is_read(tmp_path: Path, line: str) -> None:
    recorder = Recorder(YES)
    async with session(tmp_path, f"print({line}); say(text='more')", recorder) as heard:
        assert await heard.wait() == 0
    assert recorder.all("text") == ["more"]


async def test_a_line_of_an_unknown_shape_is_noted_once_and_does_not_stop_the_reading(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    recorder = Recorder(YES)
    async with session(
        tmp_path, "say(strange=1, secret='s3cret'); say(strange=2); say(text='more')", recorder
    ) as heard:
        await heard.wait()
    assert recorder.all("text") == ["more"]
    assert len(recorder.all("note")) == 1
    assert "['secret', 'strange']" in caplog.text
    assert "s3cret" not in caplog.text


async def test_a_request_is_answered_refused_or_ends_with_the_program(tmp_path: Path) -> None:
    program = """
for line in sys.stdin:
    asked = json.loads(line)["ask"]
    if asked == "good": say(answer="good", value=7)
    elif asked == "bad": say(answer="bad", error="not so")
    else: sys.exit(0)
"""
    async with session(tmp_path, program, Recorder(YES)) as heard:
        assert (await heard.request("good", {"ask": "good"}))["value"] == 7
        with pytest.raises(Refused, match="not so"):
            await heard.request("bad", {"ask": "bad"})
        with pytest.raises(BrokenPipeError):
            await heard.request("last", {"ask": "last"})
        heard.answered("last", {})  # nobody waits for it any more


async def test_a_question_is_answered_once_and_a_withdrawn_one_not_at_all(tmp_path: Path) -> None:
    program = """
say(ask="one")
for line in sys.stdin:
    print(line.strip(), file=sys.stderr)
    if "turn" in line: say(ask="two"); say(withdraw="two"); say(withdraw="one"); say(text="go on")
"""
    recorder = Recorder(YES)
    async with session(tmp_path, program, recorder) as heard:
        await anext(heard.child.errors.follow())
        recorder.silent.set()
        await heard.send(Turn("id", "ask again"))
        await recorder.until(lambda: recorder.all("text") == ["go on"], "the end of the questions")
        recorder.silent.clear()
        heard.child.close_input()
        await heard.wait()
        assert heard.child.errors.text() == '{"allowed": true}\n{"turn": "ask again"}\n'
    assert len(recorder.all("ask")) <= 2


async def test_a_program_that_is_not_ready_in_time_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "START_SECONDS", 0.1)
    async with session(tmp_path, "sys.stdin.read()", Recorder(YES)) as heard:
        with pytest.raises(lines.StartFailed, match=r"not ready within 0\.1 s"):
            await lines.opened(heard, heard.request("x", {}))
        assert heard.child.returncode is not None
