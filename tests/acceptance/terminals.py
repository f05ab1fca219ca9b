"""A program in a terminal of the test: what stands on its screen, and what a person types."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from ptyprocess import PtyProcess
from teammcp_claude_launcher.screen import Emulator

SECONDS = 30
LOOK = 0.02
DRAWN = 0.5
"""Seconds that a program may take to draw its screen anew."""
ESC, ENTER, DOWN = "\x1b", "\r", "\x1b[B"


class Terminal:
    """A program that believes a person to sit before it. Use it in a ``with`` block, which ends it."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], folder: Path) -> None:
        self._process = PtyProcess.spawn(
            [*command],
            env={"TERM": "xterm-256color", **environment},
            cwd=str(folder),
            dimensions=(40, 120),
        )
        self.pid: int = self._process.pid
        self._lock = threading.Lock()
        self._emulator = Emulator(120, 40, self._reply)
        threading.Thread(target=self._read, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            error.add_note(f"The screen:\n{self.screen}")
        self.end(signal.SIGKILL)

    def _read(self) -> None:
        with suppress(OSError, EOFError):
            while True:
                data = self._process.read(65536)
                with self._lock:
                    self._emulator.feed(data)

    def _reply(self, data: str) -> None:
        with suppress(OSError):
            os.write(self._process.fd, data.encode())

    @property
    def screen(self) -> str:
        """What stands on it."""
        with self._lock:
            return "\n".join(line.rstrip() for line in self._emulator.display).strip()

    def type(self, text: str) -> None:
        """Type something."""
        os.write(self._process.fd, text.encode())

    def paste(self, text: str) -> None:
        """Paste something, which may have several lines."""
        self.type(f"\x1b[200~{text}\x1b[201~")

    def shows(self, text: str, seconds: float = SECONDS) -> None:
        """Wait until a text stands on the screen."""
        until(lambda: text in self.screen, seconds, f"{text!r} on the screen")

    def keeps(self, text: str, seconds: float) -> None:
        """See that a text stands there all the time, but for the moments in which the program draws it anew."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self.shows(text, DRAWN)
            time.sleep(min(left, LOOK))

    def end(self, number: int = signal.SIGTERM) -> None:
        """End the program by a signal, and wait for that."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)
        with suppress(Exception):
            self._process.wait()


def until(happens: Callable[[], object], seconds: float = SECONDS, what: str = "it") -> None:
    """Wait for something; an error if it does not happen."""
    deadline = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < deadline, f"{what} did not come within {seconds:g} s"
        time.sleep(LOOK)


def stays(holds: Callable[[], object], seconds: float) -> None:
    """Look for some time that something holds."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert holds()
        time.sleep(LOOK)
