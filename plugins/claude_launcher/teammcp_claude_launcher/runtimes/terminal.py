"""The runtime ``terminal``: any interactive program in a pseudo terminal, for programs without a protocol of their own.

Members watch it live and managers type into it. Turns are typed, too, at an empty prompt of the program's and never
into anything else. What the program answers is read off its screen, so it is what stands there and no more.
"""

from __future__ import annotations

import asyncio
import os
import re
import shlex
from contextlib import suppress
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from teammcp import (
    Capabilities,
    Family,
    InstalledProgram,
    Launch,
    Listener,
    NotInstalled,
    Runtime,
    Session,
    StartFailed,
    Turn,
    TurnEnd,
)

from ..screen import KeyName
from ..sentences import CANNOT_RUN, SET_COMMAND, WITHOUT_COMMAND
from .programs import SHOWN, check_folder, which
from .pseudo_terminal import PseudoTerminal
from .typing import Manner, NotShown, Typist

REMEDY = SET_COMMAND()
PROMPT = (
    r"(?:[\w.@~/()\[\]-]{0,40} ?)?(?:>>>|[❯›»>])(?: +(?:Ask Codex to do anything|Type your message.*|Try \".*))?"
    r"|\* +Type your message.*|Ask anything.*"
)
"""An empty prompt, or one with the hint that a program known to us shows in it.

The prompts of shells are left out on purpose: a shell would run whatever a member writes to the agent."""
BUSY = (
    r"(?i)esc to (?:interrupt|cancel)|enter to (?:confirm|continue|select)|\(y/n\)|\[y/n\]|[❯›>●] *1[.)] |"
    r"allow (?:once|execution)|waiting for user|hooks need review|press enter"
)


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"this is no regular expression: {error}") from None
    return text


Pattern = Annotated[str, AfterValidator(_pattern), Field(min_length=1, max_length=1000)]


class TerminalOptions(BaseModel):
    """What can be set for an agent."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    command: str = Field(
        "",
        title="Command",
        description="The program and its arguments, quoted as in a shell, which does not read them. Messages are typed "
        "into it, so let it be no shell: it would run them.",
    )
    prompt: Pattern = Field(
        PROMPT,
        title="Prompt",
        description="A regular expression for the whole line of the program's empty prompt, without its frame. A turn "
        "is typed only where it matches the line with the cursor, or any line if the program hides the cursor.",
    )
    busy: Pattern = Field(
        BUSY,
        title="Busy",
        description="A regular expression for what stands in the last lines of the screen while the program works or "
        "asks something. Nothing is typed as long as it is found there.",
    )
    quiet_seconds: float = Field(
        1.0,
        gt=0,
        le=60,
        title="Quiet time",
        description="Seconds for which the screen must not change before a turn is typed, and before one is over.",
    )
    before_enter_seconds: float = Field(
        0.5,
        ge=0,
        le=10,
        title="Time before Enter",
        description="Seconds between a text and Enter. Programs take a faster Enter for a part of the text.",
    )
    interrupt_key: KeyName = Field(
        "escape", title="Key that interrupts", description="The key that breaks off what the program does."
    )
    columns: int = Field(120, ge=20, le=400, title="Columns", description="The width of the screen at the start.")
    rows: int = Field(36, ge=5, le=200, title="Rows", description="The height of the screen at the start.")


class TerminalSession(Session):
    """An interactive program."""

    terminal: PseudoTerminal

    def __init__(self, terminal: PseudoTerminal, options: TerminalOptions, guide: str, listener: Listener) -> None:
        self.terminal = terminal
        self.pid = terminal.pid
        self._interrupt_key = options.interrupt_key
        self._guide = guide.strip()
        self._listener = listener
        manner = Manner(
            re.compile(options.prompt), re.compile(options.busy), options.quiet_seconds, options.before_enter_seconds
        )
        self._typist = Typist(terminal, manner, listener.note)
        self._turn: asyncio.Task[None] | None = None
        self._is_working = False
        self._interrupted = False

    @property
    def written(self) -> int:
        return self.terminal.output.written

    async def send(self, turn: Turn) -> None:
        if self.terminal.has_ended:
            raise BrokenPipeError("The program has ended.")
        self._interrupted = False
        self._turn = asyncio.create_task(self._work(turn))

    async def _work(self, turn: Turn) -> None:
        text = f"{self._guide}\n\n{turn.text}" if self._guide else turn.text
        try:
            begun = await self._typist.type(text)
        except BrokenPipeError:
            if not self.terminal.has_ended:
                self._listener.turn_ended(TurnEnd("failed", "The program does not read what is typed."))
            return  # `wait` tells of its end
        except NotShown as error:
            self._listener.turn_ended(TurnEnd("failed", str(error)))
            return
        self._guide = ""
        self._is_working = True
        self._listener.taken_up(turn.id)
        with suppress(BrokenPipeError):
            await self._typist.until_ready()
            self._is_working = False
            if said := self._typist.news(begun, text):
                self._listener.text(said)
            self._listener.turn_ended(TurnEnd("interrupted" if self._interrupted else "done"))

    async def interrupt(self) -> None:
        if self._is_working:  # otherwise the key would go to a person's line, or a dialog
            self._interrupted = True
            await self.terminal.keys("", [self._interrupt_key])

    async def close(self) -> None:
        self.terminal.hang_up()

    async def wait(self) -> int:
        code = await self.terminal.wait()
        if self._turn is not None:
            await asyncio.wait([self._turn])
        return code

    def last_output(self) -> str:
        return self.terminal.text().strip()[-SHOWN:]

    def family(self) -> Family:
        return self.terminal.family


class TerminalRuntime(Runtime):
    """Runs any interactive program."""

    name = "terminal"
    title = "A program in a terminal"
    description = (
        "Any interactive program, in a terminal that can be watched and typed into. For one without a protocol."
    )
    capabilities = Capabilities(receipt=True, interrupt=True, terminal=True)
    Options = TerminalOptions

    async def find(self, options: BaseModel, path: str) -> InstalledProgram:
        assert isinstance(options, TerminalOptions)  # noqa: S101 - of the class above
        if not options.command.strip():
            return InstalledProgram("")
        return InstalledProgram(which(_split(options)[0], path, REMEDY))

    async def start(self, launch: Launch, listener: Listener) -> Session:
        options = launch.options
        assert isinstance(options, TerminalOptions)  # noqa: S101 - of the class above
        command = _split(options)
        check_folder(launch.folder)
        program = which(command[0], launch.environment.get("PATH", os.defpath), REMEDY)
        try:
            terminal = PseudoTerminal.spawn(
                [program, *command[1:]],
                environment=launch.environment,
                folder=launch.folder,
                mark=launch.children.new_mark(),
                columns=options.columns,
                rows=options.rows,
            )
        except OSError as error:
            raise StartFailed(CANNOT_RUN(program=program, why=error)) from error
        return TerminalSession(terminal, options, launch.guide, listener)


def _split(options: TerminalOptions) -> list[str]:
    try:
        command = shlex.split(options.command)
    except ValueError as error:
        raise StartFailed(f"option 'command': {error}: {options.command!r}") from error
    if not command:
        raise NotInstalled(WITHOUT_COMMAND(remedy=REMEDY))
    return command
