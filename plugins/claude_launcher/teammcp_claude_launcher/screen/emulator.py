"""A terminal without a window: what a program has written becomes what a person would see."""

from __future__ import annotations

import copy
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import pyte
from pyte import charsets, modes
from pyte.screens import Char, Cursor, StaticDefaultDict
from wcwidth import wcwidth

from .sequences import complete, readable

ALTERNATE = frozenset({1049, 1047, 47})
"""The modes of the other screen, which full-screen programs use and leave the first one untouched by."""
APPLICATION_KEYS, BRACKETED_PASTE = 1 << 5, 2004 << 5
"""Modes as pyte stores private ones."""
LARGEST_SIDE = 500
Line = Mapping[int, Char]
Lines = dict[int, StaticDefaultDict[int, Char]]


class Cell(NamedTuple):
    """What stands at a place: one character with what combines with it, and how it looks. ``width``: 1 or 2 columns."""

    column: int
    width: int
    char: Char


class Emulator(pyte.Screen):
    """A screen of some size. `feed` it what the program writes.

    Args:
        columns, rows: its size.
        reply: takes what the terminal answers to the program's questions.

    Attributes:
        unfinished: the beginning of a control sequence or a character whose rest has not come yet.
    """

    def __init__(self, columns: int, rows: int, reply: Callable[[str], object] = lambda data: None) -> None:
        self._reply = reply
        self._first: tuple[Lines, Cursor] | None = None
        self._last = " "
        self.unfinished = b""
        super().__init__(columns, rows)
        self._stream = _Stream(self)

    @property
    def rows(self) -> int:
        """How many lines it has."""
        return self.lines

    @property
    def is_alternate(self) -> bool:
        """Whether the program has the other screen, for full-screen programs."""
        return self._first is not None

    @property
    def first_screen(self) -> tuple[Lines, Cursor]:
        """The lines and the cursor of the first screen."""
        return self._first or (self.buffer, self.cursor)

    def feed(self, data: bytes) -> None:
        """Take what the program has written, in pieces of any size."""
        whole, self.unfinished = complete(self.unfinished + data)
        # What is cut off waits outside of this, so a character that is not whole here will never be.
        self._stream.feed(readable(whole.decode(errors="replace"), self.unfinished.startswith(b"\x1b")))

    def skip_to(self, modes: bytes) -> None:
        """Leave out a stretch of the output, but for what has changed modes in it."""
        self.unfinished = b""
        self.feed(modes)

    def text(self) -> str:
        """What is on the screen, without blanks at the ends of lines and empty lines at the end."""
        return "\n".join(self.line(row) for row in range(self.lines)).rstrip("\n")

    def line(self, row: int) -> str:
        """A line of the screen, without blanks at its end."""
        return "".join(cell.char.data for cell in self.cells(self.buffer.get(row, {}))).rstrip()

    def cells(self, line: Line) -> Iterator[Cell]:
        """The places of a line."""
        column = 0
        while column < self.columns:
            char = line.get(column, self.default_char)
            width = 2 if char.data and wcwidth(char.data[0]) == 2 else 1
            if not char.data or (width == 2 and self._is_torn(line, column)):  # half of a wide character is left
                char, width = char._replace(data=" "), 1
            yield Cell(column, width, char)
            column += width

    def _is_torn(self, line: Line, column: int) -> bool:
        return column + 1 >= self.columns or line.get(column + 1, self.default_char).data != ""

    # -- called by pyte's stream ---------------------------------------------------------------------------------------

    def write_process_input(self, data: str) -> None:
        """The terminal answers a question."""
        self._reply(data)

    def report_device_status(self, mode: int = 0, **private: bool) -> None:
        """The program asks where the cursor is."""
        if not private:
            super().report_device_status(mode)

    def draw(self, data: str) -> None:
        """Text at the cursor. pyte drops the rest of one after a joiner or control character, and cuts at the edge."""
        if data.isascii() and data.isprintable():
            super().draw(data)
            self._last = data[-1:] or self._last
        else:
            for char in data:
                self._draw_one(char)

    def _draw_one(self, char: str) -> None:
        width = wcwidth(char)
        if width < 0 or (width == 0 and not unicodedata.combining(char)):
            return
        if width == 2 and self.cursor.x == self.columns - 1 and modes.DECAWM in self.mode:
            self.carriage_return()
            self.linefeed()
        super().draw(char)
        self._last = char if width else self._last

    def repeat(self, count: int = 1) -> None:
        """REP: the last character again."""
        self.draw(self._last * min(count or 1, self.columns * self.lines))

    def scroll_up(self, count: int = 1) -> None:
        """SU."""
        self._scroll(count, self.delete_lines)

    def scroll_down(self, count: int = 1) -> None:
        """SD."""
        self._scroll(count, self.insert_lines)

    def _scroll(self, count: int, move: Callable[[int], None]) -> None:
        x, y = self.cursor.x, self.cursor.y
        self.cursor.y = self.margins.top if self.margins else 0
        move(count or 1)
        self.cursor.x, self.cursor.y = x, y

    def erase_in_display(self, how: int = 0, *rest: int, **private: bool) -> None:
        """ED. 3 erases what has scrolled away, of which there is nothing here."""
        if how != 3:
            super().erase_in_display(how, *rest, **private)

    def save_cursor(self) -> None:
        """DECSC: there is one place to save it to; pyte piles up all."""
        self.savepoints.clear()
        super().save_cursor()

    def restore_cursor(self) -> None:
        """DECRC: the place is kept."""
        super().restore_cursor()
        self.save_cursor()

    def set_mode(self, *numbers: int, **private: bool) -> None:
        """SM. The other screen begins empty."""
        super().set_mode(*numbers, **private)
        if private and ALTERNATE.intersection(numbers) and self._first is None:
            self._first = self.buffer, copy.copy(self.cursor)
            self.buffer = defaultdict(lambda: StaticDefaultDict(self.default_char))

    def reset_mode(self, *numbers: int, **private: bool) -> None:
        """RM. The first screen is as it was."""
        super().reset_mode(*numbers, **private)
        if private and ALTERNATE.intersection(numbers) and self._first is not None:
            self.buffer, self.cursor = self._first
            self._first = None
            self._keep_cursor_inside()

    def reset(self) -> None:
        """RIS."""
        self._first = None
        super().reset()

    def resize(self, lines: int | None = None, columns: int | None = None) -> None:
        """Another size: of the first screen what is above the cursor scrolls away, and the rest is kept."""
        lines = min(max(lines or self.lines, 1), LARGEST_SIDE)
        columns = min(max(columns or self.columns, 1), LARGEST_SIDE)
        surplus = max(0, self.cursor.y + 1 - lines)
        self.buffer = self._cut(self.buffer, surplus, lines, columns)
        self.cursor.y -= surplus
        if self._first is not None:
            buffer, cursor = self._first
            surplus = max(0, cursor.y + 1 - lines)
            cursor.y -= surplus
            self._first = self._cut(buffer, surplus, lines, columns), cursor
        self.lines, self.columns = lines, columns
        self.margins = None
        self.tabstops = set(range(8, columns, 8))
        self._keep_cursor_inside()

    def _cut(self, buffer: Lines, surplus: int, lines: int, columns: int) -> Lines:
        kept: Lines = defaultdict(lambda: StaticDefaultDict(self.default_char))
        for row, line in buffer.items():
            if 0 <= row - surplus < lines:
                for column in [each for each in line if each >= columns]:
                    del line[column]
                kept[row - surplus] = line
        return kept

    def _keep_cursor_inside(self) -> None:
        self.cursor.y = min(self.cursor.y, self.lines - 1)
        self.cursor.x = min(self.cursor.x, self.columns - 1)


class _Stream(pyte.Stream):
    """pyte's parser, which goes on after a sequence that it cannot read, and knows some more."""

    csi = {
        **pyte.Stream.csi,
        "S": "scroll_up",
        "T": "scroll_down",
        "b": "repeat",
        "s": "save_cursor",
        "u": "restore_cursor",
    }
    events = pyte.Stream.events | {"scroll_up", "scroll_down", "repeat"}

    def __init__(self, screen: Emulator) -> None:
        super().__init__(screen)
        self.use_utf8 = False  # the text is decoded; with it on, pyte ignores the characters that draw lines

    def _send_to_parser(self, data: str) -> bool | None:
        try:
            return super()._send_to_parser(data)
        except (TypeError, ValueError, LookupError, NameError, AssertionError):
            return True  # as terminals do: a sequence with parameters that make no sense has no effect


LINE_DRAWING = charsets.VT100_MAP
