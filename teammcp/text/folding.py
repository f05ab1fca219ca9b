"""One folding of text, for all that is looked for, compared or sorted: what differs only in its writing is the same.

Case, width, composition, accents, final forms, vowel points and joiners make no difference: ``Straße`` is ``STRASSE``,
``Łódź`` is ``lodz``, ``Ёлка`` is ``елка``, Hebrew and Arabic with points are the same without. What is a letter of its
own stays one: the vowel signs of Indic scripts, Japanese ``が``, Korean syllables, Russian ``й``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache

_LETTERS = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "ı": "i", "ŋ": "n", "æ": "ae", "œ": "oe", "þ": "th"}
)
"""Letters with a stroke and ligatures, which Unicode takes apart no further."""
_DROPPED = re.compile(
    "(?<!и)\u0306|[\u0300-\u0305\u0307-\u036f"  # accents of Latin, Greek, Cyrillic; й is a letter of its own
    "\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7"  # points and accents of Hebrew
    "\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed"  # marks of Arabic
    "\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufe00-\ufe0f\U000e0000-\U000e01ef]"  # unseen
)
_MARKS = 0x20000
"""Behind it Unicode has no marks but the unseen ones."""


def fold_text(text: str) -> str:
    """The text as it is compared. To fold it again changes nothing."""
    if text.isascii():
        return text.lower()
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return unicodedata.normalize("NFC", _DROPPED.sub("", folded.translate(_LETTERS)))


@cache
def _mark_class() -> str:
    """The inside of a character class of all marks. It is made when text first needs it, in some milliseconds."""
    marks = [code for code in range(0x300, _MARKS) if unicodedata.category(chr(code))[0] == "M"]
    return "".join(map(chr, marks)) + "\uff9e\uff9f"  # voiced marks of half width, which compose as well


@cache
def words() -> re.Pattern[str]:
    """What finds the words of a folded text: runs of letters, digits and marks."""
    return re.compile(rf"(?:[^\W_]|[{_mark_class()}])+")


@cache
def edges() -> tuple[str, str]:
    """Regular expressions for where a word of a folded text may begin, and where it may end."""
    letter, mark = r"[^\W_]", f"[{_mark_class()}]"
    return f"(?<!{letter})(?<!{mark})", f"(?!{letter}|{mark})"


@cache
def _segment() -> re.Pattern[str]:
    """What finds the parts of a text that are folded apart from each other: a character with its marks, a syllable."""
    jamo = "\u1100-\u11ff\u3131-\u318e"
    return re.compile(rf"[\uac00-\ud7a3{jamo}][{jamo}{_mark_class()}]*|.[{_mark_class()}]*", re.DOTALL)


_fold_segment = lru_cache(4096)(fold_text)


def segments(text: str) -> Iterator[tuple[str, int, int]]:
    """The folded text in parts, each with where it began and ended in the text; together they are `fold_text`."""
    for match in _segment().finditer(text):
        yield _fold_segment(match[0]), match.start(), match.end()
