"""Finding messages: what a search is, and which messages answer it.

Beside the words, who sent a message, where, and who may read it are in the index too, as facets.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import UTC, tzinfo

from ...arguments.times import read_time
from ...errors import InvalidInput
from ...storage import Index, IndexEntry, Reader, Row, Transaction, facet
from ...text.terms import Terms
from ..parts import PartShown, shown_again
from . import queries

CANDIDATES = 500
"""How many of the newest matches are ranked by relevance: enough to choose from, and bounded."""
LOOK = 300
"""How many matches are looked at one by one before the index is asked to leave out what may not be read."""
OPEN = "open"
FILE = "file"
TERM = re.compile(r'(?:(from|in|before|after|has):)?(?:"([^"]*)"|([^\s"]+))(\*)?', re.IGNORECASE)
INDEX = Index("message_search")


# -- the index -------------------------------------------------------------------------------------------------------


def facets(channel_id: str, kind: str, sender: str, has_file: bool) -> tuple[str, ...]:
    """By what a search for a message may be narrowed."""
    found = [_channel(channel_id), _sender(sender)]
    if kind == "group":
        found.append(OPEN)
    if has_file:
        found.append(FILE)
    return tuple(found)


def text_of(content: str, parts: Iterable[PartShown]) -> str:
    """The text by which a message is found: what it says, and what is told of its parts."""
    return "\n".join([content, *(part.summary for part in parts)])


def text_of_row(row: Row) -> str:
    """The same, of a row as it is kept."""
    return text_of(row["content"], shown_again(row["parts"]))


def index(tx: Transaction, message_id: int, content: str, facets: tuple[str, ...]) -> None:
    """Make a message findable."""
    INDEX.add(tx, IndexEntry(message_id, (content,), facets))


def unindex(tx: Transaction, message_id: int, content: str, facets: tuple[str, ...]) -> None:
    """Take a message out of the index; ``content`` and ``facets`` as they were indexed."""
    INDEX.remove(tx, IndexEntry(message_id, (content,), facets))


def _channel(channel_id: str) -> str:
    return facet("c", channel_id)


def _sender(name: str) -> str:
    return facet("a", name)


# -- queries ---------------------------------------------------------------------------------------------------------


@dataclass
class Query:
    """A search as understood: words and phrases that must all be there, and what narrows it."""

    terms: Terms = field(default_factory=Terms)
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
                query.terms.add(phrase, word, star)
                query.has_text = True
    return query


def _date(value: str, operator: str, zone: tzinfo) -> int:
    try:
        return read_time(value, zone)
    except ValueError:
        raise InvalidInput(
            f"query: '{operator}:' is followed by a date, as in {operator}:2026-01-31.", code="bad_query"
        ) from None


def narrowing(query: Query) -> list[Collection[str]]:
    """What a message needs to have besides the words: one facet of each collection."""
    narrow: list[Collection[str]] = []
    if query.senders:
        narrow.append([_sender(name) for name in query.senders])
    if query.channels:
        narrow.append([_channel(channel) for channel in query.channels])
    if query.has_file:
        narrow.append([FILE])
    return narrow


@dataclass
class Sight:
    """What the searcher may read."""

    readable: Collection[str]
    """Ids of all channels."""
    closed: Collection[str]
    """Those of them that are not open to everybody."""


def newest(reader: Reader, query: Query, sight: Sight, low: int, high: int, limit: int) -> list[int]:
    """Ids of matching messages that may be read, with ``low <= id < high``, newest first."""
    narrow = narrowing(query)
    if query.terms or narrow:
        # In the index, what may be read is an alternative of as many parts as the searcher has channels. To look at
        # the newest matches is cheaper, and mostly enough.
        for look in (limit,) if query.channels else (limit, max(LOOK, 2 * limit)):  # named channels may be read
            ids = INDEX.search(reader, query.terms, narrow, since=low, before=high, limit=look)
            channels = queries.channels_of(reader, ids)
            found = [message_id for message_id in ids if channels.get(message_id) in sight.readable]
            if len(found) >= limit or len(ids) < look:
                return found[:limit]
    may_be_read = [OPEN, *map(_channel, sorted(sight.closed))]
    return INDEX.search(reader, query.terms, [may_be_read, *narrow], since=low, before=high, limit=limit)


def bounds(reader: Reader, query: Query) -> tuple[int, int]:
    """The range of ids, from the first to behind the last, that the dates of a query leave."""
    end = queries.newest_id(reader) + 1
    low = 0 if query.after is None else queries.first_since(reader, query.after) or end
    high = end if query.before is None else queries.first_since(reader, query.before) or end
    return low, min(high, end)
