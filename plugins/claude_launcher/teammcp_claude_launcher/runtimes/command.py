"""The runtime ``command``: any program that reads a message on its standard input and answers on its output."""

from __future__ import annotations

import asyncio
import contextlib
import os

from pydantic import BaseModel, ConfigDict, Field

from teammcp import (
    Capabilities,
    Child,
    Family,
    InstalledProgram,
    Launch,
    Listener,
    Runtime,
    Session,
    StartFailed,
    Turn,
    TurnEnd,
)

from ..sentences import SET_COMMAND, WITHOUT_COMMAND
from .programs import check_folder, last_output, last_words, spawn, split, which

LONGEST_ANSWER = 256 * 1024
"""Bytes of an answer that are kept; of a longer one, its end."""
REMEDY = SET_COMMAND()


class CommandOptions(BaseModel):
    """What can be set for an agent."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    command: str = Field(
        "",
        title="Command",
        description="The program and its arguments, quoted as in a shell, which does not read them. It is started "
        "for each message, reads it on its standard input, and answers on its standard output.",
    )


class CommandSession(Session):
    """A program for one turn; it is started when the turn comes, so that its input is there from the beginning."""

    def __init__(self, launch: Launch, command: list[str], listener: Listener) -> None:
        self._launch = launch
        self._command = command
        self._listener = listener
        self._child: Child | None = None
        self._over: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._work: asyncio.Task[None] | None = None
        self._taken = False

    @property
    def written(self) -> int:
        return self._child.output.written + self._child.errors.written if self._child else 0

    async def send(self, turn: Turn) -> None:
        if self._child or self._over.done():
            raise BrokenPipeError("The program takes one message, and has had it.")
        try:
            self._child = await spawn(self._launch, self._command, REMEDY, kept=LONGEST_ANSWER)
        except (StartFailed, OSError) as error:
            self._over.set_result(127)
            raise BrokenPipeError(str(error)) from error
        self.pid = self._child.pid
        self._work = asyncio.create_task(self._run(self._child, turn))

    async def _run(self, child: Child, turn: Turn) -> None:
        sign = asyncio.create_task(self._await_sign(child, turn))
        try:
            with contextlib.suppress(BrokenPipeError):  # a program need not read to its input's end
                await child.write(f"{turn.text}\n".encode())
            child.close_input()
            code = await child.wait()
            await last_words(child)
        finally:
            sign.cancel()
        if code >= 0:  # whoever was ended by a signal has not ended its turn
            self._end(child, turn, code)
        self._over.set_result(code)

    async def _await_sign(self, child: Child, turn: Turn) -> None:
        async for _ in child.output.follow():
            self._take_up(turn)
            return

    def _take_up(self, turn: Turn) -> None:
        if not self._taken:
            self._taken = True
            self._listener.taken_up(turn.id)

    def _end(self, child: Child, turn: Turn, code: int) -> None:
        answer = child.output.text().strip()
        self._take_up(turn)
        if child.output.written > LONGEST_ANSWER:
            self._listener.note(f"The answer was longer than {LONGEST_ANSWER} bytes; only its end was kept.")
        if answer:
            self._listener.text(answer)
        if code:
            said = last_output(child).splitlines()
            self._listener.turn_ended(TurnEnd("failed", f"It ended with code {code}{f': {said[-1]}' if said else ''}"))
        else:
            self._listener.turn_ended(TurnEnd("done"))

    async def close(self) -> None:
        if self._child is None and not self._over.done():
            self._over.set_result(0)

    async def wait(self) -> int:
        return await asyncio.shield(self._over)

    def last_output(self) -> str:
        return last_output(self._child) if self._child else ""

    def family(self) -> Family:
        return self._child.family if self._child else Family(lambda mark: False)


class CommandRuntime(Runtime):
    """Runs any program, once for each message."""

    name = "command"
    title = "Any command"
    description = "Any program that reads a message on its standard input and answers on its standard output."
    capabilities = Capabilities(lasting=False)
    Options = CommandOptions

    async def find(self, options: BaseModel, path: str) -> InstalledProgram:
        assert isinstance(options, CommandOptions)  # noqa: S101 - of the class above
        if not options.command.strip():
            return InstalledProgram("")
        return InstalledProgram(which(_words(options)[0], path, REMEDY))

    async def start(self, launch: Launch, listener: Listener) -> Session:
        assert isinstance(launch.options, CommandOptions)  # noqa: S101 - of the class above
        command = _words(launch.options)
        check_folder(launch.folder)
        which(command[0], launch.environment.get("PATH", os.defpath), REMEDY)
        return CommandSession(launch, command, listener)


def _words(options: CommandOptions) -> list[str]:
    words = split(options.command, "command")
    if not words:
        raise StartFailed(WITHOUT_COMMAND(remedy=REMEDY))
    return words
