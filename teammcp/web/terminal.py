"""What a program has written, as a terminal would show it: colours, carriage returns, no escape sequences.

Known are the sequences of ECMA-48 (as of xterm) that programs use in a line or a few: colours, moves, erasing. All
others are left out. The screen is as wide as its lines and as high as its text, and nothing that has scrolled by is
erased: a program that clears the screen begins a new line.
"""

from __future__ import annotations

import re
from itertools import groupby

from markupsafe import Markup, escape

from ..text.invisible import reveal

SEQUENCE = re.compile(
    r"""
    (?: \x1b\[ | \x9b ) (?P<parameters>[0-?]*) [ -/]* (?P<final>[@-~])
    | (?: \x1b[\]P_^X] | [\x90\x98\x9d-\x9f] ) [^\x07\x1b\x90-\x9f]* (?: \x07 | \x1b\\ | \x9c )  # titles, links
    | \x1b [ -/]* [0-~]
    """,
    re.VERBOSE,
)
CUT = re.compile(
    r"""
    (?: (?: \x1b\[ | \x9b ) [0-?]* [ -/]*
    | (?: \x1b[\]P_^X] | [\x90\x98\x9d-\x9f] ) [^\x07\x1b\x90-\x9f]* \x1b?
    | \x1b [ -/]* ) \Z
    """,
    re.VERBOSE,
)
PIECE = re.compile(r"[\r\n\b]|[^\x00-\x08\x0a-\x1f\x7f-\x9f]+")  # other controls show nothing
LONGEST = 4096
"""Characters of a sequence that is still waited for."""
COLOURS = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")

Style = tuple[str, bool, bool]
"""A colour, whether it is bold, whether it is dim."""
PLAIN: Style = ("", False, False)
Cell = tuple[str, Style]
BLANK: Cell = (" ", PLAIN)


class Terminal:
    """Shows pieces of output one after the other: a colour goes on, and a sequence may be cut between two of them."""

    def __init__(self) -> None:
        self._style = PLAIN
        self._rest = ""

    def show(self, text: str) -> Markup:
        """What a piece of output looks like, in HTML."""
        text, self._rest = self._rest + text, ""
        if (cut := CUT.search(text)) and len(cut[0]) <= LONGEST:
            text, self._rest = text[: cut.start()], cut[0]
        screen = _Screen(self._style, len(text))
        end = 0
        for found in SEQUENCE.finditer(text):
            screen.write(text[end : found.start()])
            if found["final"]:
                screen.obey(found["final"], found["parameters"])
            end = found.end()
        screen.write(text[end:])
        self._style = screen.style
        return Markup("\n").join(_line(line) for line in screen.lines)


class _Screen:
    """The lines of one piece. ``room`` is how many blanks moves may add: a few bytes make no page of megabytes."""

    def __init__(self, style: Style, room: int) -> None:
        self.style = style
        self.lines: list[list[Cell]] = [[]]
        self._row = self._column = 0
        self._room = room

    def write(self, text: str) -> None:
        for piece in PIECE.findall(text):
            if piece == "\n":
                self._row, self._column = self._row + 1, 0
                if self._row == len(self.lines):
                    self.lines.append([])
            elif piece == "\r":
                self._column = 0
            elif piece == "\b":
                self._column = max(0, self._column - 1)
            else:
                self._put(piece)

    def _put(self, text: str) -> None:
        line = self.lines[self._row]
        missing = min(self._column - len(line), self._room)
        if missing > 0:
            line += [BLANK] * missing
            self._room -= missing
        self._column = min(self._column, len(line))
        line[self._column : self._column + len(text)] = [(character, self.style) for character in text]
        self._column += len(text)

    def obey(self, final: str, parameters: str) -> None:
        """Do what a control sequence says."""
        numbers = [int(number[:5]) if number.isdecimal() else 0 for number in re.split("[;:]", parameters)]
        first = numbers[0]
        match final:
            case "m" if parameters[:1] not in {"<", "=", ">", "?"}:
                self._colour(numbers)
            case "A" | "F":
                self._row = max(0, self._row - (first or 1))
            case "B" | "E":
                self._row = min(len(self.lines) - 1, self._row + (first or 1))
            case "C":
                self._column += first or 1
            case "D":
                self._column = max(0, self._column - (first or 1))
            case "G" | "`":
                self._column = max(0, first - 1)
            case "K":
                self._erase(first)
            case "J" if first in {2, 3}:
                self._go_on_below()
            case "J" if first == 0:
                self._erase(0)
                del self.lines[self._row + 1 :]
        if final in {"E", "F"}:
            self._column = 0

    def _erase(self, which: int) -> None:
        line = self.lines[self._row]
        if which == 0:
            del line[self._column :]
        elif which == 1:
            line[: self._column + 1] = [BLANK] * min(self._column + 1, len(line))
        elif which == 2:
            line.clear()

    def _go_on_below(self) -> None:
        if self.lines[-1]:
            self.lines.append([])
        self._row, self._column = len(self.lines) - 1, 0

    def _colour(self, numbers: list[int]) -> None:
        colour, bold, dim = self.style
        rest = iter(numbers)
        for number in rest:
            match number:
                case 0:
                    colour, bold, dim = PLAIN
                case 1:
                    bold = True
                case 2:
                    dim = True
                case 22:
                    bold = dim = False
                case 39:
                    colour = ""
                case 38 | 48:  # one of 256, or red, green and blue: passed over
                    for _ in range({5: 1, 2: 3}.get(next(rest, 0), 0)):
                        next(rest, None)
                case _ if 30 <= number <= 37 or 90 <= number <= 97:
                    colour = COLOURS[number % 10]
        self.style = (colour, bold, dim)


def _line(cells: list[Cell]) -> Markup:
    found = Markup()
    for style, group in groupby(cells, key=lambda cell: cell[1]):
        text = escape(reveal("".join(character for character, _ in group)))
        colour, bold, dim = style
        names = [f"ansi-{colour}"] * bool(colour) + ["ansi-bold"] * bold + ["ansi-dim"] * dim
        found += Markup('<span class="{}">{}</span>').format(" ".join(names), text) if names else text
    return found
