"""Searching and listing findings: what was asked, a page at a time. The index itself is in ``search.py``."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from teammcp import (
    LARGEST_ID,
    Budget,
    Context,
    InvalidInput,
    Reader,
    Row,
    Terms,
    highlights,
    of_rank,
    operation,
    parse_terms,
    rank,
    relevance,
    snippet,
)

from .. import queries, search
from ..models import Findings, FindingTags, FoundFinding

CANDIDATES = 200
"""How many of the newest matches are ranked: enough to choose from, and bounded."""
LOOK = 2000
"""Characters of a body that count for its rank."""
HIGHEST = rank(LARGEST_ID, 0)
DIGITS = len(str(LARGEST_ID))

Sort = Literal["relevance", "newest", "top"]


@dataclass(frozen=True)
class Place:
    """Where a page begins: at findings before ``before``, and behind the place ``rank`` where they are ranked."""

    before: int = LARGEST_ID
    rank: int = HIGHEST

    @classmethod
    def parse(cls, cursor: str | None) -> Place:
        """Raises: InvalidInput: it is none of ours."""
        if cursor is None:
            return cls()
        parts = cursor.split(".")
        if len(parts) != 2 or not all(part.isascii() and part.isdigit() for part in parts) or len(parts[0]) > DIGITS:
            raise InvalidInput("cursor: give 'next' of the page before, unchanged.", code="bad_cursor")
        return cls(int(parts[0]), int(parts[1]))

    def __str__(self) -> str:
        return f"{self.before}.{self.rank}"


@operation("GET /api/knowledge", profile="knowledge", everyday=True, read_only=True)
async def search_knowledge(
    context: Context,
    query: Annotated[str, Field(max_length=500)] = "",
    tags: FindingTags = [],  # noqa: B006 - never changed
    contributor: Annotated[str, Field(max_length=64)] | None = None,
    sort: Sort = "relevance",
    limit: Annotated[int, Field(ge=1, le=100)] = 20,
    cursor: Annotated[str, Field(max_length=80)] | None = None,
    include_bodies: bool = False,
) -> Findings:
    """Find what the team has found out, by words, "phrases", prefix*, tags, contributor; without any, the newest.

    Answers with snippets; get_knowledge reads one in full. sort "top": those of most contributors first.
    """
    terms, place = parse_terms(query), Place.parse(cursor)
    if query.strip() and not terms:
        return Findings(results=[], next=None)
    known = None if contributor is None else context.team.directory.who(contributor.removeprefix("@"))
    name = contributor if known is None else known.name
    narrow = search.narrowing(tags, name)
    return await context.read(_search, context.budget(), narrow, terms, sort, place, limit, include_bodies)


def _search(
    reader: Reader,
    budget: Budget,
    narrow: list[str],
    terms: Terms,
    sort: Sort,
    place: Place,
    limit: int,
    include_bodies: bool,
) -> Findings:
    places = _places(reader, narrow, terms, sort, place, limit + 1)
    rows = _in_order(reader, [finding for finding, _ in places[:limit]])
    results = budget.fit(_found(row, terms, include_bodies) for row in rows)
    following = places[len(results) - 1][1] if len(places) > len(results) else None
    return Findings(results=results, next=None if following is None else str(following))


def _places(
    reader: Reader, narrow: list[str], terms: Terms, sort: Sort, place: Place, number: int
) -> list[tuple[int, Place]]:
    """The ids of the findings behind a place, each with its own."""
    if sort == "newest" or (sort == "relevance" and not terms):
        if terms or narrow:
            ids = search.INDEX.search(reader, terms, narrow, before=place.before, limit=number)
        else:
            ids = queries.newest(reader, place.before, number)
        return [(finding, Place(finding)) for finding in ids]
    if terms or narrow:
        ids = search.INDEX.search(reader, terms, narrow, before=place.before, limit=CANDIDATES)
        begins = place.before == LARGEST_ID and ids
        before = max(ids) + 1 if begins else place.before  # what is posted meanwhile stays out
        ranks = [_rank(row, terms, sort) for row in queries.by_ids(reader, ids)]
        ranks = sorted((each for each in ranks if each < place.rank), reverse=True)
    else:
        before, ranks = LARGEST_ID, [rank(*each) for each in queries.top(reader, *of_rank(place.rank), number)]
    return [(of_rank(each)[1], Place(before, each)) for each in ranks[:number]]


def _in_order(reader: Reader, ids: list[int]) -> list[Row]:
    rows = {row["id"]: row for row in queries.by_ids(reader, ids)}
    return [rows[finding_id] for finding_id in ids]


def _rank(row: Row, terms: Terms, sort: Sort) -> int:
    return rank(row["contributors"] if sort == "top" else _score(row, terms), row["id"])


def _score(row: Row, terms: Terms) -> float:
    """How well a finding answers: words in the title count more, and so does what several have found."""
    in_title = 0.5 if highlights(row["title"], terms) else 0.0
    text = f"{row['title']}\n{row['body'][:LOOK]}"
    return relevance(text, terms) + in_title + 0.1 * math.log(row["contributors"])


def _found(row: Row, terms: Terms, include_body: bool) -> FoundFinding:
    text, spans = snippet(row["body"], terms)
    return FoundFinding(
        content_id=row["content_id"],
        title=row["title"],
        snippet=text,
        highlights=spans,
        tags=json.loads(row["tags"]),
        first_author=row["first_author"],
        contributor_count=row["contributors"],
        posted_at=row["posted_at"],
        body=row["body"] if include_body else None,
    )
