"""Codex is rung where somebody watches: by its daemon, or by its queue; and what went wrong is said in words."""

from __future__ import annotations

import fcntl
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, CloseConnection, Request, TextMessage

from teammcp.waking import last, lock
from teammcp.waking.codex import ANOTHERS, LOOKED_BACK, CodexSession, Place, Transcript, find, is_held, lock_of
from teammcp.waking.codex_server import started, trusted
from teammcp.waking.last import LastPlace, is_attended
from teammcp.waking.life import Process
from teammcp.waking.loop import Doing, End, Ended

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Codex has no lock on a conversation there")

THREAD = "01a22d29-e90b-7bb2-a10a-09710f842df8"
HOLD = (
    "import fcntl, sys, time; f = open(sys.argv[1]); fcntl.flock(f, 2); "
    "g = open(sys.argv[2], 'a'); print('', flush=True); time.sleep(600)"
)


class Daemon:
    """A control socket that answers as it is told, and notes what it was asked."""

    def __init__(self, path: Path) -> None:
        self.asked: list[tuple[str, Any]] = []
        self.answers: dict[str, Any] = {"thread/read": {"result": {"thread": {"status": {"type": "idle"}}}}}
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            with peer:
                self._talk(peer)

    def _talk(self, peer: socket.socket) -> None:
        protocol = WSConnection(ConnectionType.SERVER)
        while True:
            protocol.receive_data(peer.recv(65536) or None)
            for event in protocol.events():
                if isinstance(event, Request):
                    peer.sendall(protocol.send(AcceptConnection()))
                elif isinstance(event, TextMessage):
                    for answer in self._answers(json.loads(event.data)):
                        peer.sendall(protocol.send(TextMessage(data=json.dumps(answer))))
                elif isinstance(event, CloseConnection):
                    return

    def _answers(self, call: dict[str, Any]) -> Iterator[dict[str, Any]]:
        assert "jsonrpc" not in call
        self.asked.append((call["method"], call.get("params")))
        if "id" in call:
            yield {"method": "configWarning", "params": {}}  # it tells things unasked
            yield {"id": call["id"], **self.answers.get(call["method"], {"result": {}})}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "thread-writer-locks").mkdir()
    lock_of(tmp_path, THREAD).touch()
    return tmp_path


@pytest.fixture
def held(home: Path) -> Iterator[Callable[[], None]]:
    """Somebody runs the conversation; call it to let go."""
    with lock_of(home, THREAD).open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield lambda: fcntl.flock(file, fcntl.LOCK_UN)


@pytest.fixture
def control(home: Path) -> Iterator[Daemon]:
    with closing(Daemon(home / "control.sock")) as daemon:
        yield daemon


@pytest.fixture
def run() -> Iterator[Callable[..., Process]]:
    """Starts processes that end with the test."""
    running: list[subprocess.Popen[str]] = []

    def run(*command: str, **environment: str) -> Process:
        begun = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, **environment})
        running.append(begun)
        assert begun.stdout is not None
        begun.stdout.readline()
        found = Process.of(begun.pid)
        assert found is not None
        return found

    yield run
    for process in running:
        process.kill()
        process.communicate()


class Times:
    """A clock that a sleep moves on."""

    def __init__(self, *happens: Callable[[], object]) -> None:
        self.now, self._happens = 0.0, [*happens]

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        if self._happens:
            self._happens.pop(0)()


def terminal(run: Callable[..., Process]) -> Process:
    return run(sys.executable, "-c", "import time; print(flush=True); time.sleep(600)")


def end(process: Process) -> None:
    os.kill(process.pid, 9)
    while process.lives():
        pass


def session(
    home: Path, *terminals: Process, control: bool = False, program: str = "codex", times: Times | None = None
) -> CodexSession:
    times = times or Times()
    place = Place(THREAD, home, terminals[0], program, home / "control.sock" if control else None, terminals)
    return CodexSession(place, lambda: True, clock=times, sleep=times.sleep)


def started_turns(daemon: Daemon) -> list[Any]:
    return [arguments for method, arguments in daemon.asked if method == "turn/start"]


def test_a_daemon_starts_a_turn_with_the_line(
    home: Path, held: Any, control: Daemon, run: Callable[..., Process]
) -> None:
    codex = session(home, terminal(run), control=True)
    assert (codex.name, codex.way) == (f"codex:{THREAD}", "codex_daemon")
    assert codex.ring("[wake 7-1] look") == ""
    assert started_turns(control) == [{"threadId": THREAD, "input": [{"type": "text", "text": "[wake 7-1] look"}]}]


def test_a_control_socket_is_found_where_its_path_is_too_long(
    home: Path, held: Any, control: Daemon, run: Callable[..., Process]
) -> None:
    long = home.joinpath(*["a" * 50] * 3)
    long.mkdir(parents=True)
    (long / "control.sock").symlink_to(home / "control.sock")
    window = terminal(run)
    place = Place(THREAD, home, window, "codex", long / "control.sock", (window,))
    assert CodexSession(place, lambda: True).ring("look") == ""


def test_nothing_is_put_into_an_open_dialog(
    home: Path, held: Any, control: Daemon, run: Callable[..., Process]
) -> None:
    status = {"type": "active", "activeFlags": ["waitingOnApproval"]}
    control.answers["thread/read"] = {"result": {"thread": {"status": status}}}
    codex = session(home, terminal(run), control=True)
    assert "dialog" in codex.ring("look")
    assert started_turns(control) == []


def test_a_conversation_of_a_daemon_that_may_be_another_agents_is_not_rung(
    home: Path, held: Any, control: Daemon, run: Callable[..., Process]
) -> None:
    control.answers["thread/read"] = {"result": {"thread": {"cwd": "/work/other"}}}
    window = terminal(run)
    place = Place(THREAD, home, window, "codex", home / "control.sock", (window,))
    codex = CodexSession(place, lambda: True, lambda folder: folder != Path("/work/other"))
    assert codex.ring("look") == ANOTHERS
    assert started_turns(control) == []


def test_a_daemon_that_refuses_or_is_gone_is_said_so(
    home: Path, held: Any, control: Daemon, run: Callable[..., Process]
) -> None:
    control.answers["turn/start"] = {"error": {"code": -32600, "message": "thread not found"}}
    codex = session(home, terminal(run), control=True)
    assert codex.ring("look") == "Codex's daemon refuses the line: thread not found"
    (home / "control.sock").unlink()
    assert "cannot be reached" in codex.ring("look")


def test_a_conversation_that_nobody_runs_or_watches_is_not_rung(
    home: Path, held: Callable[[], None], control: Daemon, run: Callable[..., Process]
) -> None:
    window = terminal(run)
    codex = session(home, window, control=True)
    assert codex.lives()
    end(window)
    assert is_held(lock_of(home, THREAD)), "the daemon keeps it for a minute"
    assert not codex.lives()
    assert codex.ring("look") == "its terminal was closed"
    held()
    assert not session(home, terminal(run)).lives()
    lock_of(home, THREAD).unlink()
    assert not session(home, terminal(run)).lives()
    assert control.asked == []


@pytest.mark.parametrize("was_its_own", [True, False])
def test_after_one_of_several_terminals_was_closed_it_waits_until_the_daemon_has_decided(
    home: Path, held: Callable[[], None], control: Daemon, run: Callable[..., Process], was_its_own: bool
) -> None:
    times = Times(*[lambda: None] * 50, *([held] if was_its_own else []))
    first, second = terminal(run), terminal(run)
    codex = session(home, first, second, control=True, times=times)
    end(first)
    said = codex.ring("look")
    assert said == ("its terminal was closed" if was_its_own else "")
    assert bool(started_turns(control)) is not was_its_own
    assert 50 < times.now < 80


CODEX = """#!{python}
import json, os, sys
folder = os.path.dirname(sys.argv[0])
assert not [name for name in os.environ if name.startswith("TEAMMCP_")]
if sys.argv[1] == "queue":
    if os.path.exists(folder + "/broken"):
        sys.exit("Error: no rollout found for thread id")
    with open(folder + "/queue", "a") as file:
        file.write(sys.argv[sys.argv.index("--message") + 1] + "\\n")
    sys.exit(0)
for line in sys.stdin:
    call = json.loads(line)
    if call["method"] == "thread/queue/list":
        text = open(folder + "/queue").read().splitlines()
        result = {{"data": [{{"input": [{{"type": "text", "text": each}}]}} for each in text]}}
    elif call["method"] == "hooks/list":
        hook = {{"command": "teammcp hook codex", "enabled": True}}
        hooks = [{{**hook, "eventName": "sessionStart", "trustStatus": "untrusted"}},
                 {{**hook, "eventName": "stop", "trustStatus": "trusted"}},
                 {{**hook, "command": "other", "eventName": "stop", "trustStatus": "modified"}}]
        result = {{"data": [{{"cwd": call["params"]["cwds"][0], "hooks": hooks}}]}}
    else:
        result = {{}}
    if "id" in call:
        print(json.dumps({{"id": call["id"], "result": result}}), flush=True)
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A program that takes what Codex takes."""
    path = tmp_path / "bin" / "codex"
    path.parent.mkdir()
    path.write_text(CODEX.format(python=sys.executable))
    path.chmod(0o700)
    return path


def test_where_a_terminal_runs_it_itself_the_line_is_queued_once(
    home: Path, held: Any, program: Path, run: Callable[..., Process], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEAMMCP_KEY", "secret")
    codex = session(home, terminal(run), program=str(program))
    assert codex.way == "codex_queue"
    assert codex.ring("[wake 7-1] look") == ""
    queue = program.with_name("queue")
    assert queue.read_text() == "[wake 7-1] look\n"
    assert "after Esc" in codex.ring("[wake 7-2] look"), "each line in the queue becomes a turn of its own"
    queue.write_text("")
    assert codex.ring("[wake 7-3] look") == ""
    assert queue.read_text() == "[wake 7-3] look\n"


def test_what_codex_says_of_its_queue_is_the_reason(
    home: Path, held: Any, program: Path, run: Callable[..., Process]
) -> None:
    program.with_name("broken").touch()
    codex = session(home, terminal(run), program=str(program))
    assert codex.ring("look") == "'codex queue' ended with 1: Error: no rollout found for thread id"
    program.unlink()
    assert "cannot be used" in codex.ring("look")


def test_hooks_that_nobody_has_trusted_are_found(program: Path, tmp_path: Path) -> None:
    with started(str(program), {"PATH": os.environ["PATH"]}) as server:
        assert trusted(server, tmp_path, ["teammcp hook codex"]) == {"sessionStart": False, "stop": True}


def test_what_it_does_is_read_from_its_transcript(tmp_path: Path) -> None:
    """Its hooks say nothing of Esc and of errors of the model."""
    path = tmp_path / "transcript.jsonl"
    transcript = Transcript(path)
    assert transcript.doing() == ""

    def note(kind: str, end: str = "\n") -> Doing:
        with path.open("a") as file:
            file.write(json.dumps({"timestamp": "now", "type": "event_msg", "payload": {"type": kind}}) + end)
        return transcript.doing()

    assert note("token_count") == ""
    assert note("task_started") == "busy"
    assert note("token_count") == "busy"
    assert note("turn_aborted", "") == "busy", "half a line is none"
    with path.open("a") as file:
        file.write("\n{ not JSON\n")
    assert transcript.doing() == "idle"
    assert note("task_started") == "busy"
    assert note("task_complete") == "idle"
    with path.open("a") as file:
        file.write("x" * LOOKED_BACK + "\n")
    assert note("task_started") == "busy"
    assert Transcript(path).doing() == "busy", "of a long one the end is read"
    path.unlink()
    assert transcript.doing() == "busy"


@pytest.fixture
def stand_in(tmp_path: Path) -> str:
    """A program that is called codex, as the system names it."""
    path = tmp_path / "stand-in" / "codex"
    path.parent.mkdir()
    path.symlink_to(os.path.realpath(sys.executable))
    return str(path)


@pytest.mark.parametrize(
    ("words", "others", "way"),
    [
        (("resume",), 0, "terminal"),
        (("exec", "say hi"), 1, None),
        (("app-server",), 1, None),  # an editor's, over its pipes
        (("app-server", "--listen", "unix://"), 0, None),
        (("app-server", "--listen", "unix://"), 1, "daemon"),
        (("app-server", "--listen", "unix:///tmp/own.sock"), 2, "own"),
    ],
)
def test_where_a_conversation_runs_is_told_by_who_holds_its_lock(
    home: Path, run: Callable[..., Process], stand_in: str, words: tuple[str, ...], others: int, way: str | None
) -> None:
    assert find(home, THREAD) is None
    mine = {"CODEX_HOME": str(home)}
    for number in range(others):
        run(stand_in, "-c", "import time; print(flush=True); time.sleep(600)", f"prompt {number}", **mine)
    run(stand_in, "-c", "import time; print(flush=True); time.sleep(600)", CODEX_HOME=str(home / "other"))
    transcript = home / f"rollout-{THREAD}.jsonl"
    holder = run(stand_in, "-c", HOLD, str(lock_of(home, THREAD)), str(transcript), *words, **mine)
    place = find(home, THREAD)
    if way is None:
        assert place is None
        return
    assert place is not None
    assert (place.holder, place.transcript) == (holder, transcript)
    expected = {"daemon": home / "app-server-control/app-server-control.sock", "own": Path("/tmp/own.sock")}
    assert place.control == expected.get(way)
    assert len(place.terminals) == (others or 1)
    assert CodexSession(place, lambda: True).lives()
    end(holder)
    assert not CodexSession(place, lambda: True).lives()


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A user's own folder of the test's."""
    monkeypatch.setattr(lock, "wakes_folder", lambda: tmp_path / "wakes")
    monkeypatch.setattr(last, "wakes_folder", lambda: tmp_path / "wakes")


def test_the_conversation_that_was_used_last_has_the_place(
    state: None, home: Path, held: Any, run: Callable[..., Process]
) -> None:
    window = terminal(run)

    def place(conversation: str, key: str = "key") -> LastPlace:
        return LastPlace("codex", window, "http://here", key, conversation)

    first, second, others = place("one"), place("two"), place("one", "other")
    first.take()
    others.take()
    assert is_attended("codex", "http://here", "key", "one")
    codex = CodexSession(Place(THREAD, home, window, "codex", None, (window,)), first.is_mine)
    assert codex.lives()
    second.take()
    with pytest.raises(Ended) as ended:
        codex.lives()
    assert ended.value.why is End.STOPPED, "nothing is said of its end, since the program goes on"
    first.leave()
    assert is_attended("codex", "http://here", "key", "two")
    assert not is_attended("codex", "http://here", "key", "one")
    assert others.is_mine()
    second.leave()
    assert not is_attended("codex", "http://here", "key", "two")


def test_a_helper_that_was_killed_attends_nothing(state: None, run: Callable[..., Process], tmp_path: Path) -> None:
    window, helper = terminal(run), terminal(run)
    LastPlace("codex", window, "http://here", "key", "one").take()
    [file] = (tmp_path / "wakes").iterdir()
    file.write_text(f"one {helper.pid} {helper.began}")
    assert is_attended("codex", "http://here", "key", "one")
    end(helper)
    assert not is_attended("codex", "http://here", "key", "one")
    end(window)
    LastPlace("codex", terminal(run), "http://here", "key", "two").take()
    assert not file.exists(), "what is left of a program that has ended is cleared away"
