"""How what was found is shown: where the terms stand, a snippet around them, and how well the text answers."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from .folding import fold_text, segments
from .terms import Terms

SNIPPET = 160
"""Characters of a snippet, without the dots at its ends."""
LOOK = 2000
"""In how many characters from the first one found on the words of a search are counted and marked."""
MOST_SPANS = 100
"""How often the words of a search are counted and marked in one text; a snippet has room for fewer."""


def relevance(content: str, terms: Terms) -> float:
    """How well a text answers a search whose words it all holds: many of them, in few words, as one phrase.

    Every candidate holds every word, so the rarity of a word (the idf of BM25) tells them apart no further.
    """
    spans = _spans(fold_text(content[:LOOK]), terms)
    length = max(1, len(content))
    frequency = len(spans) / (len(spans) + 0.3 + 0.9 * length / 400)
    closeness = len(terms) / max(1.0, (spans[-1][1] - spans[0][0]) / 20) if spans else 0.0
    return frequency + 0.5 * min(1.0, closeness)


def highlights(content: str, terms: Terms) -> list[tuple[int, int]]:
    """Where the words of a search stand in a text: start and end, in order, without overlaps.

    What is more than `LOOK` characters behind the first one is left out.
    """
    spans = _spans(fold_text(content), terms)
    if content.isascii() or not spans:
        return spans
    places = _places(content, spans[-1][1])
    return [(places[start][0], places[end - 1][1]) for start, end in spans]


def _spans(folded: str, terms: Terms) -> list[tuple[int, int]]:
    first = terms.pattern and terms.pattern.search(folded)
    if not first or not terms.pattern:
        return []
    matches = terms.pattern.finditer(folded, first.start(), first.end() + LOOK)
    return [match.span() for match in islice(matches, MOST_SPANS)]


def _places(text: str, end: int) -> Sequence[tuple[int, int]]:
    """Where each of the first ``end`` characters of a folded text was: where what became it began, and ended."""
    places: list[tuple[int, int]] = []
    for folded, start, stop in segments(text):
        places.extend([(start, stop)] * len(folded))
        if len(places) >= end:
            break
    return places


def snippet(content: str, terms: Terms) -> tuple[str, list[tuple[int, int]]]:
    """A part of a text around what matched, and the highlights in it."""
    spans = highlights(content, terms)
    first = spans[0][0] if spans else 0
    start = max(0, first - SNIPPET // 3)
    if start:  # not in the middle of a word
        start = max(start, content.find(" ", start, first) + 1)
    end = min(len(content), start + SNIPPET)
    head, tail = "…" if start else "", "…" if end < len(content) else ""
    text = head + content[start:end].replace("\n", " ") + tail
    shift = len(head) - start
    return text, [(left + shift, min(right, end) + shift) for left, right in spans if left < end]
