"""Typing a turn into an interactive program as a careful person would.

What must not be typed into: a dialog, which Enter would answer; a line that somebody has half typed, which would be
sent along; a screen that moves. So it is looked first, then pasted, then looked whether the program shows it, and
only then Enter is pressed, once. It is taken up when the program shows something new after that.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass

from ..screen import typed
from .pseudo_terminal import PseudoTerminal

ATTEMPTS = 3
SHOWN_SECONDS = 5.0
"""Seconds in which a program shows what was typed."""
TAIL = 12
"""Characters of its end by which it is known again; programs break lines and draw frames around them."""
DIALOG = 12
"""Lines at the end of a screen in which a dialog has to be seen. Further up the same words may be what was said."""
FRAME = " \t│┃|▌█╭╮╰╯─"
"""What programs draw around their prompts."""
TOLD_SECONDS = 10.0
"""Seconds for which a turn may wait to be typed before it is told."""
WAITS = "A turn waits for an empty prompt of the program; see the option Prompt, and look at the terminal."


@dataclass(frozen=True)
class Manner:
    """How a program is to be typed into.

    Attributes:
        prompt: matches the whole line of an empty prompt.
        busy: is found in the last lines where nothing may be typed: while the program works, and in its dialogs.
        quiet: seconds for which the screen must not change before.
        before_enter: seconds between a text and Enter: programs take a faster one for a part of what is pasted.
    """

    prompt: re.Pattern[str]
    busy: re.Pattern[str]
    quiet: float
    before_enter: float


class NotShown(Exception):
    """The program does not show what was typed."""


class Typist:
    """Types turns into a program.

    Args:
        terminal: the program's.
        manner: how.
        note: tells whoever looks at the run why it is not typed yet.
    """

    def __init__(self, terminal: PseudoTerminal, manner: Manner, note: Callable[[str], None]) -> None:
        self._terminal = terminal
        self._manner = manner
        self._note = note

    async def type(self, text: str) -> str:
        """Type a turn, and return when it is taken up; what the screen showed before Enter.

        Raises:
            NotShown: the program does not show what is typed. BrokenPipeError: it has ended, or does not read.
        """
        telling = asyncio.get_running_loop().call_later(TOLD_SECONDS, self._note, WAITS)
        try:
            for _ in range(ATTEMPTS):
                await self.until_ready()
                async with self._terminal.typing:
                    if self._is_ready() and await self._paste(self._fitting(text)):
                        telling.cancel()
                        return await self._enter()
                self._note("The program does not show what was typed; it is tried again at its next empty prompt.")
        finally:
            telling.cancel()
        raise NotShown(f"The program did not show what was typed, {ATTEMPTS} times. Look at its terminal.")

    def news(self, before: str, text: str) -> str:
        """What stands on the screen now and did not before, line by line, without the prompt and the echo of a text."""
        known = set(before.splitlines())
        lines = [line for line in self._terminal.text().splitlines() if line not in known]
        while lines and _is_echo(lines[0], text):
            lines.pop(0)
        while lines and (not lines[-1].strip(FRAME) or self._is_prompt(lines[-1])):
            lines.pop()
        return "\n".join(lines).strip()

    async def until_ready(self) -> None:
        """Wait until the program shows an empty prompt on a screen that stands still.

        Raises:
            BrokenPipeError: it has ended.
        """
        while True:
            screen, since = self._terminal.text(), self._terminal.output.written
            await asyncio.sleep(self._manner.quiet)
            if self._terminal.has_ended:
                raise BrokenPipeError("The program has ended.")
            if self._terminal.text() == screen and self._is_quiet() and self._is_ready():
                return
            if self._terminal.output.written == since and self._is_quiet():
                await self._terminal.written_after(since)

    def _is_quiet(self) -> bool:
        return asyncio.get_running_loop().time() - self._terminal.changed_at >= self._manner.quiet

    def _is_ready(self) -> bool:
        screen = self._terminal.text()
        line = self._terminal.cursor_line()
        lines = screen.splitlines() if line is None else [line]
        return any(map(self._is_prompt, lines)) and not self._is_busy(screen)

    def _is_busy(self, screen: str) -> bool:
        last = [line for line in screen.splitlines() if line.strip(FRAME)][-DIALOG:]
        return self._manner.busy.search("\n".join(last)) is not None

    def _is_prompt(self, line: str) -> bool:
        return self._manner.prompt.fullmatch(line.strip(FRAME)) is not None

    async def _paste(self, text: str) -> bool:
        """Type the text without Enter; whether the program shows it."""
        before = self._terminal.text()
        tail = _squeezed(text)[-TAIL:]
        count = _squeezed(before).count(tail)
        await self._terminal.type(text)
        deadline = asyncio.get_running_loop().time() + SHOWN_SECONDS
        await asyncio.sleep(self._manner.before_enter)
        while True:
            screen, written = self._terminal.text(), self._terminal.output.written
            if self._is_busy(screen):
                return False
            if _squeezed(screen).count(tail) > count or _stands_for_a_paste(before, screen):
                return True
            try:
                async with asyncio.timeout_at(deadline):
                    await self._terminal.written_after(written)
            except TimeoutError:
                return False

    async def _enter(self) -> str:
        """Press Enter, and wait until the program shows more than that; what it showed before."""
        before, since = self._terminal.text(), self._terminal.output.written
        await self._terminal.press("enter")
        while True:
            seen = self._terminal.output.written
            answered = self._terminal.output.read(since).data.strip(b"\r\n")  # a terminal's own echo is no answer
            if answered and self._terminal.text() != before:
                return before
            await self._terminal.written_after(seen)

    def _fitting(self, text: str) -> str:
        """The text as the program can take it."""
        text = typed(text).strip()
        if not self._terminal.takes_pastes:
            text = " ".join(text.split("\n"))  # each line would be sent by itself
        longest = self._terminal.longest_line
        if longest is not None and len(text.encode()) >= longest:
            self._note(f"The program takes lines of {longest} bytes at most; the turn was cut.")
            text = text.encode()[: longest - 4].decode(errors="ignore") + "…"
        return text


def _is_echo(line: str, text: str) -> bool:
    """Whether a line shows some of a text that was typed: all of the line is of it, or the line holds one of its."""
    shown = _squeezed(line)
    return shown in _squeezed(text) or any(part in shown for part in map(_squeezed, text.splitlines()) if part)


def _squeezed(text: str) -> str:
    """Without what frames and line breaks put between the characters."""
    return "".join(each for each in text if not each.isspace() and each not in FRAME)


def _stands_for_a_paste(before: str, screen: str) -> bool:
    """Whether the program shows that something was pasted instead of the text: ``[Pasted text #1 +20 lines]``."""
    return screen.lower().count("[past") > before.lower().count("[past")
