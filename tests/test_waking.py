"""The helper beside a program: it rings when the server says so, and ends with the program."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from teammcp.net.transport import Connection
from teammcp.waking import loop
from teammcp.waking.life import Process
from teammcp.waking.lock import only_one
from teammcp.waking.loop import Doing, End, Helper, Ring


class Program:
    """A session that does as the test says."""

    name, way, carries, once = "claude:1", "inbox_socket", False, False

    def __init__(self, failures: tuple[str, ...] = (), alive_for: int = 10**6) -> None:
        self.lines: list[str] = []
        self.does: list[Doing] = [""]
        self.failures = [*failures]
        self.alive_for = alive_for

    def lives(self) -> bool:
        self.alive_for -= 1
        return self.alive_for >= 0

    def doing(self) -> Doing:
        self.does = self.does[1:] or self.does
        return self.does[0]

    def ring(self, line: str) -> str:
        self.lines.append(line)
        return self.failures.pop(0) if self.failures else ""


class Server:
    """Answers as the test says, and then that the key is refused."""

    def __init__(self, *answers: loop.Answer) -> None:
        self.answers = [*answers]
        self.told: list[tuple[str, str]] = []
        self.said: list[str] = []
        self.confirmed: list[int] = []
        self.ended = 0
        self.waits = threading.Event()
        self.waits.set()
        self.heard: list[str] = []
        self.hears: list[bool] = []

    def wait(self, rung: str, failure: str, doing: Doing) -> loop.Answer:
        self.told.append((rung, failure))
        self.said.append(doing)
        self.waits.wait(5)
        return self.answers.pop(0) if self.answers else 401

    def tell(self, doing: Doing) -> bool:
        self.heard.append(doing)
        return self.hears.pop(0) if self.hears else True

    def confirm(self, message_ids: tuple[int, ...]) -> None:
        self.confirmed += message_ids

    def end(self) -> None:
        self.ended += 1


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "LOOK", 0.01)
    monkeypatch.setattr(loop, "FIRST_PAUSE", 0.001)


def run(program: Program, server: Server) -> End:
    return Helper(program, server).run()  # type: ignore[arg-type]


def test_it_rings_as_told_and_says_of_each_ring_what_came_of_it() -> None:
    program = Program(failures=("", "its socket is gone"))
    server = Server(Ring("7-1", "one"), Ring("7-2", "two"), Ring())
    assert run(program, server) is End.REFUSED
    assert program.lines == ["one", "two"]
    assert server.told == [("", ""), ("7-1", ""), ("7-2", "its socket is gone"), ("7-2", "")]


def test_a_report_that_the_server_does_not_take_keeps_no_program_deaf() -> None:
    program = Program(failures=("odd words",))
    server = Server(Ring("7-1", "one"), 400, Ring("8-1", "two"))
    run(program, server)
    assert program.lines == ["one", "two"]
    assert server.told[1:3] == [("7-1", "odd words"), ("", "")]


def test_what_is_said_of_a_line_is_what_every_server_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    bodies: list[bytes] = []

    def post(_: Connection, path: str, body: bytes, headers: object) -> None:
        bodies.append(body)

    monkeypatch.setattr(Connection, "post", post)
    asker = loop.Asker("http://localhost:1", "key", Program())
    asker.wait("7-1", "no such file: \udcff" + "x" * 400, "")
    said = json.loads(bodies[0])["failure"]
    assert said.startswith("no such file: ?x")
    assert len(said) == loop.REPORTED


def test_a_program_that_answers_as_none_did_before_is_a_reason_and_not_the_end_of_its_helper() -> None:
    class Odd(Program):
        def ring(self, line: str) -> str:
            super().ring(line)
            raise KeyError("result")

    program, server = Odd(), Server(Ring("7-1", "one"), Ring("7-2", "two"))
    assert run(program, server) is End.REFUSED
    assert program.lines == ["one", "two"]
    assert "KeyError" in server.told[1][1]


def test_a_server_that_is_away_is_waited_for() -> None:
    program = Program()
    program.does = ["waiting"]
    server = Server(None, 502, 404, None, Ring("7-1", "one"))
    assert run(program, server) is End.REFUSED
    assert program.lines == ["one"]
    assert server.said == ["", *["waiting"] * 4, ""], "what one that was started anew cannot know"


def test_nothing_is_taken_for_a_program_that_is_gone() -> None:
    server = Server(Ring("7-1", "one"))
    assert run(Program(alive_for=0), server) is End.GONE
    assert (server.told, server.ended) == ([], 1)


def test_nothing_is_rung_in_a_program_that_went_meanwhile() -> None:
    program, server = Program(alive_for=1), Server(Ring("7-1", "one"))
    assert run(program, server) is End.GONE
    assert (program.lines, server.ended) == ([], 1)


def test_what_a_line_has_brought_is_confirmed_and_what_it_has_not_is_not() -> None:
    program = Program(failures=("not taken", ""))
    server = Server(Ring("7-1", "one", [7]), Ring("8-1", "two", [8]))
    run(program, server)
    assert server.confirmed == [8]


def test_it_ends_when_it_is_stopped() -> None:
    helper = Helper(Program(), Server())  # type: ignore[arg-type]
    helper.stop()
    assert helper.run() is End.STOPPED


def test_what_a_program_does_is_told_once_it_has_stayed_so() -> None:
    program, server = Program(alive_for=14), Server()
    server.waits.clear()
    program.does = ["", "idle", "busy", "idle", "idle", "idle", "waiting", "waiting", "waiting", "", "busy", "busy"]
    server.hears = [True, False, True]
    assert run(program, server) is End.GONE
    server.waits.set()
    assert server.heard == ["idle", "waiting", "waiting", "busy"], "what was not heard is told again"


# -- life and lock -----------------------------------------------------------------------------------------------------


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process
        process.kill()


def test_a_process_that_nobody_has_buried_is_dead(child: subprocess.Popen[bytes]) -> None:
    process = Process.of(child.pid)
    assert process is not None
    assert process.lives()
    assert not Process(child.pid, "1").lives(), "another one that had its number"
    child.kill()
    while process.lives():
        pass
    assert child.returncode is None, "it is a zombie"
    assert Process.of(child.pid) is None


def test_one_helper_for_each_session_and_member(
    child: subprocess.Popen[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("teammcp.waking.lock.wakes_folder", lambda: tmp_path)
    (tmp_path / "claude-1-5-0.lock").touch()
    process = Process.of(child.pid)
    assert process is not None
    with only_one("claude", process, "http://a", "key") as first, only_one("claude", process, "http://a", "key") as two:
        assert (first, two) == (True, False)
        with only_one("claude", process, "http://a", "other") as other:
            assert other
    with only_one("claude", process, "http://a", "key") as again:
        assert again
    assert not (tmp_path / "claude-1-5-0.lock").exists(), "of a program that has ended"
    assert "key" not in "".join(each.name for each in tmp_path.iterdir())
