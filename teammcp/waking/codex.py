"""Waking Codex: by its daemon where that runs the conversation, by ``codex queue`` where a terminal runs it itself.

Whoever runs a conversation holds a lock on it. Nothing is put into one that nobody holds: Codex would accept that, and
let it lie. Nor into one that nobody watches any more: after ``/quit`` the daemon keeps a conversation for a minute, and
would run its turns unseen. So a helper lives as long as the lock is held and a terminal is there that may show it.

The daemon gives its own environment to all hooks, so which of its terminals shows which conversation cannot be told:
at most whose it may be, see `codex_programs`. A conversation that may be another agent's is not rung.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from ..text.marking import mark
from .codex_programs import UNATTENDED, control_of, processes, terminals
from .codex_server import SECONDS, Refusal, daemon, started, waiting_lines
from .life import Process
from .loop import Doing, End, Ended

UNLOADED = 75.0
"""Seconds after which the daemon has let go of a conversation whose terminal was closed, with a margin."""
OURS = "[wake "
ANOTHERS = mark("a terminal with another key uses the same daemon of Codex; see teammcp doctor --client codex")
"""Why a conversation is not rung that may be another agent's."""
TURNS: dict[str, Doing] = {"task_started": "busy", "task_complete": "idle", "turn_aborted": "idle"}
"""What an event in a transcript says of the conversation."""
QUEUED = mark("the line before still waits in Codex's queue: after Esc it is taken up with the next turn only")
LOOKED_BACK = 1 << 20
"""Bytes of a transcript that are read at first."""
_THREAD = re.compile("[0-9a-f-]{20,40}")


@dataclass(frozen=True)
class Place:
    """Where a conversation runs.

    Attributes:
        thread: the conversation.
        home: where that Codex keeps its settings.
        holder: the process that runs it.
        program: the path of that process's program.
        control: the daemon's control socket; None if a terminal runs it itself.
        terminals: the processes that may show it to a person.
        transcript: the file in which its holder notes what happens; None if it has none yet.
    """

    thread: str
    home: Path
    holder: Process
    program: str
    control: Path | None
    terminals: tuple[Process, ...]
    transcript: Path | None = None

    @property
    def lock(self) -> Path:
        """What its holder holds."""
        return lock_of(self.home, self.thread)


def lock_of(home: Path, thread: str) -> Path:
    """The lock of a conversation; of what is no name of one, a lock that nobody holds."""
    return home / "thread-writer-locks" / f"{thread if _THREAD.fullmatch(thread) else 'none'}.lock"


def find(home: Path, thread: str) -> Place | None:
    """Where a conversation runs; None if nobody runs it, or nobody watches it: in ``codex exec`` and in editors."""
    import psutil

    lock = os.path.realpath(lock_of(home, thread))
    for process in processes():
        with suppress(psutil.Error, OSError):
            files = [Path(file.path) for file in process.open_files()]
            if lock not in {os.path.realpath(file) for file in files}:
                continue
            words = process.cmdline()[1:]
            holder = Process.of(process.pid)
            control = control_of(home, words)
            if control:
                watching = tuple(terminal.process for terminal in terminals(home))
            else:
                watching = () if UNATTENDED & {*words} or holder is None else (holder,)
            if holder is None or not watching:
                return None
            transcript = next((file for file in files if file.name.endswith(f"-{thread}.jsonl")), None)
            return Place(thread, home, holder, process.exe(), control, watching, transcript)
    return None


if sys.platform == "win32":  # Codex has no such locks there

    def is_held(lock: Path) -> bool:
        """Whether somebody runs the conversation of a lock."""
        return False

else:
    import fcntl

    def is_held(lock: Path) -> bool:
        """Whether somebody runs the conversation of a lock."""
        try:
            with lock.open() as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False


def _always(folder: Path) -> bool:
    return True


class CodexSession:
    """A conversation that is rung.

    Args:
        place: where it runs.
        is_last: whether it is the conversation that was used last; the one before it may be shown to nobody.
        is_own: whether the conversation of a daemon in a folder is the agent's own.
        clock: seconds that only grow.
        sleep: waits for so many of them.
    """

    carries = False
    once = False

    def __init__(
        self,
        place: Place,
        is_last: Callable[[], bool],
        is_own: Callable[[Path], bool] = _always,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._place, self._is_last, self._is_own = place, is_last, is_own
        self._clock, self._sleep = clock, sleep
        self._terminals = place.terminals
        self._closed_at: float | None = None
        self._queued = False
        self._transcript = None if place.transcript is None else Transcript(place.transcript)
        self.name = f"codex:{place.thread}"
        self.way = "codex_queue" if place.control is None else "codex_daemon"

    def lives(self) -> bool:
        """Whether somebody runs it, and a terminal is open that may show it.

        Raises:
            Ended: another conversation was used since, and has a helper of its own.
        """
        if not self._is_last():
            raise Ended(End.STOPPED)
        left = tuple(terminal for terminal in self._terminals if terminal.lives())
        if len(left) < len(self._terminals):
            self._terminals, self._closed_at = left, self._clock()
        return bool(left) and is_held(self._place.lock)

    def doing(self) -> Doing:
        """What its transcript says: of Esc and of errors its hooks say nothing."""
        return self._transcript.doing() if self._transcript else ""

    def ring(self, line: str) -> str:
        """Put a line into it; why that was in vain, or empty."""
        if not self._is_watched():
            return mark("its terminal was closed")
        return self._queue(line) if self._place.control is None else self._start_turn(self._place.control, line)

    def _is_watched(self) -> bool:
        """Whether it lives. One of several terminals that was just closed may have been the one that showed it: then
        the daemon lets go of it within a minute, and that is waited for.
        """
        while self.lives():
            if self._closed_at is None or self._clock() - self._closed_at >= UNLOADED:
                return True
            self._sleep(1)
        return False

    def _start_turn(self, control: Path, line: str) -> str:
        thread = self._place.thread
        try:
            with closing(daemon(control)) as server:
                found = server.call("thread/read", {"threadId": thread}).get("thread")
                about = found if isinstance(found, dict) else {}
                if _waits_for_a_person(about):
                    return mark("a dialog is open in its terminal, which waits for an answer")
                if not self._is_own(Path(str(about.get("cwd", "")))):
                    return ANOTHERS
                server.call("turn/start", {"threadId": thread, "input": [{"type": "text", "text": line}]})
        except Refusal as refusal:
            return f"Codex's daemon refuses the line: {refusal}"
        except OSError as error:
            return f"Codex's daemon cannot be reached at its control socket: {error.strerror or error}"
        return ""

    def _queue(self, line: str) -> str:
        thread, program = self._place.thread, self._place.program
        environment = {name: value for name, value in os.environ.items() if not name.startswith("TEAMMCP_")}
        environment["CODEX_HOME"] = str(self._place.home)
        try:
            if self._queued and _waits(program, environment, thread):
                return QUEUED
            command = [program, "queue", "--thread", thread, "--message", line]
            done = subprocess.run(  # noqa: S603
                command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS, check=False
            )
        except (OSError, Refusal, subprocess.TimeoutExpired) as error:
            return f"'codex queue' cannot be used: {error}"
        if done.returncode:
            said = done.stderr.decode("utf-8", "replace").strip().splitlines()
            return f"'codex queue' ended with {done.returncode}: {said[-1] if said else 'it said nothing'}"
        self._queued = True
        return ""


def _waits(program: str, environment: Mapping[str, str], thread: str) -> bool:
    """Whether a line of ours waits in the queue of a conversation."""
    with started(program, environment) as server:
        return any(text.startswith(OURS) for text in waiting_lines(server, thread))


def _waits_for_a_person(thread: Mapping[str, object]) -> bool:
    status = thread.get("status")
    return isinstance(status, dict) and bool(status.get("activeFlags"))


class Transcript:
    """What Codex notes of a conversation, of which only what is new is read."""

    def __init__(self, path: Path) -> None:
        self._path, self._read_to = path, -1
        self._doing: Doing = ""

    def doing(self) -> Doing:
        """What the last turn in it does; empty if nothing stands there of one."""
        with suppress(OSError), self._path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size == self._read_to:
                return self._doing
            if self._read_to < 0:
                self._read_to = max(0, size - LOOKED_BACK)
            file.seek(self._read_to)
            lines = file.read(size - self._read_to)
            whole = lines[: lines.rfind(b"\n") + 1]
            self._read_to += len(whole)
            for line in whole.splitlines():
                self._doing = _said(line) or self._doing
        return self._doing


def _said(line: bytes) -> Doing:
    if b'"event_msg"' not in line[:300]:
        return ""
    try:
        kind = json.loads(line)["payload"]["type"]
    except (ValueError, KeyError, TypeError):
        return ""
    return TURNS.get(kind, "") if isinstance(kind, str) else ""
