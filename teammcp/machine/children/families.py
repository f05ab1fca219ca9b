"""Finding and ending everything that descends from a child process, also what has left its process group.

A mark in the environment is inherited by all that a program starts, whatever becomes of parents, groups and sessions.
Linux shows the environment of one's own processes; macOS shows it but for Apple's own programs, of which only those are
found that have stayed in the child's process group. One that has neither, since it was started with an environment of
its own in a session of its own, is found by its parent, as long as that lives; once found, it is remembered.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Set

import psutil

MARK = "TEAMMCP_CHILD"
"""The environment variable that a child and its descendants carry."""
FIRST_PAUSE, LONGEST_PAUSE = 0.01, 0.25
"""Seconds between looks whether all have ended: soon at first."""
KILLED = 5.0
"""Seconds within which processes that were killed are gone, unless the kernel holds them."""


class Family:
    """The processes that carry one of some marks, or belong to a process group, and what those have started.

    A descendant with another mark belongs to whoever gave it that one.

    Args:
        is_ours: whether a mark is one of theirs.
        group: the number of the process group; None for none.
    """

    def __init__(self, is_ours: Callable[[str], bool], group: Callable[[], int | None] = lambda: None) -> None:
        self._is_ours = is_ours
        self._group = group
        self._looking = threading.Lock()
        self._known: set[psutil.Process] = set()
        """Those of the last look. One that is about to end shows no mark any more, one that runs another program may
        have none, and a parent by which a process was found may be gone.
        """

    def find(self) -> dict[psutil.Process, bool]:
        """Those that live, and whether each is in the process group. Reads much of /proc: call it in a thread."""
        with self._looking:
            group = self._group()
            own = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
            found: dict[psutil.Process, bool] = {}
            unmarked: set[psutil.Process] = set()
            for process in psutil.process_iter():
                if process.pid in own:  # a server that was started by such a process is not to end itself
                    continue
                in_group = group is not None and _group_of(process.pid) == group
                mark = "" if in_group else _mark_of(process)
                if in_group or self._is_ours(mark):
                    if _lives(process):
                        found[process] = in_group
                elif not mark:
                    unmarked.add(process)
            found |= dict.fromkeys(self._find_strays(found, unmarked), False)
            self._known = set(found)
            return found

    def _find_strays(self, found: Iterable[psutil.Process], unmarked: Set[psutil.Process]) -> set[psutil.Process]:
        """Descendants without a mark: those that were found before, and what descends from them and from others."""
        strays = {process for process in self._known & unmarked if _lives(process)}
        parents = [*found, *strays]
        if not parents:
            return strays
        children = defaultdict(list)
        for process in unmarked:
            with contextlib.suppress(psutil.Error, OSError):
                children[process.ppid()].append(process)
        while parents:
            parent = parents.pop()
            new = [child for child in children[parent.pid] if child not in strays and _is_stray(child)]
            if new and parent.is_running():  # its number is still its own
                strays.update(new)
                parents += new
        return strays

    def memory(self) -> int:
        """Bytes that they have in memory. Reads much of /proc: call it in a thread."""
        total = 0
        for process in self.find():
            with contextlib.suppress(psutil.Error, OSError):
                total += process.memory_info().rss
        return total

    async def end(self, grace: float) -> list[str]:
        """Ask all to end, and kill those that are still there after ``grace`` seconds.

        Returns:
            What cannot be ended: ``12345 name``.
        """
        await asyncio.to_thread(self.find)  # while the parents live by which strays are found
        if not await self._signal(signal.SIGTERM, grace):
            return []
        return [_describe(process) for process in await self._signal(signal.SIGKILL, KILLED)]

    async def _signal(self, number: signal.Signals, seconds: float) -> list[psutil.Process]:
        """Send each of them a signal, once, and those that they start meanwhile; who is left after some seconds."""
        deadline = time.monotonic() + seconds
        told = self._signal_group(number)
        pause = FIRST_PAUSE
        heard: set[psutil.Process] = set()
        while found := await asyncio.to_thread(self.find):
            for process, in_group in found.items():
                if process not in heard and not (told and in_group):
                    with contextlib.suppress(psutil.Error, OSError):
                        process.send_signal(number)
            heard |= found.keys()
            told = False
            if time.monotonic() >= deadline:
                return list(found)
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
        return []

    def _signal_group(self, number: signal.Signals) -> bool:
        """Signal the whole group at once, so that none of it can start another in between; whether it is there."""
        group = self._group()
        if group is None:
            return False
        try:
            os.killpg(group, number)
        except (ProcessLookupError, PermissionError):  # macOS says the latter where only zombies are left
            return False
        return True


def _mark_of(process: psutil.Process) -> str:
    """The mark of a process; empty if it has none, or nobody may see it."""
    with contextlib.suppress(psutil.Error, OSError):
        return str(process.environ().get(MARK, ""))
    return ""


def _lives(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.Error, OSError):
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    return False


def _is_stray(process: psutil.Process) -> bool:
    """Whether a process that showed no mark has none: while it is being executed, nothing of it is to be seen."""
    with contextlib.suppress(psutil.Error, OSError):
        return bool(process.cmdline()) and not _mark_of(process) and _lives(process)
    return False


def _group_of(pid: int) -> int | None:
    try:
        return os.getpgid(pid)
    except OSError:
        return None


def _describe(process: psutil.Process) -> str:
    with contextlib.suppress(psutil.Error):
        return f"{process.pid} {process.name()}"
    return str(process.pid)
