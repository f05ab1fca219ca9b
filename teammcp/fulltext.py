"""Full-text search in any script: what goes into an FTS5 index, what a search asks of it, and how results are shown.

Scripts without spaces between words are indexed by the character and by the pair of characters, so that any part of a
text is found, and fast. An index has a column for the text (`spread`) and one for the pairs (`pairs`), made with
``tokenize = "unicode61 remove_diacritics 2"``; `Words.expression` asks it for all words and phrases of a search.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import pairwise

SNIPPET = 160
TERM = re.compile(r'(?:"([^"]*)"|([^\s"]+))(\*)?')
ACCENT = re.compile("[\u0300-\u036f]")
UNSPACED = re.compile(
    "[\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff]"
)
RUN = re.compile(rf"{UNSPACED.pattern}(?:\s*{UNSPACED.pattern})+")
GAP = " 0 "
"""Stands between two runs of pairs, so that no phrase reaches over it."""


# -- what is indexed -------------------------------------------------------------------------------------------------


def spread(text: str) -> str:
    """Put spaces around the characters of scripts that do without, so that each is a token."""
    if text.isascii():
        return text
    return UNSPACED.sub(r" \g<0> ", unicodedata.normalize("NFKC", text))


def pairs(text: str) -> str:
    """The pairs of neighbouring characters in scripts that do without spaces: ``"用数据库"`` -> ``"用数 数据 据库"``.

    A single character is in so many messages that a word made of two would have to be looked for in all of them.
    """
    if text.isascii():
        return ""
    runs = ("".join(run.split()) for run in RUN.findall(unicodedata.normalize("NFKC", text)))
    return GAP.join(" ".join(map("".join, pairwise(run))) for run in runs)


# -- what is looked for ----------------------------------------------------------------------------------------------


@dataclass
class Words:
    """Words and phrases that must all be in a text."""

    terms: list[tuple[str, bool]] = field(default_factory=list)
    """Text, and whether it is the beginning of a word."""

    def add(self, phrase: str, word: str, star: str) -> None:
        """Add what `TERM` found; what has neither letters nor digits is nothing to look for."""
        value = phrase or word
        prefix = bool(star) or (not phrase and value.endswith("*"))
        if any(unicodedata.category(character)[0] in "LN" for character in value):
            self.terms.append((value.rstrip("*") if prefix else value, prefix))

    def expression(self) -> str:
        """The FTS5 expression that asks the columns ``content`` and ``pairs`` for all terms; empty without any."""
        return " AND ".join(_term(text, prefix) for text, prefix in self.terms)

    @cached_property
    def patterns(self) -> list[re.Pattern[str]]:
        """What finds the terms in a text, folded as by `_fold`."""
        found = []
        for text, prefix in self.terms:
            words = [word for word in re.split(r"[\W_]+", _fold(text)) if word]
            pattern = r"[\W_]+".join(map(re.escape, words))
            if not UNSPACED.search(text):
                pattern = rf"(?<![^\W_]){pattern}" + ("" if prefix else r"(?![^\W_])")
            if words:
                found.append(re.compile(pattern))
        return found


def parse(text: str) -> Words:
    """Understand what a person typed: words, "phrases", prefix*. Any text will do."""
    words = Words()
    for phrase, word, star in TERM.findall(text.replace("\x00", " ")):
        words.add(phrase, word, star)
    return words


def _term(text: str, prefix: bool) -> str:
    if RUN.fullmatch(unicodedata.normalize("NFKC", text)):
        return f"pairs : {_quote(pairs(text))}"
    return f"content : {_quote(spread(text))}" + ("*" if prefix else "")


def _quote(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


# -- relevance and snippets ------------------------------------------------------------------------------------------


def relevance(content: str, words: Words) -> float:
    """How well a text answers a search whose words it all holds: many of them, in few words, as one phrase.

    Every candidate holds every word, so the rarity of a word (the idf of BM25) tells them apart no further.
    """
    spans = _spans(_fold(content), words)
    length = max(1, len(content))
    frequency = len(spans) / (len(spans) + 0.3 + 0.9 * length / 400)
    closeness = len(words.terms) / max(1.0, (spans[-1][1] - spans[0][0]) / 20) if spans else 0.0
    return frequency + 0.5 * min(1.0, closeness)


def highlights(content: str, words: Words) -> list[tuple[int, int]]:
    """Where the words of a search stand in a text: start and end, in order, without overlaps."""
    folded = _fold(content)
    origin = _origin(content, folded)
    return [(origin[start], max(origin[end - 1] + 1, origin[end])) for start, end in _spans(folded, words)]


def _spans(folded: str, words: Words) -> list[tuple[int, int]]:
    spans = [match.span() for pattern in words.patterns for match in pattern.finditer(folded)]
    spans.sort()
    separate: list[tuple[int, int]] = []
    for start, end in spans:
        if not separate or start >= separate[-1][1]:
            separate.append((start, end))
    return separate


def _fold(text: str) -> str:
    """A text without differences of case, width and accents, as the index has it."""
    return ACCENT.sub("", unicodedata.normalize("NFKD", text).casefold())


_fold_character = lru_cache(4096)(_fold)


def _origin(text: str, folded: str) -> Sequence[int]:
    """Where each character of a folded text was, and where it ended."""
    if len(folded) == len(text) and not ACCENT.search(text):  # each character became one: nothing has moved
        return range(len(text) + 1)
    origin = [position for position, character in enumerate(text) for _ in _fold_character(character)]
    return [*origin, len(text)]


def snippet(content: str, words: Words) -> tuple[str, list[tuple[int, int]]]:
    """A part of a text around what matched, and the highlights in it."""
    spans = highlights(content, words)
    first = spans[0][0] if spans else 0
    start = max(0, first - SNIPPET // 3)
    if start:  # not in the middle of a word
        start = max(start, content.find(" ", start, first) + 1)
    end = min(len(content), start + SNIPPET)
    head, tail = "…" if start else "", "…" if end < len(content) else ""
    text = head + content[start:end].replace("\n", " ") + tail
    shift = len(head) - start
    return text, [(left + shift, min(right, end) + shift) for left, right in spans if left < end]
