"""Programs that a process runs: started from scratch, heard, and ended with all that they have started.

A child leads a session and a process group of its own: a signal to the group reaches what it starts, and Ctrl-C at the
terminal of its parent does not reach it. Its environment is what it is given and nothing else, so that no secret of the
parent comes into it, and a mark: see `families`.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import os
import secrets
import signal
import sys
from collections.abc import Mapping, Sequence
from copy import copy
from pathlib import Path
from typing import Any, cast

from .families import MARK, Family
from .output import Chunk, Output

__all__ = ["MARK", "Child", "Children", "Chunk", "Family", "Output"]

GRACE = 5.0
"""Seconds that a child gets to end by itself once it is asked to."""
KEPT = 256 * 1024
"""Bytes of output that are kept."""
LAST_WORDS = 1.0
"""Seconds within which what an ended child has written has been read."""
OUTPUT, ERRORS = 1, 2

log = logging.getLogger(__name__)


class Children:
    """The programs that one process answers for, now and after it was killed and started again.

    Args:
        folder: the data folder of the process; it stands for the process across its restarts, and no child learns it.
        name: what they belong to, such as a plugin; without a ``/``.
    """

    def __init__(self, folder: Path, name: str) -> None:
        if "/" in name:
            raise ValueError(f"name: {name!r} must not hold a '/'.")
        digest = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()
        self._name = name
        self._owner = f"{digest[:16]}/{name}"

    async def spawn(
        self,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        folder: Path | None = None,
        kept: int = KEPT,
        separate_errors: bool = False,
    ) -> Child:
        """Start a program. Stop it with `Child.stop`, or use the child in an ``async with`` block.

        Args:
            command: the program and its arguments. No shell reads them. Secrets belong into the environment or the
                input: everybody on the machine may read command lines.
            environment: all that the program is to have, ``PATH`` and ``HOME`` included if it needs them.
            folder: where it is started; by default where this process was.
            kept: bytes of its output that are kept; a megabyte or more for `Output.follow_whole`.
            separate_errors: keep what it writes to its standard error apart, in `Child.errors`.

        Raises:
            OSError: there is no such program, or it cannot be run.
            NotImplementedError: on Windows, which has no process groups of this kind.
        """
        if sys.platform == "win32":
            raise NotImplementedError("Programs can be run on Linux or macOS.")
        mark = self.new_mark()
        child = Child(mark, kept, separate_errors)
        loop = asyncio.get_running_loop()
        await loop.subprocess_exec(
            lambda: child,
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE if separate_errors else asyncio.subprocess.STDOUT,
            env={**environment, MARK: mark},
            cwd=folder,
            start_new_session=True,
        )
        return child

    def new_mark(self) -> str:
        """What a child that is started otherwise, and all its descendants, are to carry in the variable `MARK`."""
        return f"{self._owner}/{secrets.token_hex(8)}"

    def part(self) -> Children:
        """Programs of this process that can be found and ended apart from its others: see `family`."""
        part = copy(self)
        part._owner = self.new_mark()
        return part

    @property
    def family(self) -> Family:
        """All that was started here and runs, also what was left behind by a start that has failed half-way."""
        owner = f"{self._owner}/"
        return Family(lambda mark: mark.startswith(owner))

    async def end_survivors(self, grace: float = GRACE) -> int:
        """End what an earlier process has left behind; how many processes that were. Call it before any `spawn`."""
        family = self.family
        found = await asyncio.to_thread(family.find)
        if found:
            log.warning("%d processes of '%s' have outlived what started them and are ended", len(found), self._name)
            complain(self._name, await family.end(grace))
        return len(found)


class Child(asyncio.SubprocessProtocol):
    """A running program. Made by `Children.spawn`; used from the event loop only.

    Attributes:
        output: what it writes; its standard error as well, unless that is kept apart.
        errors: what it writes to its standard error; the same as ``output`` unless that is kept apart.
        returncode: None while it runs; less than 0 if a signal has ended it.
        pid: the number of its process.
        family: it and all that it has started.
    """

    def __init__(self, mark: str, kept: int, separate_errors: bool) -> None:
        self.output = Output(kept, self._hold_output)
        self.errors = Output(kept) if separate_errors else self.output
        self.returncode: int | None = None
        self.pid = 0
        self._mark = mark
        self._transport: asyncio.SubprocessTransport
        self._ended = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()
        self.family = Family(mark.__eq__, self._group)

    async def __aenter__(self) -> Child:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def wait(self) -> int:
        """Wait until the program has ended; what it has started may go on. Its return code."""
        await self._ended.wait()
        assert self.returncode is not None  # noqa: S101 - it was set before
        return self.returncode

    async def write(self, data: bytes) -> None:
        """Write to the program's standard input, as fast as it reads.

        Raises:
            BrokenPipeError: it reads no more.
        """
        pipe = self._input
        if pipe is None or pipe.is_closing() or self.returncode is not None:
            raise BrokenPipeError("The program has ended, or has closed its input.")
        pipe.write(data)
        await self._writable.wait()

    def close_input(self) -> None:
        """Tell the program that nothing more is written to it."""
        if self._input is not None:
            self._input.close()

    async def stop(self, grace: float = GRACE) -> int | None:
        """End the program and all that it has started. What is left after ``grace`` seconds is killed.

        Returns:
            Its return code; None if even that was in vain, which the log tells.
        """
        try:
            complain(self._mark.split("/")[1], await self.family.end(grace))
            await self._last_words()
        except asyncio.CancelledError:
            self.kill()
            raise
        finally:
            self._transport.close()
        return self.returncode

    async def _last_words(self) -> None:
        """Wait for what it has written before it ended, and for word that it has."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LAST_WORDS):
                await self.output.wait_closed()
                await self.errors.wait_closed()
                await self.wait()

    def release(self) -> None:
        """Read no more of a program that has ended: what it has left running may hold its pipes open for ever."""
        if self.returncode is not None:
            self._transport.close()

    def kill(self) -> None:
        """Kill the program and its process group at once, without looking for who has left the group."""
        if (group := self._group()) is not None:
            try:
                os.killpg(group, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                log.debug("process group %d is gone already", group)

    @property
    def _input(self) -> asyncio.WriteTransport | None:
        return cast("asyncio.WriteTransport | None", self._transport.get_pipe_transport(0))

    def _hold_output(self, held: bool) -> None:
        """Read no more of its output, so that it waits once the pipe is full; or go on reading."""
        pipe = cast("asyncio.ReadTransport | None", self._transport.get_pipe_transport(OUTPUT))
        if pipe is not None:
            (pipe.pause_reading if held else pipe.resume_reading)()

    def _group(self) -> int | None:
        """The number of its process group; None once it may have become another's."""
        if self.returncode is None or not _exists(self.pid):
            return self.pid
        return None

    # -- called by the event loop --------------------------------------------------------------------------------------

    def connection_made(self, transport: Any) -> None:
        """It runs."""
        self._transport = transport
        self.pid = transport.get_pid()

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        """It has written something."""
        (self.errors if fd == ERRORS else self.output).add(data)

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:
        """Nobody can write to a pipe any more, or it no longer reads its input."""
        if fd == OUTPUT:
            self.output.close()
        elif fd == ERRORS:
            self.errors.close()
        else:
            self._writable.set()

    def pause_writing(self) -> None:
        """It reads more slowly than is written."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """It has read most of what was written."""
        self._writable.set()

    def process_exited(self) -> None:
        """It has ended."""
        self.returncode = self._transport.get_returncode()
        self._writable.set()
        self._ended.set()

    def connection_lost(self, exc: Exception | None) -> None:
        """It has ended, and its pipes are closed."""
        self.output.close()
        self.errors.close()
        self._transport.close()  # whoever has only waited for its end does not call `stop`


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def complain(name: str, left: list[str]) -> None:
    """Tell of processes that would not end."""
    if left:
        log.error("processes of '%s' cannot be ended: %s", name, ", ".join(left))
