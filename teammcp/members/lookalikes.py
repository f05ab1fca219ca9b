"""Names that look like other names: Unicode's data on confusable characters, by the rules of UTS #39.

Two names look alike if they have the same skeleton (§4), and a name is written in one script, or in Latin beside those
of Chinese, Japanese or Korean (§5.2, "highly restrictive"). This is asked of new names only: old ones keep working.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from functools import cache, lru_cache

from ..errors import Conflict, InvalidInput
from .directory import fold

SHARED = {"COMMON", "INHERITED"}
TOGETHER = (
    {"LATIN", "HAN", "HIRAGANA", "KATAKANA"},
    {"LATIN", "HAN", "BOPOMOFO"},
    {"LATIN", "HAN", "HANGUL"},
)
SERVERS_OWN = frozenset({"system", "server", "teammcp", "assistant", "user", "all", "here", "everyone", "me"})
"""Words that speak for the server or for everybody, so that no member and no channel may look like them."""
TITLES = frozenset({"owner", "admin", "administrator"})
"""Words that only an owner may be called by."""


def check_new(field: str, name: str, taken: Iterable[str], reserved: Iterable[str]) -> None:
    """Make sure that nobody can take a new name for another.

    Args:
        field: the argument that holds it.
        name: the new name, already checked for its characters.
        taken: the names that there are.
        reserved: words that it must not look like either.

    Raises:
        InvalidInput: it mixes scripts, ends with punctuation, or looks like a reserved word.
        Conflict: it looks like a name that is taken.
    """
    if name[-1] in "_.-":
        raise InvalidInput.at(field, "must end with a letter or digit")
    if (scripts := _scripts(name)) and len(scripts) > 1 and not any(scripts <= group for group in TOGETHER):
        raise InvalidInput.at(field, "must not mix scripts, whose letters look alike")
    for word in reserved:
        if alike(name, word):
            raise InvalidInput.at(field, f"'{name}' is reserved, or looks like '{word}'; choose another name")
    for other in taken:
        if alike(name, other):
            raise Conflict(
                f"{field}: '{name}' looks like '{other}', which is taken. Choose another.", code="name_alike"
            )


def alike(one: str, other: str) -> bool:
    """Whether two names may be taken for one another, as they are written, in small letters, or in capitals.

    Capitals are compared only where one is not Latin: there small letters differ whose capitals are the same, while
    ``ai`` and ``al`` are told apart although their capitals are not. A digit is read as a letter, as in ``adm1n``,
    where the other name has a letter, unless the name is mostly a number.
    """
    if _counts(one) != _counts(other):
        return False
    first, second = _skeletons(one), _skeletons(other)
    if first[0] == second[0] or first[1] == second[1]:
        return True
    if _digits(one) != _digits(other) and _read(first[1]) == _read(second[1]):
        return True
    return first[2] == second[2] and not ("LATIN" in _scripts(one) and "LATIN" in _scripts(other))


@lru_cache(maxsize=10_000)
def _skeletons(name: str) -> tuple[str, str, str]:
    return _small(skeleton(name)), _small(skeleton(fold(name))), skeleton(name.upper())


_READ = str.maketrans({"1": "l", "i": "l", "5": "s"})
"""Digits as the letters that they are read as in words; nought always is one."""


def _read(skeleton_of_name: str) -> str:
    return skeleton_of_name.translate(_READ)


def _digits(name: str) -> list[str]:
    return [character for character in name if character in "15"]


def _counts(name: str) -> bool:
    """Whether a name is mostly a number, as ``a11``: among digits none is read as a letter."""
    return 2 * sum(character.isdigit() for character in name) > len(name)


def _small(text: str) -> str:
    """Without difference of case: then nought, which looks like a capital O, looks like a small one too."""
    return fold(text).replace("0", "o")


def skeleton(text: str) -> str:
    """What a text looks like: each character replaced by the one that stands for all that look like it."""
    prototypes = _prototypes()
    text, before = text.translate(_small_capitals()), ""
    while text != before:  # what stands for a character may be decomposed further
        before, text = text, "".join(prototypes.get(part, part) for part in unicodedata.normalize("NFD", text))
    return text


@lru_cache(maxsize=10_000)
def _scripts(name: str) -> frozenset[str]:
    """The scripts of a name's letters, but for what all scripts share, such as digits."""
    from confusable_homoglyphs import categories  # not at the start, which need not read its data

    return frozenset(categories.alias(character) for character in unicodedata.normalize("NFKC", name)) - SHARED


@cache
def _small_capitals() -> dict[int, str]:
    """The letters that look like capitals, only smaller, as these: the data has not all of them as confusable."""
    named = (
        (code, unicodedata.name(chr(code), "").split(" ")) for code in (*range(0x250, 0x1E00), *range(0xA720, 0xA800))
    )
    return {
        code: words[-1]
        for code, words in named
        if words[:-1] == ["LATIN", "LETTER", "SMALL", "CAPITAL"] and len(words[-1]) == 1
    }


@cache
def _prototypes() -> dict[str, str]:
    """For each character the text that stands for its look.

    The data name pairs without saying which of the two is the prototype. All that are connected look the same; what
    stands for them is a text of several characters, if there is one (``rn`` for ``m``), else the first in Unicode.
    """
    from confusable_homoglyphs.utils import load

    parents: dict[str, str] = {}

    def root(text: str) -> str:
        while (parent := parents.setdefault(text, text)) != text:
            parents[text] = parents[parent]
            text = parent
        return text

    for text, pairs in load("confusables.json").items():
        for pair in pairs:
            parents[root(pair["c"])] = root(text)
    groups = defaultdict(list)
    for text in list(parents):
        groups[root(text)].append(text)
    found: dict[str, str] = {}
    for group in groups.values():
        longer = [text for text in group if len(text) > 1 and text.isalpha()]
        prototype = min(longer or group, key=lambda text: (len(text), text))
        found |= {text: prototype for text in group if len(text) == 1}
    return found
