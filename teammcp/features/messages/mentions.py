"""Who is meant by ``@Name`` in a text."""

from __future__ import annotations

import re
import unicodedata

from ...directory import Directory
from ...models import is_name_character

FENCE = r"^ {0,3}(?P<fence>`{3,}(?=[^`\n]*$)|~{3,}).*?(?:\n {0,3}(?P=fence)[`~]*[ \t]*$|\Z)"
SPAN = r"(?<!`)(?P<ticks>`++)(?:(?!\n[ \t]*\n).)+?(?<!`)(?P=ticks)(?!`)"
CODE = re.compile(f"{FENCE}|{SPAN}", re.DOTALL | re.MULTILINE)
AT = "@＠"
EVERYBODY = {"all", "everyone", "channel", "here"}
LONGEST = 64


def find_mentions(content: str, directory: Directory) -> tuple[list[str], bool]:
    """The names of the members mentioned in a text, in order, and whether everybody is (``@all``).

    A name is the longest one that fits: ``@Bob.`` means Bob, ``@Bobby`` does not. Scripts that are written without
    spaces may go on right behind a name. Code is not looked at, nor ``a@b``.
    """
    if not any(sign in content for sign in AT):
        return [], False
    text = CODE.sub(" ", content)
    names: dict[str, None] = {}
    everybody = False
    for at in (index for index, character in enumerate(text) if character in AT):
        if at and _belongs_to_a_word(text[at - 1]):
            continue
        for name in _candidates(text, at + 1):
            if name.casefold() in EVERYBODY:
                everybody = True
                break
            agent = directory.agent(name)
            if agent is not None:
                names[agent.name] = None
                break
    return list(names), everybody


def _belongs_to_a_word(character: str) -> bool:
    """Whether an ``@`` behind this character is part of something else: ``a@b``, ``https://host/@name``."""
    return character in f"{AT}/" or (unicodedata.category(character)[0] in "LMN" and not _unspaced(character))


def _candidates(text: str, start: int) -> list[str]:
    """The names that may stand at ``start``, longest first."""
    end = start
    while end < len(text) and is_name_character(text[end]):
        end += 1
    return [text[start:stop] for stop in range(min(end, start + LONGEST), start, -1) if _may_end(text, stop, end)]


def _may_end(text: str, stop: int, end: int) -> bool:
    if stop == end:
        return True
    before, behind = text[stop - 1], text[stop]
    return behind in "_.-" or _unspaced(before) or _unspaced(behind)


def _unspaced(character: str) -> bool:
    """Whether a character is of a script that is written without spaces between words."""
    name = unicodedata.name(character, "")
    return name.startswith(("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR", "HANGUL"))
