"""``@Name`` as a part of Markdown: who is meant by it, for the message that calls them and the page that shows it.

The ``env`` of parsing holds in ``names`` a function from what is written to the name that it means, or to None.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from typing import TypeAlias

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from ..arguments.fields import is_name_character

AT = "@＠"
LONGEST = 64

Names: TypeAlias = Callable[[str], str | None]


def install(parser: MarkdownIt) -> None:
    """Let a parser see mentions. It comes before emphasis, so that ``_`` may be in a name."""
    parser.inline.ruler.push("mention", _mention)
    for sign in AT:
        parser.inline.add_terminator_char(sign)


def may_mention(text: str, names: Names) -> bool:
    """Whether there is a name behind an ``@`` anywhere, code and addresses included: else nothing need be parsed."""
    return any(name_at(text, place, names) is not None for place, character in enumerate(text) if character in AT)


def name_at(text: str, at: int, names: Names) -> tuple[str, int] | None:
    """The name that the ``@`` at a place means, and where it ends.

    A name is the longest one that fits: ``@Bob.`` means Bob, ``@Bobby`` does not. Scripts that are written without
    spaces may go on right behind a name. Not ``a@b``, ``host/@name``, ``@@name``.
    """
    if at and _belongs_to_a_word(text[at - 1]):
        return None
    for written, end in _candidates(text, at + 1):
        name = names(written)
        if name is not None:
            return name, end
    return None


def _mention(state: StateInline, silent: bool) -> bool:
    if state.src[state.pos] not in AT or state.linkLevel:
        return False
    names: Names | None = state.env.get("names")
    found = names and name_at(state.src, state.pos, names)
    if not found:
        return False
    name, end = found
    if not silent:
        token: Token = state.push("mention", "", 0)
        token.content = state.src[state.pos : end].replace("\\", "")
        token.meta = {"name": name}
    state.pos = end
    return True


def _belongs_to_a_word(character: str) -> bool:
    """Whether an ``@`` behind this character is part of something else."""
    return character in f"{AT}/" or (unicodedata.category(character)[0] in "LMN" and not _unspaced(character))


def _candidates(text: str, start: int) -> Iterator[tuple[str, int]]:
    """The names that may stand at ``start``, each with its end, longest first."""
    written: list[str] = []
    ends: list[int] = []
    place = start
    while len(written) <= LONGEST and (character := _name_character(text, place)):
        place += len(character)
        written.append(character[-1])
        ends.append(place)
    for length in range(min(len(written), LONGEST), 0, -1):
        if length == len(written) or _may_end(written[length - 1], written[length]):
            yield "".join(written[:length]), ends[length - 1]


def _name_character(text: str, place: int) -> str:
    """What stands for one character of a name: itself, or one of ``_ . -`` with the backslash that keeps it plain."""
    character = text[place : place + 1]
    if character == "\\" and text[place + 1 : place + 2] in ("_", ".", "-"):
        return text[place : place + 2]
    return character if character and is_name_character(character) else ""


def _may_end(last: str, following: str) -> bool:
    return following in "_.-" or _unspaced(last) or _unspaced(following)


def _unspaced(character: str) -> bool:
    """Whether a character is of a script that is written without spaces between words."""
    name = unicodedata.name(character, "")
    return name.startswith(("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR", "HANGUL"))
