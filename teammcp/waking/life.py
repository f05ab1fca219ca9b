"""Whether a program still runs, told from a later one that was given its number."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Process:
    """A process.

    Attributes:
        pid: its number, which another one may have afterwards.
        began: when it began, as the system says it; for comparing only.
    """

    pid: int
    began: str

    @classmethod
    def of(cls, pid: int) -> Process | None:
        """The process that has this number now; None if none lives: one that has ended, and whose parent has not
        taken note of that yet, is dead.
        """
        began = _began(pid)
        return None if began is None else cls(pid, began)

    def lives(self) -> bool:
        """Whether it has not ended."""
        return _began(self.pid) == self.began


if sys.platform == "linux":

    def _began(pid: int) -> str | None:
        try:
            stat = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
        except OSError:
            return None
        state, *fields = stat.rpartition(")")[2].split()  # before it stands the name, with whatever is in that
        return None if state in "ZX" else fields[18]

else:

    def _began(pid: int) -> str | None:
        import psutil

        try:
            process = psutil.Process(pid)
            if process.status() == psutil.STATUS_ZOMBIE:
                return None
            return str(round(process.create_time()))
        except psutil.AccessDenied:  # it is there, and another user's
            return ""
        except psutil.NoSuchProcess:
            return None
