"""Sessions of programs that speak in lines of JSON on their standard input and output, each line an object."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from abc import abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, TypeVar

from teammcp import Child, Listener, PermissionAnswer, PermissionQuestion, StartFailed

from .programs import SHOWN, ProgramSession, last_words

KEPT = 1024 * 1024
"""Bytes of output that are kept while they are read."""
LONGEST_LINE = 32 * 1024 * 1024
"""Bytes of a line; a longer one is left out."""
SHARE = 50
"""Lines that are read of one program before all others have their turn."""
PARTING_SECONDS = 0.5
"""Seconds within which a program reads the last that is written to it."""
START_SECONDS = 60.0
"""Seconds within which a program is ready for its first turn."""

T = TypeVar("T")

log = logging.getLogger(__name__)


class Lines:
    """Cuts a stream of bytes into lines."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._skipping = False

    def feed(self, data: bytes) -> list[bytes]:
        """The lines that are complete with this data, without their ends; empty and too long ones are left out."""
        *ends, rest = data.split(b"\n")
        lines = []
        for end in ends:
            self._rest += end
            if self._rest and not self._skipping:
                lines.append(bytes(self._rest))
            self._rest.clear()
            self._skipping = False
        self._rest += rest
        if len(self._rest) > LONGEST_LINE:
            self._rest.clear()
            self._skipping = True
        return lines

    def end(self) -> list[bytes]:
        """The last line, if the stream has ended in the middle of it."""
        return [bytes(self._rest)] if self._rest else []


async def lines_of(child: Child) -> AsyncIterator[bytes]:
    """The lines that a program writes, all of them, however fast: it waits while others have their turn."""
    lines, read = Lines(), 0
    async with contextlib.aclosing(child.output.follow_whole()) as pieces:
        async for piece in pieces:
            for line in lines.feed(piece):
                yield line
                read += 1
                if read % SHARE == 0:
                    await asyncio.sleep(0)
            await asyncio.sleep(0)
    for line in lines.end():
        yield line


class Refused(Exception):
    """The program answers a request with an error; the text is the program's."""


class LineSession(ProgramSession):
    """Reads a program's lines, keeps its open requests and ours, and ends both with the program."""

    def __init__(self, child: Child, listener: Listener) -> None:
        super().__init__(child)
        self.listener = listener
        self._stray = ""
        self._noted: set[str] = set()
        self._requests: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._questions: dict[str, asyncio.Task[None]] = {}
        self._replies: set[asyncio.Task[None]] = set()
        self._reader = asyncio.create_task(self._read())
        self._ended = asyncio.create_task(self._await_end())

    def parting(self) -> Mapping[str, Any] | None:
        """What breaks off the running turn, which the program would finish before it ends; None if none runs."""
        return None

    async def close(self) -> None:
        with contextlib.suppress(BrokenPipeError, TimeoutError):
            if message := self.parting():
                async with asyncio.timeout(PARTING_SECONDS):
                    await self.write(message)
        self.child.close_input()

    @abstractmethod
    def heard(self, message: dict[str, Any]) -> None:
        """The program says something."""

    async def write(self, message: Mapping[str, Any]) -> None:
        """Say something to the program; BrokenPipeError if it has ended."""
        await self.child.write(json.dumps(message).encode() + b"\n")

    async def request(self, key: str, message: Mapping[str, Any]) -> dict[str, Any]:
        """Say something that has an answer, which `answered` gives.

        Raises:
            Refused: the answer is an error.
            BrokenPipeError: the program ends before it answers.
        """
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._requests[key] = answer
        try:
            await self.write(message)
            return await answer
        finally:
            self._requests.pop(key, None)

    def answered(self, key: str, answer: dict[str, Any] | Exception) -> None:
        """The program has answered a request."""
        request = self._requests.get(key)
        if request is None or request.done():
            return
        if isinstance(answer, Exception):
            request.set_exception(answer)
        else:
            request.set_result(answer)

    def reply(self, message: Mapping[str, Any]) -> None:
        """Say something without waiting until the program reads it; nothing if it has ended."""
        task = asyncio.create_task(self._reply(message))
        self._replies.add(task)
        task.add_done_callback(self._replies.discard)

    async def _reply(self, message: Mapping[str, Any]) -> None:
        with contextlib.suppress(BrokenPipeError):
            await self.write(message)

    def ask(self, question: PermissionQuestion, answer: Callable[[PermissionAnswer], Mapping[str, Any]]) -> None:
        """Pass a question on, and its answer back as a message; whatever goes wrong is a no."""
        self._questions[question.id] = asyncio.create_task(self._ask(question, answer))

    async def _ask(self, question: PermissionQuestion, answer: Callable[[PermissionAnswer], Mapping[str, Any]]) -> None:
        try:
            given = await self.listener.ask(question)
        except Exception:
            log.exception("a permission question about %s was not answered, which denies it", question.tool)
            given = PermissionAnswer(False, "The question could not be answered.")
        finally:
            self._questions.pop(question.id, None)
        self.reply(answer(given))

    def withdraw(self, question: str) -> None:
        """The program no longer asks this."""
        if task := self._questions.get(question):
            task.cancel()

    def note_once(self, text: str) -> None:
        """Note something, unless that was noted in this session already."""
        if text and text not in self._noted:
            self._noted.add(text)
            self.listener.note(text)

    async def wait(self) -> int:
        return await asyncio.shield(self._ended)

    def last_output(self) -> str:
        """The end of its standard error and of what it said besides its lines, or else of these."""
        said = "\n".join(part for part in (self._stray.strip(), self.child.errors.text().strip()) if part)
        return (said or self.child.output.text().strip())[-SHOWN:]

    async def _read(self) -> None:
        async for line in lines_of(self.child):
            self._hear(line)

    def _hear(self, line: bytes) -> None:
        try:
            message = json.loads(line)
        except (ValueError, RecursionError):  # whatever is nested deeper than can be read is no message
            message = None
        if not isinstance(message, dict):
            self._stray = f"{self._stray}{line.decode(errors='replace')}\n"[-SHOWN:]
            return
        try:
            self.heard(message)
        except Exception:  # a line of a shape that nobody has seen is not to keep the next ones from being read
            log.exception("a line of a program could not be read; its keys: %s", sorted(message))
            self.note_once("The program said something that could not be read; the runner's log has more.")

    async def _await_end(self) -> int:
        code = await self.child.wait()
        await last_words(self.child)
        await asyncio.wait([self._reader])
        for request in self._requests.values():
            if not request.done():
                request.set_exception(BrokenPipeError("The program has ended."))
        for task in self._questions.values():
            task.cancel()
        return code


async def opened(session: LineSession, opening: Awaitable[T]) -> T:
    """Await what makes a program ready for turns, and what comes of it; end the program if that fails.

    Raises:
        StartFailed: why it is not.
    """
    try:
        async with asyncio.timeout(START_SECONDS):
            return await opening
    except TimeoutError:
        why = f"It was not ready within {START_SECONDS:g} s."
    except BrokenPipeError:
        why = "It ended at once."
    except Refused as refusal:
        why = f"It says: {refusal}"
    except BaseException:
        await session.child.stop(0)
        raise
    await session.child.stop(0)
    raise StartFailed(f"The program could not be started. {why} {session.last_output()}".strip())
