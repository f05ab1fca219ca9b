"""Full-text search over messages: the one module with SQL that only SQLite (FTS5) understands.

Scripts without spaces between words are indexed by the character and by the pair of characters, so that any part of a
text is found, and fast. Who sent a message, where, and who may read it are tokens of the index too.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import pairwise

from ...clock import milliseconds
from ...errors import InvalidInput
from ...storage import Reader, Transaction

CANDIDATES = 500
"""How many of the newest matches are ranked by relevance: enough to choose from, and bounded."""
LOOK = 300
"""How many matches are looked at one by one before the index is asked to leave out what may not be read."""
SNIPPET = 160
OPEN = "open"
FILE = "file"
TERM = re.compile(r'(?:(from|in|before|after|has):)?(?:"([^"]*)"|([^\s"]+))(\*)?', re.IGNORECASE)
ACCENT = re.compile("[\u0300-\u036f]")
UNSPACED = re.compile(
    "[\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff]"
)
RUN = re.compile(rf"{UNSPACED.pattern}(?:\s*{UNSPACED.pattern})+")
GAP = " 0 "
"""Stands between two runs of pairs, so that no phrase reaches over it."""


# -- the index -------------------------------------------------------------------------------------------------------


INSERT = "INSERT INTO message_search (rowid, content, pairs, facets) VALUES (?, ?, ?, ?)"
DELETE = "INSERT INTO message_search (message_search, rowid, content, pairs, facets) VALUES ('delete', ?, ?, ?, ?)"


def facets(channel_id: str, kind: str, sender: str, has_file: bool) -> str:
    """The tokens by which a search is narrowed."""
    parts = [_token("c", channel_id), _token("a", sender)]
    if kind == "group":
        parts.append(OPEN)
    if has_file:
        parts.append(FILE)
    return " ".join(parts)


def index(tx: Transaction, message_id: int, content: str, tokens: str) -> None:
    """Make a message findable."""
    row = (message_id, spread(content), pairs(content), tokens)
    tx.before_commit(lambda end: end.execute(INSERT, row))


def unindex(tx: Transaction, message_id: int, content: str, tokens: str) -> None:
    """Take a message out of the index; ``content`` and ``tokens`` as they were indexed."""
    row = (message_id, spread(content), pairs(content), tokens)
    tx.before_commit(lambda end: end.execute(DELETE, row))


def spread(text: str) -> str:
    """Put spaces around the characters of scripts that do without, so that each is a token."""
    return UNSPACED.sub(r" \g<0> ", unicodedata.normalize("NFKC", text))


def pairs(text: str) -> str:
    """The pairs of neighbouring characters in scripts that do without spaces: ``"用数据库"`` -> ``"用数 数据 据库"``.

    A single character is in so many messages that a word made of two would have to be looked for in all of them.
    """
    runs = ("".join(run.split()) for run in RUN.findall(unicodedata.normalize("NFKC", text)))
    return GAP.join(" ".join(map("".join, pairwise(run))) for run in runs)


def _token(prefix: str, name: str) -> str:
    return prefix + name.encode().hex()


# -- queries ---------------------------------------------------------------------------------------------------------


@dataclass
class Query:
    """A search as understood: words and phrases that must all be there, and what narrows it."""

    terms: list[tuple[str, bool]] = field(default_factory=list)
    """Text, and whether it is the beginning of a word."""
    senders: list[str] = field(default_factory=list)
    channels: list[str] = field(default_factory=list)
    """Of those named, the ones that the searcher may read."""
    has_file: bool = False
    after: int | None = None
    before: int | None = None

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


def parse(text: str) -> Query:
    """Understand what a person typed. Any text is a query; only a date that is none is an error.

    Raises:
        InvalidInput: ``before:`` or ``after:`` without a date, ``has:`` with anything but ``file``.
    """
    query = Query()
    for operator, phrase, word, star in TERM.findall(text.replace("\x00", " ")):
        value = phrase or word
        match operator.lower():
            case "from":
                query.senders.append(value.removeprefix("@"))
            case "in":
                query.channels.append(value.removeprefix("#"))
            case "before":
                query.before = _date(value, "before")
            case "after":
                query.after = _date(value, "after")
            case "has" if value.lower() == "file":
                query.has_file = True
            case "has":
                raise InvalidInput("query: 'has:' is followed by 'file'.", code="bad_query")
            case _:
                prefix = bool(star) or (not phrase and value.endswith("*"))
                if any(unicodedata.category(character)[0] in "LN" for character in value):
                    query.terms.append((value.rstrip("*") if prefix else value, prefix))
    return query


def _date(value: str, operator: str) -> int:
    try:
        return milliseconds(value)
    except ValueError:
        raise InvalidInput(
            f"query: '{operator}:' is followed by a date, as in {operator}:2026-01-31.", code="bad_query"
        ) from None


def match_expression(query: Query, closed: Collection[str] | None = None) -> str:
    """The FTS5 expression of a query; empty if nothing but dates is asked.

    ``closed``: leave out what is neither open to everybody nor in one of these channels.
    """
    parts = [_term(text, prefix) for text, prefix in query.terms]
    narrow = []
    if closed is not None:
        narrow.append("(" + " OR ".join([OPEN, *(_token("c", channel) for channel in sorted(closed))]) + ")")
    if query.senders:
        narrow.append("(" + " OR ".join(_token("a", name) for name in query.senders) + ")")
    if query.channels:
        narrow.append("(" + " OR ".join(_token("c", channel) for channel in query.channels) + ")")
    if query.has_file:
        narrow.append(FILE)
    if narrow:
        parts.append(f"facets : ({' AND '.join(narrow)})")
    return " AND ".join(parts)


def _term(text: str, prefix: bool) -> str:
    if RUN.fullmatch(unicodedata.normalize("NFKC", text)):
        return f"pairs : {_quote(pairs(text))}"
    return f"content : {_quote(spread(text))}" + ("*" if prefix else "")


def _quote(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


@dataclass
class Sight:
    """What the searcher may read."""

    readable: Collection[str]
    """Ids of all channels."""
    closed: Collection[str]
    """Those of them that are not open to everybody."""


def newest(reader: Reader, query: Query, sight: Sight, low: int, high: int, limit: int) -> list[int]:
    """Ids of matching messages that may be read, with ``low <= id < high``, newest first."""
    expression = match_expression(query)
    if expression:
        # In the index, what may be read is an alternative of as many parts as the searcher has channels. To look at
        # the newest matches is cheaper, and mostly enough.
        look = limit if query.channels else max(LOOK, 2 * limit)  # channels that are named may be read
        rows = reader.all(
            "SELECT s.rowid, m.channel_id FROM message_search s CROSS JOIN messages m ON m.id = s.rowid"
            " WHERE s.message_search MATCH ? AND s.rowid >= ? AND s.rowid < ? ORDER BY s.rowid DESC LIMIT ?",
            (expression, low, high, look),
        )
        found = [row[0] for row in rows if row[1] in sight.readable]
        if len(found) >= limit or len(rows) < look:
            return found[:limit]
    rows = reader.all(
        "SELECT rowid FROM message_search WHERE message_search MATCH ? AND rowid >= ? AND rowid < ?"
        " ORDER BY rowid DESC LIMIT ?",
        (match_expression(query, sight.closed), low, high, limit),
    )
    return [row[0] for row in rows]


def bounds(reader: Reader, query: Query) -> tuple[int, int]:
    """The range of ids, from the first to behind the last, that the dates of a query leave."""
    low = 0
    high: int = (reader.value("SELECT max(id) FROM messages") or 0) + 1
    if query.after is not None:
        low = (
            reader.value(
                "SELECT id FROM messages WHERE created_at >= ? ORDER BY created_at, id LIMIT 1", (query.after,)
            )
            or high
        )
    if query.before is not None:
        found = reader.value(
            "SELECT id FROM messages WHERE created_at >= ? ORDER BY created_at, id LIMIT 1", (query.before,)
        )
        high = high if found is None else min(high, found)
    return low, high


# -- relevance and snippets ------------------------------------------------------------------------------------------


def relevance(content: str, query: Query) -> float:
    """How well a message answers a query whose words it all holds: many of them, in few words, as one phrase.

    Every candidate holds every word, so the rarity of a word (the idf of BM25) tells them apart no further.
    """
    spans = _spans(_fold(content), query)
    length = max(1, len(content))
    frequency = len(spans) / (len(spans) + 0.3 + 0.9 * length / 400)
    closeness = len(query.terms) / max(1.0, (spans[-1][1] - spans[0][0]) / 20) if spans else 0.0
    return frequency + 0.5 * min(1.0, closeness)


def highlights(content: str, query: Query) -> list[tuple[int, int]]:
    """Where the words of a query stand in a text: start and end, in order, without overlaps."""
    folded = _fold(content)
    origin = _origin(content, folded)
    return [(origin[start], max(origin[end - 1] + 1, origin[end])) for start, end in _spans(folded, query)]


def _spans(folded: str, query: Query) -> list[tuple[int, int]]:
    spans = [match.span() for pattern in query.patterns for match in pattern.finditer(folded)]
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


def snippet(content: str, query: Query) -> tuple[str, list[tuple[int, int]]]:
    """A part of a text around what matched, and the highlights in it."""
    spans = highlights(content, query)
    first = spans[0][0] if spans else 0
    start = max(0, first - SNIPPET // 3)
    if start:  # not in the middle of a word
        start = max(start, content.find(" ", start, first) + 1)
    end = min(len(content), start + SNIPPET)
    head, tail = "…" if start else "", "…" if end < len(content) else ""
    text = head + content[start:end].replace("\n", " ") + tail
    shift = len(head) - start
    return text, [(left + shift, min(right, end) + shift) for left, right in spans if left < end]
