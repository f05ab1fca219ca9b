"""The helper of the conversation that was used last: a program runs several, and shows a person one of them."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from .life import Process
from .lock import clear, place, wakes_folder, whose

ENDING = ".last"


class LastPlace:
    """The place of the one helper that wakes a program's process for a member: whoever takes it last has it.

    Args:
        program: its name, such as ``codex``.
        process: the program's own.
        base: the server's address.
        key: the member's key; not to be found from what is written.
        conversation: which one is woken.
    """

    def __init__(self, program: str, process: Process, base: str, key: str, conversation: str) -> None:
        self._file = place(program, process, base, key).with_suffix(ENDING)
        me = Process.of(os.getpid())
        self._mine = f"{conversation} {os.getpid()} {me.began if me else ''}"

    def take(self) -> None:
        """Take it from whoever has it."""
        beside = self._file.with_suffix(f".{os.getpid()}")
        beside.write_text(self._mine, "utf-8")
        beside.replace(self._file)
        clear()

    def is_mine(self) -> bool:
        """Whether nobody has taken it since."""
        return _read(self._file) == self._mine

    def leave(self) -> None:
        """Leave it, if it is still one's own."""
        if self.is_mine():
            self._file.unlink(missing_ok=True)


def is_attended(program: str, base: str, key: str, conversation: str) -> bool:
    """Whether the last helper of a program is there for this conversation."""
    with suppress(OSError):
        for file in wakes_folder().glob(f"{program}-*-{whose(base, key)}{ENDING}"):
            theirs, _, helper = _read(file).partition(" ")
            pid, _, began = helper.partition(" ")
            if theirs == conversation and pid.isdecimal() and Process(int(pid), began).lives():
                return True
    return False


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except OSError:
        return ""
