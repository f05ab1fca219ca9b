"""Full-text search in any script: what goes into an FTS5 index, what a search asks of it, and how results are shown.

All three see a text as `folding.fold_text` leaves it. Scripts without spaces between words, and Korean, whose
words grow endings, are indexed by the character and by the pair of characters, so that any part of a text is found, and
fast. An index has a column for the text (`spread`) and one for the pairs (`pairs`), made with ``tokenize = "unicode61
remove_diacritics 0 categories 'L* N* M* Co'"``; `Words.expression` asks it for all words and phrases of a search.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice, pairwise

from .folding import edges, fold_text, segments, words

SNIPPET = 160
LOOK = 2000
"""In how many characters from the first one found on the words of a search are counted and marked."""
MOST_SPANS = 100
"""How often the words of a search are counted and marked in one text; a snippet has room for fewer."""
MOST_WORDS = 32
"""How many words of a search count; what is behind them is not looked for. So much work is a search at the most."""
TERM = re.compile(r'(?:"([^"]*)"|([^\s"]+))(\*)?')
EAST_ASIAN = (
    "\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
"""Chinese and Japanese, where a line break within a word is none."""
OTHERS = "\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0ecd\u0edc-\u0edf\u1000-\u103f\u1050-\u109f\u1780-\u17d3\uac00-\ud7a3"
"""Thai, Lao, Burmese, Khmer and Korean."""
UNSPACED = re.compile(f"[{EAST_ASIAN}{OTHERS}]")
RUN = re.compile(rf"(?:[{OTHERS}]|[{EAST_ASIAN}](?:\s+(?=[{EAST_ASIAN}]))?){{2,}}")
GAP = " 0 "
"""Stands between two runs of pairs, so that no phrase reaches over it."""


# -- what is indexed -------------------------------------------------------------------------------------------------


def spread(text: str) -> str:
    """Fold a text, and put spaces around the characters of scripts that do without, so that each is a token."""
    if text.isascii():  # the index does the same with it
        return text
    return UNSPACED.sub(r" \g<0> ", fold_text(text))


def pairs(text: str) -> str:
    """The pairs of neighbouring characters in scripts that do without spaces: ``"用数据库"`` -> ``"用数 数据 据库"``.

    A single character is in so many messages that a word made of two would have to be looked for in all of them.
    """
    if text.isascii():
        return ""
    runs = ("".join(run.split()) for run in RUN.findall(fold_text(text)))
    return GAP.join(" ".join(map("".join, pairwise(run))) for run in runs)


# -- what is looked for ----------------------------------------------------------------------------------------------


@dataclass
class Words:
    """Words and phrases that must all be in a text."""

    terms: list[tuple[str, bool]] = field(default_factory=list)
    """Folded text, and whether it is the beginning of a word."""
    left: int = MOST_WORDS
    """How many more words may be added."""

    def add(self, phrase: str, word: str, star: str) -> None:
        """Add what `TERM` found; what has neither letters nor digits is nothing to look for, nor is a second one."""
        value = phrase or word
        prefix = bool(star) or (not phrase and value.endswith("*"))
        folded = fold_text(value.rstrip("*") if prefix else value)
        if not any(unicodedata.category(character)[0] in "LN" for character in folded):
            return
        found = words().findall(folded)[: self.left]
        term = (folded if len(found) < self.left else " ".join(found), prefix)
        if found and term not in self.terms:
            self.terms.append(term)
            self.left -= len(found)

    def expression(self) -> str:
        """The FTS5 expression that asks the columns ``content`` and ``pairs`` for all terms; empty without any."""
        return " AND ".join(_term(text, prefix) for text, prefix in self.terms)

    @cached_property
    def pattern(self) -> re.Pattern[str] | None:
        """What finds any of the terms in a folded text; None without any."""
        found = []
        begin, end = edges()
        for text, prefix in sorted(self.terms, key=lambda term: -len(term[0])):
            pattern = r"[\W_]+".join(map(re.escape, words().findall(text)))
            if not UNSPACED.search(text):
                pattern = begin + pattern + ("" if prefix else end)
            found.append(pattern)
        return re.compile("|".join(found)) if found else None


def parse(text: str) -> Words:
    """Understand what a person typed: words, "phrases", prefix*. Any text will do."""
    asked = Words()
    for phrase, word, star in TERM.findall(text.replace("\x00", " ")):
        asked.add(phrase, word, star)
    return asked


def _term(text: str, prefix: bool) -> str:
    if RUN.fullmatch(text):
        return f"pairs : {_quote(pairs(text))}"
    return f"content : {_quote(spread(text))}" + ("*" if prefix else "")


def _quote(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


# -- relevance and snippets ------------------------------------------------------------------------------------------


def relevance(content: str, asked: Words) -> float:
    """How well a text answers a search whose words it all holds: many of them, in few words, as one phrase.

    Every candidate holds every word, so the rarity of a word (the idf of BM25) tells them apart no further.
    """
    spans = _spans(fold_text(content[:LOOK]), asked)
    length = max(1, len(content))
    frequency = len(spans) / (len(spans) + 0.3 + 0.9 * length / 400)
    closeness = len(asked.terms) / max(1.0, (spans[-1][1] - spans[0][0]) / 20) if spans else 0.0
    return frequency + 0.5 * min(1.0, closeness)


def rank(score: float, item: int) -> int:
    """How far up something stands among what is ranked: one number for its score and, of equal ones, its id."""
    return round(score * 1e9) * 2**53 + item


def of_rank(place: int) -> tuple[float, int]:
    """Score and id of a `rank`."""
    score, item = divmod(place, 2**53)
    return score / 1e9, item


def highlights(content: str, asked: Words) -> list[tuple[int, int]]:
    """Where the words of a search stand in a text: start and end, in order, without overlaps.

    What is more than `LOOK` characters behind the first one is left out.
    """
    spans = _spans(fold_text(content), asked)
    if content.isascii() or not spans:
        return spans
    places = _places(content, spans[-1][1])
    return [(places[start][0], places[end - 1][1]) for start, end in spans]


def _spans(folded: str, asked: Words) -> list[tuple[int, int]]:
    first = asked.pattern and asked.pattern.search(folded)
    if not first or not asked.pattern:
        return []
    matches = asked.pattern.finditer(folded, first.start(), first.end() + LOOK)
    return [match.span() for match in islice(matches, MOST_SPANS)]


def _places(text: str, end: int) -> Sequence[tuple[int, int]]:
    """Where each of the first ``end`` characters of a folded text was: where what became it began, and ended."""
    places: list[tuple[int, int]] = []
    for folded, start, stop in segments(text):
        places.extend([(start, stop)] * len(folded))
        if len(places) >= end:
            break
    return places


def snippet(content: str, asked: Words) -> tuple[str, list[tuple[int, int]]]:
    """A part of a text around what matched, and the highlights in it."""
    spans = highlights(content, asked)
    first = spans[0][0] if spans else 0
    start = max(0, first - SNIPPET // 3)
    if start:  # not in the middle of a word
        start = max(start, content.find(" ", start, first) + 1)
    end = min(len(content), start + SNIPPET)
    head, tail = "…" if start else "", "…" if end < len(content) else ""
    text = head + content[start:end].replace("\n", " ") + tail
    shift = len(head) - start
    return text, [(left + shift, min(right, end) + shift) for left, right in spans if left < end]
