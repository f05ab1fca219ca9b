"""Full-text search over messages: the one module of this feature with SQL that only SQLite (FTS5) understands.

Beside the words (see `fulltext`), who sent a message, where, and who may read it are tokens of the index too.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, tzinfo

from ...arguments.times import read_time
from ...errors import InvalidInput
from ...storage import Reader, Transaction
from ...text.fulltext import Words, pairs, spread

CANDIDATES = 500
"""How many of the newest matches are ranked by relevance: enough to choose from, and bounded."""
LOOK = 300
"""How many matches are looked at one by one before the index is asked to leave out what may not be read."""
OPEN = "open"
FILE = "file"
TERM = re.compile(r'(?:(from|in|before|after|has):)?(?:"([^"]*)"|([^\s"]+))(\*)?', re.IGNORECASE)


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


def _token(prefix: str, name: str) -> str:
    return prefix + name.encode().hex()


# -- queries ---------------------------------------------------------------------------------------------------------


@dataclass
class Query(Words):
    """A search as understood: words and phrases that must all be there, and what narrows it."""

    senders: list[str] = field(default_factory=list)
    channels: list[str] = field(default_factory=list)
    """Of those named, the ones that the searcher may read."""
    has_file: bool = False
    after: int | None = None
    before: int | None = None
    has_text: bool = False
    """Something was typed besides what narrows: where it is no word, such as ``++``, it is found nowhere."""


def parse(text: str, zone: tzinfo = UTC) -> Query:
    """Understand what a person typed. Any text is a query; only a date that is none is an error.

    Dates are days in ``zone``.

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
                query.before = _date(value, "before", zone)
            case "after":
                query.after = _date(value, "after", zone)
            case "has" if value.lower() == "file":
                query.has_file = True
            case "has":
                raise InvalidInput("query: 'has:' is followed by 'file'.", code="bad_query")
            case _:
                query.add(phrase, word, star)
                query.has_text = True
    return query


def _date(value: str, operator: str, zone: tzinfo) -> int:
    try:
        return read_time(value, zone)
    except ValueError:
        raise InvalidInput(
            f"query: '{operator}:' is followed by a date, as in {operator}:2026-01-31.", code="bad_query"
        ) from None


def match_expression(query: Query, closed: Collection[str] | None = None) -> str:
    """The FTS5 expression of a query; empty if nothing but dates is asked.

    ``closed``: leave out what is neither open to everybody nor in one of these channels.
    """
    parts = [query.expression()] if query.terms else []
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
