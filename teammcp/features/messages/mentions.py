"""Who is meant by ``@Name`` in a text."""

from __future__ import annotations

import re
import unicodedata

from ...directory import Directory
from ...models import is_name_character

CODE = re.compile(r"```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)|(`+)(?!`).+?(?<!`)\1(?!`)", re.DOTALL)
EVERYBODY = {"all", "everyone", "channel", "here"}
LONGEST = 64


def find_mentions(content: str, directory: Directory) -> tuple[list[str], bool]:
    """The names of the members mentioned in a text, in order, and whether everybody is (``@all``).

    A name is the longest one that fits: ``@Bob.`` means Bob, ``@Bobby`` does not. Scripts that are written without
    spaces may go on right behind a name. Code is not looked at, nor ``a@b``.
    """
    if "@" not in content:
        return [], False
    text = CODE.sub(" ", content)
    names: dict[str, None] = {}
    everybody = False
    for at in (index for index, character in enumerate(text) if character == "@"):
        if at and (is_name_character(text[at - 1]) or text[at - 1] in "@/") and not _unspaced(text[at - 1]):
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


def _candidates(text: str, start: int) -> list[str]:
    """The names that may stand at ``start``, longest first."""
    end = start
    while end < len(text) and end - start < LONGEST and is_name_character(text[end]):
        end += 1
    return [text[start:stop] for stop in range(end, start, -1) if _may_end(text, stop, end)]


def _may_end(text: str, stop: int, end: int) -> bool:
    if stop == end:
        return True
    before, behind = text[stop - 1], text[stop]
    return behind in "_.-" or _unspaced(before) or _unspaced(behind)


def _unspaced(character: str) -> bool:
    """Whether a character is of a script that is written without spaces between words."""
    name = unicodedata.name(character, "")
    return name.startswith(("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR", "HANGUL"))
