"""What a search is for: words, phrases and beginnings of words, as a person typed them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from .folding import edges, fold_text, words
from .unspaced import UNSPACED

MOST_WORDS = 32
"""How many words of a search count; what is behind them is not looked for. So much work is a search at the most."""
TERM = re.compile(r'(?:"([^"]*)"|([^\s"]+))(\*)?')


class Term(NamedTuple):
    """A word or a phrase."""

    text: str
    """Folded."""
    prefix: bool
    """Whether it is the beginning of a word, or of a phrase's last word."""


@dataclass
class Terms:
    """What must all be in a text. Empty if there is nothing to look for."""

    found: list[Term] = field(default_factory=list)
    left: int = MOST_WORDS
    """How many more words may be added."""

    def __iter__(self) -> Iterator[Term]:
        return iter(self.found)

    def __len__(self) -> int:
        return len(self.found)

    def add(self, phrase: str, word: str, star: str) -> None:
        """Add a phrase or else a word; what has neither letters nor digits is nothing to look for, nor is a second one.

        ``star`` is empty unless it is the beginning of something, and a star may end the word itself.
        """
        value = phrase or word
        prefix = bool(star) or (not phrase and value.endswith("*"))
        folded = fold_text(value.rstrip("*") if prefix else value)
        if not any(unicodedata.category(character)[0] in "LN" for character in folded):
            return
        parts = words().findall(folded)[: self.left]
        term = Term(folded if len(parts) < self.left else " ".join(parts), prefix)
        if parts and term not in self.found:
            self.found.append(term)
            self.left -= len(parts)

    @cached_property
    def pattern(self) -> re.Pattern[str] | None:
        """What finds any of the terms in a folded text; None without any."""
        patterns = []
        begin, end = edges()
        for text, prefix in sorted(self.found, key=lambda term: -len(term.text)):
            pattern = r"[\W_]+".join(map(re.escape, words().findall(text)))
            if not UNSPACED.search(text):
                pattern = begin + pattern + ("" if prefix else end)
            patterns.append(pattern)
        return re.compile("|".join(patterns)) if patterns else None


def parse_terms(text: str) -> Terms:
    """Understand what a person typed: words, "phrases", prefix*. Any text will do."""
    terms = Terms()
    for phrase, word, star in TERM.findall(text.replace("\x00", " ")):
        terms.add(phrase, word, star)
    return terms
