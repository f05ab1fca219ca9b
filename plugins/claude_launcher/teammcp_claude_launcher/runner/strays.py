"""What has left all by which a run's processes are found: its mark, its session and its parent, as a daemon does.

On Linux such a process becomes a child of the runner, which would else be one of init's. Whose it was is not known by
then, so it is ended as soon as no program of any agent runs.
"""

from __future__ import annotations

import asyncio
import ctypes
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import psutil

from teammcp import CHILD_MARK

PR_SET_CHILD_SUBREAPER = 36
LOOK = 5.0
"""Seconds between two looks."""
LAST_LOOKS = (0.0, 0.1, 2.0, 0.1)
"""Seconds before each look at the end, as long as there is something to be ended."""
ASKED, KILLED = 2, 3
"""At the so manieth look at which it is still there, a stray is asked to end, or is killed. One look is not enough: a
program that this process is about to start has no mark yet."""

log = logging.getLogger(__name__)


def adopt() -> bool:
    """Take in what loses its parent below this process; whether it does.

    The first process of a container has all orphans of that, also those that are not its descendants: it ends none.
    """
    if sys.platform != "linux" or os.getpid() == 1:
        return False
    arguments = [ctypes.c_ulong(number) for number in (1, 0, 0, 0)]
    return bool(ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, *arguments) == 0)


class Strays:
    """Children of this process that it has not started.

    Args:
        is_idle: whether no agent's program runs.
    """

    def __init__(self, is_idle: Callable[[], bool]) -> None:
        self._is_idle = is_idle
        self._dead: set[psutil.Process] = set()
        self._looks: dict[psutil.Process, int] = {}

    async def look(self) -> bool:
        """Look for them once, and end those that are to; whether there are any."""
        was_idle = self._is_idle()
        found = await asyncio.to_thread(self._find)
        if not (was_idle and self._is_idle()):
            self._looks.clear()
            return False
        self._looks = {stray: self._looks.get(stray, 0) + 1 for stray in found}
        for stray, looks in self._looks.items():
            if looks >= ASKED:
                log.warning("process %d has left the agent's program that had started it, and is ended", stray.pid)
                with suppress(psutil.Error):
                    stray.send_signal(signal.SIGKILL if looks >= KILLED else signal.SIGTERM)
        return bool(found)

    def _find(self) -> list[psutil.Process]:
        """Those that live, with all that they have started. What has ended is taken note of, as by init."""
        found, dead = [], set()
        for child in psutil.Process().children():
            with suppress(psutil.Error, OSError):
                if child.status() == psutil.STATUS_ZOMBIE:
                    dead.add(child)
                elif os.getsid(child.pid) != os.getsid(0) and CHILD_MARK not in child.environ():
                    found += [child, *child.children(recursive=True)]
        for child in dead & self._dead:  # whoever has started it has waited for it long since
            with suppress(ChildProcessError):
                os.waitpid(child.pid, os.WNOHANG)
        self._dead = dead
        return found


@asynccontextmanager
async def ended(is_idle: Callable[[], bool]) -> AsyncIterator[None]:
    """End strays whenever no agent's program runs, and at the end, when none may."""
    if not adopt():
        yield
        return
    strays = Strays(is_idle)
    looking = asyncio.create_task(_keep_looking(strays))
    try:
        yield
    finally:
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)
        for pause in LAST_LOOKS:
            await asyncio.sleep(pause)
            if not await strays.look():
                break


async def _keep_looking(strays: Strays) -> None:
    while True:
        await asyncio.sleep(LOOK)
        try:
            await strays.look()
        except Exception:
            log.exception("looking for strays has failed; it is tried again")
