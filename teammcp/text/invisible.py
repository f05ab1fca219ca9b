"""Characters that nobody sees, or that change the order of what is seen: written out, or taken out.

A text can show one thing and be another: U+202E turns what follows around, U+E0041 is an "A" that people do not see
and models read, U+200B makes two names out of one. `reveal` writes such characters as ``<U+202E>``, for whoever decides
by a text and for models; `strip` takes them out of names and titles, which nobody should have to read like that.

Some of them carry meaning where they stand, and stay there: the joiners within emoji and in the scripts of India and
Persia, variation selectors behind what they vary, the flags of England, Scotland and Wales. Everything else of
Unicode's Default_Ignorable_Code_Point, the controls, the separators of lines and paragraphs, halves of surrogate pairs,
and the letters and symbols that are blank are hidden. Tabs and line breaks are not: they are seen.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

_SUSPECT = re.compile(
    "\r\n"  # taken whole, so that a carriage return is suspect only by itself
    "|[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ud800-\udfff"
    "\U0001bca0-\U0001bca3\U0001d159\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_FLAG = re.compile(  # a black flag, and the letters of a country in tags
    "\U0001f3f4\U000e0067\U000e0062(?:\U000e0065\U000e006e\U000e0067|\U000e0073\U000e0063\U000e0074|\U000e0077\U000e006c"
    "\U000e0073)\U000e007f"
)
_FLAG_LENGTH = 7
_MARKS = "\u200e\u200f\u061c"
_RIGHT_TO_LEFT = re.compile(
    "[\u0590-\u061b\u061d-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
_JOINING = {"ARABIC", "SYRIAC", "MANDAIC", "MONGOLIAN", "PHAGS-PA", "NKO", "ADLAM", "MANICHAEAN", "PSALTER", "SOGDIAN"}
"""Scripts whose letters join, by the first word of their characters' names."""
_VIRAMA = 9
"""The combining class of the sign that takes the vowel from a letter and binds it to the next."""
_SYMBOLS = {"So", "Sm"}
_VARIED = set("\u203c\u2049\u2139\u3030\u303d")
"""Emoji of other categories than symbols."""
_KEYCAPS = set("0123456789#*")
_SKIN = range(0x1F3FB, 0x1F400)


def reveal(text: str, *, prose: bool = False) -> str:
    """A text with each hidden character written out, as in ``<U+202E>``.

    Args:
        text: any text, of any number of lines.
        prose: keep the marks that say which way punctuation goes (U+200E, U+200F, U+061C) where right-to-left letters
            are. Not where somebody decides, nor in code: with digits beside them they change an order.
    """
    keep_marks = prose and has_right_to_left(text)
    return _replace(text, lambda hidden: hidden if keep_marks and hidden in _MARKS else f"<U+{ord(hidden):04X}>")


def strip(text: str) -> str:
    """A text without its hidden characters; a separator of lines or paragraphs becomes a space."""
    return _replace(text, lambda hidden: " " if hidden in "\u2028\u2029" else "")


def has_right_to_left(text: str) -> bool:
    """Whether there are letters in a text that are written from right to left."""
    return _RIGHT_TO_LEFT.search(text) is not None


def is_blank(text: str) -> bool:
    """Whether there is nothing in a text that anybody sees."""
    return not strip(text).strip()


def _replace(text: str, replacement: Callable[[str], str]) -> str:
    def choose(match: re.Match[str]) -> str:
        found = match[0]
        return found if found == "\r\n" or _carries_meaning(text, match.start()) else replacement(found)

    return _SUSPECT.sub(choose, text)


def _carries_meaning(text: str, at: int) -> bool:
    character, before, behind = text[at], text[at - 1] if at else "", text[at + 1 : at + 2]
    if character in "\u200c\u200d":
        return _joins_letters(before, character, behind) or (
            character == "\u200d" and _is_pictograph(text, at - 1) and _begins_pictograph(behind)
        )
    if "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef":
        return _varies(before, character, behind)
    if "\U000e0020" <= character <= "\U000e007f":
        return any(_FLAG.match(text, start) for start in range(max(0, at - _FLAG_LENGTH + 1), at))
    if character == "\u2800":  # the space of Braille
        return "\u2801" <= before <= "\u28ff" or "\u2801" <= behind <= "\u28ff"
    if character in "\u115f\u1160":  # where a syllable of old Hangul lacks a part
        return "\u1161" <= behind <= "\u11a7" if character == "\u115f" else "\u1100" <= before <= "\u115e"
    return "\u180b" <= character <= "\u180f" and "\u1820" <= before <= "\u18aa"  # a Mongolian letter's other form


def _joins_letters(before: str, joiner: str, behind: str) -> bool:
    """Whether a joiner changes how letters are joined: CONTEXTJ of RFC 5892, and what Bengali and Persian write."""
    if not before or unicodedata.category(before)[0] not in "LM":
        return False
    if _VIRAMA in {unicodedata.combining(before), unicodedata.combining(behind) if behind else 0}:
        return True
    script = _script(before)
    return script in _JOINING and (
        _script(behind) == script or (joiner == "\u200d" and _script(behind) not in _JOINING)
    )


def _script(character: str) -> str:
    return unicodedata.name(character, "").split(" ")[0] if character else ""


def _varies(before: str, selector: str, behind: str) -> bool:
    """Whether a variation selector stands behind something that has variants."""
    if not before:
        return False
    if selector in "\ufe0e\ufe0f":
        if before in _KEYCAPS:
            return behind == "\u20e3"
        return before in _VARIED or (unicodedata.category(before) in _SYMBOLS and ord(before) > 0xA0)
    if unicodedata.name(before, "").startswith("CJK UNIFIED"):
        return selector <= "\ufe02" or selector >= "\U000e0100"
    return selector == "\ufe00" and (unicodedata.category(before) == "Sm" or _script(before) in {"MYANMAR", "PHAGS-PA"})


def _is_pictograph(text: str, at: int) -> bool:
    """Whether an emoji that can be joined to another ends at a place."""
    if at > 0 and text[at] == "\ufe0f":
        at -= 1
    return at >= 0 and (ord(text[at]) in _SKIN or _begins_pictograph(text[at]))


def _begins_pictograph(character: str) -> bool:
    return bool(character) and ord(character) > 0xA0 and unicodedata.category(character) in _SYMBOLS
