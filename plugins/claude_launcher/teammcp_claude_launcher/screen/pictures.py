"""Pictures of a screen: as SVG for people, and as what another terminal has to be sent to show the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from itertools import groupby
from typing import Any, NamedTuple

from pyte import modes
from pyte.screens import Char

from .emulator import APPLICATION_KEYS, BRACKETED_PASTE, LINE_DRAWING, Cell, Emulator, Lines

FOREGROUND, BACKGROUND = "#d8dee9", "#15181d"
COLOURS = {
    "black": "#2e3440",
    "red": "#e06c75",
    "green": "#8fc379",
    "brown": "#e0b66c",
    "blue": "#61a5ef",
    "magenta": "#c678dd",
    "cyan": "#56b6c2",
    "white": "#c8ccd4",
    "brightblack": "#6b7385",
    "brightred": "#ff8a92",
    "brightgreen": "#b3e59b",
    "brightbrown": "#ffd68a",
    "brightblue": "#8cc3ff",
    "brightmagenta": "#e2a1f5",
    "brightcyan": "#7fdbe6",
    "brightwhite": "#ffffff",
}
"""By pyte's names; its brown is everybody's yellow."""
NUMBERS = {name: number for number, name in enumerate([*COLOURS][:8], 30)} | {
    name: number for number, name in enumerate([*COLOURS][8:], 90)
}
STYLES = {"bold": 1, "italics": 3, "underscore": 4, "blink": 5, "reverse": 7, "strikethrough": 9}
FONT = "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, 'Noto Sans Mono CJK SC', monospace"
FONT_SIZE, CELL_WIDTH, CELL_HEIGHT, BASELINE, MARGIN = 14, 8.4, 18, 13.5, 8


class Run(NamedTuple):
    """Neighbouring places that look alike. ``columns``: how many they are."""

    column: int
    columns: int
    text: str
    style: Char


def runs(cells: Iterable[Cell]) -> Iterator[Run]:
    """The runs of a line. Blanks that look like nothing are not among them at its end."""
    found = [
        _run([*group]) for _, group in groupby(cells, key=lambda cell: (_typo(cell.char)._replace(data=""), cell.width))
    ]
    while found and not found[-1].text.strip(" ") and _is_plain(found[-1].style):
        found.pop()
    yield from found


def _run(cells: list[Cell]) -> Run:
    return Run(
        cells[0].column,
        sum(cell.width for cell in cells),
        "".join(cell.char.data for cell in cells),
        _typo(cells[0].char),
    )


def _typo(char: Char) -> Char:
    """pyte 0.8.2 misspells one colour."""
    return char._replace(bg="brightmagenta") if char.bg == "bfightmagenta" else char


def _is_plain(style: Char) -> bool:
    return style.bg == "default" and not (style.reverse or style.underscore or style.strikethrough)


# -- for people --------------------------------------------------------------------------------------------------------


def svg(screen: Emulator) -> str:
    """A picture that needs no fonts, styles or files from elsewhere."""
    width = screen.columns * CELL_WIDTH + 2 * MARGIN
    height = screen.rows * CELL_HEIGHT + 2 * MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" '
        f'viewBox="0 0 {width:g} {height:g}" role="img">'
        f'<rect width="100%" height="100%" rx="6" fill="{BACKGROUND}"/>'
        f'<g font-family="{escape(FONT)}" font-size="{FONT_SIZE}" fill="{FOREGROUND}" xml:space="preserve">'
    ]
    for row in range(screen.rows):
        for run in runs(screen.cells(screen.buffer.get(row, {}))):
            parts.extend(_shapes(row, run))
    if not screen.cursor.hidden:
        x, y = _place(screen.cursor.y, min(screen.cursor.x, screen.columns - 1))
        parts.append(f'<rect x="{x:g}" y="{y:g}" width="{CELL_WIDTH}" height="{CELL_HEIGHT}" opacity=".5"/>')
    return "".join([*parts, "</g></svg>"])


def _shapes(row: int, run: Run) -> Iterator[str]:
    x, y = _place(row, run.column)
    width = run.columns * CELL_WIDTH
    front, back = _colour(run.style.fg, FOREGROUND), _colour(run.style.bg, BACKGROUND)
    if run.style.reverse:
        front, back = back, front
    if back != BACKGROUND:
        yield f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{CELL_HEIGHT}" fill="{back}"/>'
    if not run.text.strip(" ") and not (run.style.underscore or run.style.strikethrough):
        return
    look = f' fill="{front}"' if front != FOREGROUND else ""
    look += ' font-weight="bold"' if run.style.bold else ""
    look += ' font-style="italic"' if run.style.italics else ""
    lines = [
        name for name, on in (("underline", run.style.underscore), ("line-through", run.style.strikethrough)) if on
    ]
    look += f' text-decoration="{" ".join(lines)}"' if lines else ""
    yield f'<text x="{x:g}" y="{y + BASELINE:g}" textLength="{width:g}"{look}>{escape(run.text, quote=False)}</text>'


def _place(row: int, column: int) -> tuple[float, float]:
    return round(MARGIN + column * CELL_WIDTH, 1), MARGIN + row * CELL_HEIGHT


def _colour(name: str, default: str) -> str:
    if name == "default":
        return default
    return COLOURS.get(name, f"#{name}")


# -- for terminals -----------------------------------------------------------------------------------------------------


def ansi(screen: Emulator) -> bytes:
    """What a terminal of any state has to be sent to show the same and go on with what the program writes next."""
    parts = ["\x1bc", size(screen.columns, screen.rows), "\x1b[?7l"]
    if screen.is_alternate:
        lines, cursor = screen.first_screen
        parts += [
            _painted(screen, lines),
            _position(cursor.y, cursor.x),
            _style(cursor.attrs),
            "\x1b[?1049h\x1b[H\x1b[m",
        ]
    parts += [_painted(screen, screen.buffer), "\x1b(0" if screen.g0_charset == LINE_DRAWING else ""]
    if screen.savepoints:
        saved = screen.savepoints[-1].cursor
        parts += [_position(saved.y, saved.x), _style(saved.attrs), "\x1b7"]
    if screen.margins:
        parts.append(f"\x1b[{screen.margins.top + 1};{screen.margins.bottom + 1}r")
    parts += [_modes(screen), *_cursor(screen), screen.charset * "\x0e"]
    return "".join(parts).encode() + screen.unfinished


def size(columns: int, rows: int) -> str:
    """What tells a terminal its size."""
    return f"\x1b[8;{rows};{columns}t"


def _painted(screen: Emulator, lines: Lines) -> str:
    parts = []
    for row in range(screen.rows):
        for run in runs(screen.cells(lines.get(row, {}))):
            parts += [_position(row, run.column), _style(run.style), run.text]
    return "".join([*parts, "\x1b[m"])


def _modes(screen: Emulator) -> str:
    set_modes = screen.mode
    wanted = {
        "?7h": modes.DECAWM in set_modes,
        "?1h": APPLICATION_KEYS in set_modes,
        "?2004h": BRACKETED_PASTE in set_modes,
        "?6h": modes.DECOM in set_modes,
        "4h": modes.IRM in set_modes,
        "20h": modes.LNM in set_modes,
        "?25l": screen.cursor.hidden,
    }
    return "".join(f"\x1b[{mode}" for mode, on in wanted.items() if on)


def _cursor(screen: Emulator) -> Iterator[str]:
    cursor = screen.cursor
    top = screen.margins.top if screen.margins and modes.DECOM in screen.mode else 0
    row = cursor.y - top
    if cursor.x >= screen.columns:  # behind the last column: the next character begins a line
        *_, last = screen.cells(screen.buffer.get(cursor.y, {}))
        yield from (_position(row, last.column), _style(last.char), last.char.data)
    else:
        yield _position(row, cursor.x)
    yield _style(cursor.attrs)


def _position(row: int, column: int) -> str:
    return f"\x1b[{row + 1};{column + 1}H"


def _style(char: Any) -> str:
    char = _typo(char)
    codes = [0, *(code for name, code in STYLES.items() if getattr(char, name))]
    return f"\x1b[{';'.join(map(str, [*codes, *_ground(char.fg, 0), *_ground(char.bg, 10)]))}m"


def _ground(name: str, offset: int) -> list[int]:
    if name == "default":
        return []
    if name in NUMBERS:
        return [NUMBERS[name] + offset]
    return [38 + offset, 2, *bytes.fromhex(name)]
