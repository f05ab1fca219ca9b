"""Keys: their names, what a terminal sends for them, and what a browser's terminal has sent.

What somebody types travels as texts and names, never as raw bytes: so that nobody slips a control sequence into a
program, and a record can say which keys were pressed without saying what was written.
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Iterator
from typing import Annotated

from pydantic import AfterValidator

NAMED = {
    "enter": "\r",
    "tab": "\t",
    "shift-tab": "\x1b[Z",
    "escape": "\x1b",
    "backspace": "\x7f",
    "space": " ",
    "up": "\x1b[A",
    "down": "\x1b[B",
    "right": "\x1b[C",
    "left": "\x1b[D",
    "home": "\x1b[H",
    "end": "\x1b[F",
    "insert": "\x1b[2~",
    "delete": "\x1b[3~",
    "page-up": "\x1b[5~",
    "page-down": "\x1b[6~",
    "ctrl-space": "\x00",
    "ctrl-backslash": "\x1c",
    **{f"ctrl-{letter}": chr(number) for number, letter in enumerate(string.ascii_lowercase, 1)},
    **{f"f{number}": f"\x1bO{letter}" for number, letter in enumerate("PQRS", 1)},
    **{
        f"f{number}": f"\x1b[{code}~"
        for number, code in zip(range(5, 13), (15, 17, 18, 19, 20, 21, 23, 24), strict=True)
    },
    **{
        f"{modifier}-{name}": f"\x1b[1;{code}{final}"
        for code, modifier in ((2, "shift"), (3, "alt"), (5, "ctrl"))
        for name, final in {"up": "A", "down": "B", "right": "C", "left": "D"}.items()
    },
    **{f"alt-{letter}": f"\x1b{letter}" for letter in string.ascii_lowercase},
    "alt-enter": "\x1b\r",
    "alt-backspace": "\x1b\x7f",
}
"""What a terminal sends for each key."""
OTHER_NAMES = {"return": "enter", "esc": "escape", "del": "delete", "pageup": "page-up", "pagedown": "page-down"}
_CURSOR_KEYS = frozenset({"up", "down", "right", "left", "home", "end"})
_APPLICATION = {f"\x1bO{letter}": f"\x1b[{letter}" for letter in "ABCDHF"}
"""What the cursor keys send where a program has asked for the application's form, and their usual form."""
_NAMES = {sequence: name for name, sequence in NAMED.items()} | {"\t": "tab", "\r": "enter", "\x1b": "escape"}
_CONTROLS = frozenset({"Cc", "Cs"})
_LARGEST_NAME = 20
_PASTED = re.compile("\x1b\\[20[01]~")
_PIECES = re.compile(
    "\x1b[O\\[][\x30-\x3f]*[\x20-\x2f]*[\x40-\x7e]|\x1b[\r\x7fa-z]|[\x00-\x1f\x7f]|[^\x00-\x1f\x7f]+", re.DOTALL
)


def _key_name(name: str) -> str:
    plain = name.strip().lower().replace("_", "-").replace("+", "-")[:_LARGEST_NAME]
    plain = OTHER_NAMES.get(plain, plain)
    if plain not in NAMED and not (len(plain) == 1 and plain.isprintable()):
        raise ValueError(
            f"{name[:_LARGEST_NAME]!r} is no key. Keys are: one character, enter, tab, shift-tab, escape, backspace, "
            "space, delete, insert, up, down, left, right, home, end, page-up, page-down, ctrl-a … ctrl-z, f1 … f12."
        )
    return name.strip() if len(plain) == 1 else plain


KeyName = Annotated[str, AfterValidator(_key_name)]
"""A key by its name, or a single character."""


def sequence_of(name: str, *, application: bool = False) -> str:
    """What a terminal sends for a key.

    Args:
        name: as `KeyName` gives it.
        application: whether the program has asked for the other form of the cursor keys (DECCKM).
    """
    sequence = NAMED.get(name, name)
    return sequence.replace("[", "O", 1) if application and name in _CURSOR_KEYS else sequence


def typed(text: str) -> str:
    """A text without what would press a key, with ``\\n`` between its lines."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", "    ")
    return "".join(each for each in lines if each == "\n" or unicodedata.category(each) not in _CONTROLS)


def read_keys(data: str) -> Iterator[tuple[str, list[str]]]:
    """What a browser's terminal has sent, as texts, each with the names of the keys that were pressed after it.

    A paste is a text with all its lines. What is no key, such as the report of a mouse, is left out.
    """
    pasted = bool(_PASTED.search(data))
    data = _PASTED.sub("", data)
    if pasted:
        yield data.replace("\r", "\n"), []
        return
    text, names = "", list[str]()
    for piece in _PIECES.findall(data):
        if piece[0] >= " " and piece[0] != "\x7f":
            if names:
                yield text, names
                text, names = "", []
            text += piece
        elif name := _NAMES.get(_APPLICATION.get(piece, piece)):
            names.append(name)
    if text or names:
        yield text, names
