"""A program in a pseudo terminal: its screen, what it writes, and what is typed into it."""

from __future__ import annotations

import asyncio
import os
import signal
import termios
import threading
import warnings
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import psutil
from ptyprocess import PtyProcess

from teammcp import CHILD_MARK, Family, Output, TerminalScreen

from ..screen import Emulator, ansi, svg
from ..screen.emulator import APPLICATION_KEYS, BRACKETED_PASTE
from ..screen.keys import sequence_of, typed
from ..screen.pictures import size
from ..screen.sequences import MODES, QUERY

KEPT = 256 * 1024
"""Bytes of the output that are kept for whoever looks on and is slower."""
PART = 64 * 1024
TICK = 0.5
"""Seconds between two times at which the screen takes what was written, unless somebody looks at it."""
READ = 256 * 1024
"""Bytes that are read between them. A program that writes more is slowed down, as by any terminal."""
DRAWN = 64 * 1024
"""Bytes of them that the screen takes. Of a flood that is more than any screen can hold."""
UNREAD = 5.0
"""Seconds in which a program has to read what was typed."""
LAST_WORDS = 1.0
"""Seconds after the end of a program in which what it has started may still write."""
LINE = 4095
"""Bytes of a line that a program gets which leaves the editing of lines to the terminal."""


FROM_TERMINALS = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGTSTP)
"""Signals that a program in a terminal is to get, whatever those ignore that it comes from."""


def _begin(folder: Path) -> None:
    """In the new process, before the program takes its place.

    A runner that was started by ``nohup``, or in the background by a script, ignores some signals, and so would all
    that it starts. The argument ``cwd`` of `PtyProcess` would leave a copy of this process if it failed.
    """
    for number in FROM_TERMINALS:
        signal.signal(number, signal.SIG_DFL)
    os.chdir(folder)


class PseudoTerminal(TerminalScreen):
    """The terminal of one program. Made by `spawn`; used from the event loop only.

    Attributes:
        pid: the number of the program's process.
        family: it and all that it has started.
        output: what it has written.
        changed_at: when it last wrote or somebody last typed, by the event loop's clock.
        typing: held while something is typed that belongs together.
    """

    def __init__(self, process: PtyProcess, mark: str, columns: int, rows: int) -> None:
        self._loop = asyncio.get_running_loop()
        self._process = process
        self._screen = Emulator(columns, rows, self._reply)
        self.columns, self.rows = columns, rows
        self.pid: int = process.pid
        self.output = Output(KEPT)
        self.changed_at = self._loop.time()
        self.typing = asyncio.Lock()
        self._returncode: asyncio.Future[int] = self._loop.create_future()
        self.family = Family(mark.__eq__, self._group)
        self._undrawn = bytearray()
        self._unwritten = bytearray()
        self._written = asyncio.Event()
        self._read = 0
        self._tick: asyncio.TimerHandle | None = None
        os.set_blocking(process.fd, False)
        self._loop.add_reader(process.fd, self._on_output)
        threading.Thread(target=self._reap, name=f"terminal {self.pid}", daemon=True).start()

    @classmethod
    def spawn(
        cls,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        folder: Path,
        mark: str,
        columns: int,
        rows: int,
    ) -> PseudoTerminal:
        """Start a program. It leads a session and process group of its own.

        Args:
            command: the program's path and its arguments.
            environment: all that it is to have.
            folder: where it is started.
            mark: by which it and all that it starts are found: see `Children.new_mark`.
            columns, rows: of the screen.

        Raises:
            OSError: it cannot be run.
        """
        with warnings.catch_warnings():
            # Python 3.12 warns of forks beside threads. The child of this one does nothing but exec.
            warnings.simplefilter("ignore", DeprecationWarning)
            process = PtyProcess.spawn(
                [*command],
                env={"TERM": "xterm-256color", "COLORTERM": "truecolor", **environment, CHILD_MARK: mark},
                preexec_fn=lambda: _begin(folder),
                dimensions=(rows, columns),
            )
        return cls(process, mark, columns, rows)

    # -- looking -------------------------------------------------------------------------------------------------------

    def text(self) -> str:
        """What is on the screen."""
        self._draw()
        return self._screen.text()

    def svg(self) -> str:
        """A picture of it."""
        self._draw()
        return svg(self._screen)

    def ansi(self) -> bytes:
        """What another terminal has to be sent to show the same."""
        self._draw()
        return ansi(self._screen)

    def cursor_line(self) -> str | None:
        """The line of the screen with the cursor; None if the program hides it."""
        self._draw()
        return None if self._screen.cursor.hidden else self._screen.line(self._screen.cursor.y)

    @property
    def takes_pastes(self) -> bool:
        """Whether the program wants to know where a pasted text begins and ends."""
        self._draw()
        return BRACKETED_PASTE in self._screen.mode

    @property
    def longest_line(self) -> int | None:
        """Bytes of the longest line that can be typed; None for no limit, where the program edits lines itself."""
        flags: int = termios.tcgetattr(self._process.fd)[3] if self._is_open else 0
        return LINE if flags & termios.ICANON else None

    async def written_after(self, written: int) -> None:
        """Wait until the program has written more than so many bytes.

        Raises:
            BrokenPipeError: it has ended, and will not.
        """
        async for chunk in self.output.follow(written):
            if chunk.end > written:
                return
        raise BrokenPipeError("The program has ended.")

    @asynccontextmanager
    async def watch(self) -> AsyncGenerator[AsyncIterator[bytes]]:
        """Follow what the program writes from now on. Whoever is too slow gets the screen again."""
        written = self._follow(self.output.written)
        try:
            yield written
        finally:
            await written.aclose()

    async def _follow(self, since: int) -> AsyncGenerator[bytes]:
        while True:
            async for chunk in self.output.follow(since):
                if chunk.start != since:
                    since = self.output.written
                    yield self.ansi()
                    break
                since = chunk.end
                yield chunk.data
            else:
                return

    # -- typing --------------------------------------------------------------------------------------------------------

    async def keys(self, text: str, names: Sequence[str] = ()) -> None:
        """Type a text, then press keys.

        Raises:
            BrokenPipeError: the program has ended, or does not read.
        """
        async with self.typing:
            await self.type(text)
            for name in names:
                await self.press(name)

    async def type(self, text: str) -> None:
        """Type a text. One of several lines is pasted, where the program knows that; otherwise Enter ends each line.

        Raises:
            BrokenPipeError: see `keys`.
        """
        text = typed(text)
        if "\n" in text and self.takes_pastes:
            text = f"\x1b[200~{text}\x1b[201~"
        await self._write(text.replace("\n", "\r").encode())

    async def press(self, name: str) -> None:
        """Press a key, in a write of its own.

        Raises:
            BrokenPipeError: see `keys`.
        """
        self._draw()
        await self._write(sequence_of(name, application=APPLICATION_KEYS in self._screen.mode).encode())

    def resize(self, columns: int, rows: int) -> None:
        """Give the screen another size. Whoever looks on is told."""
        self._draw()
        self._screen.resize(rows, columns)
        self.columns, self.rows = self._screen.columns, self._screen.rows
        if self._is_open:
            self._process.setwinsize(self.rows, self.columns)
            self.output.add(size(self.columns, self.rows).encode())

    async def _write(self, data: bytes) -> None:
        if not data:
            return
        self._put(data)
        try:
            async with asyncio.timeout(UNREAD):
                while self._unwritten:
                    self._written.clear()
                    await self._written.wait()
        except TimeoutError:
            self._unwritten.clear()
            raise BrokenPipeError("The program does not read what is typed.") from None

    def _put(self, data: bytes) -> None:
        if not self._is_open or self._returncode.done():
            raise BrokenPipeError("The program has ended.")
        self.changed_at = self._loop.time()
        self._unwritten += data
        self._flush()

    def _flush(self) -> None:
        try:
            while self._unwritten:
                count = os.write(self._process.fd, self._unwritten[:PART])
                del self._unwritten[:count]
        except BlockingIOError:
            self._loop.add_writer(self._process.fd, self._flush)
            return
        except OSError:  # the program has closed its terminal
            self._unwritten.clear()
        self._loop.remove_writer(self._process.fd)
        self._written.set()

    def _reply(self, data: str) -> None:
        with suppress(BrokenPipeError):  # it has asked, and ended
            self._put(data.encode())

    # -- the program's output ------------------------------------------------------------------------------------------

    def _on_output(self) -> None:
        try:
            data = os.read(self._process.fd, PART)
        except BlockingIOError:
            return
        except OSError:  # EIO: nobody has the terminal open any more
            data = b""
        if not data:
            self._close()
            return
        self.changed_at = self._loop.time()
        self.output.add(data)
        asked_before = len(self._undrawn)
        self._undrawn += data
        self._read += len(data)
        if self._tick is None:
            self._tick = self._loop.call_later(TICK, self._on_tick)
        if self._read > READ:
            self._loop.remove_reader(self._process.fd)
        elif QUERY.search(self._undrawn, max(0, asked_before - 16)):
            self._draw()

    def _on_tick(self) -> None:
        self._tick = None
        if self._read > READ and self._is_open:
            self._loop.add_reader(self._process.fd, self._on_output)
        self._read = 0
        self._draw()

    def _draw(self) -> None:
        """Let the screen take what was written."""
        data = bytes(self._undrawn)
        self._undrawn.clear()
        if len(data) > 2 * DRAWN:
            start = max(data.find(b"\x1b", len(data) - DRAWN), 0) or len(data) - DRAWN
            self._screen.skip_to(b"".join(MODES.findall(data, 0, start)))
            data = data[start:]
        self._screen.feed(data)

    # -- the end -------------------------------------------------------------------------------------------------------

    def hang_up(self) -> None:
        """Tell the program what it would be told if its window were closed."""
        if not self.has_ended:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGHUP)

    @property
    def has_ended(self) -> bool:
        """Whether the program has ended."""
        return self._returncode.done()

    async def wait(self) -> int:
        """Wait until the program has ended. Its return code; less than 0 if a signal has ended it."""
        return await asyncio.shield(self._returncode)

    def _reap(self) -> None:
        """In a thread of its own: wait for the end of the program."""
        self._process.wait()
        with suppress(RuntimeError):  # the loop is closed: nobody wants to know any more
            self._loop.call_soon_threadsafe(self._on_end)

    def _on_end(self) -> None:
        signalled = self._process.signalstatus
        self._returncode.set_result(-signalled if signalled else self._process.exitstatus)
        self._unwritten.clear()
        self._written.set()
        self._loop.call_later(LAST_WORDS, self._close)

    def _close(self) -> None:
        if not self._is_open:
            return
        self._loop.remove_reader(self._process.fd)
        self._loop.remove_writer(self._process.fd)
        self._process.fileobj.close()
        if self._tick is not None:
            self._tick.cancel()
        self._process.closed = True  # its own `close` would wait for the program, and kill it
        self._unwritten.clear()
        self._written.set()
        self.output.close()

    @property
    def _is_open(self) -> bool:
        return not self._process.closed

    def _group(self) -> int | None:
        """The number of its process group; None once it may have become another's."""
        return self.pid if not self._returncode.done() or not psutil.pid_exists(self.pid) else None
