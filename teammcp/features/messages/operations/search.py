"""The search operation: what was asked, by whom, a page at a time. What a search is stands in `messages.search`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AliasChoices, Field

from ....arguments.paging import rank
from ....arguments.times import zone_of
from ....errors import InvalidInput, NotFound
from ....operations import Context, operation
from ....operations.budget import Budget
from ....storage import LARGEST_ID, Reader, Row
from ....text.snippets import relevance, snippet
from ...channels import ChannelRef, readable_channel, resolve
from .. import queries, search
from ..models import Found, SearchResults


@operation("GET /api/search", profile="messages", everyday=True, read_only=True)
async def search_messages(
    context: Context,
    query: Annotated[str, Field(validation_alias=AliasChoices("query", "q"), max_length=500)],
    channel: ChannelRef | None = None,
    from_: Annotated[str | None, Field(alias="from")] = None,
    limit: Annotated[int, Field(ge=1, le=100)] = 20,
    sort: Literal["newest", "relevance"] = "newest",
    cursor: Annotated[str | None, Field(max_length=64)] = None,
) -> SearchResults:
    """Find messages by all words, "phrases", prefix*, from:Name in:channel before:/after:2026-01-31 has:file."""
    asked = search.parse(query, zone_of(context.actor.time_zone))
    if from_ is not None:
        asked.senders.append(from_)
    if channel is not None:
        asked.channels = [readable_channel(context, channel).id]
    asked.senders = [_canonical_agent(context, name) for name in asked.senders]
    sight = _sight(context)
    if asked.channels:
        named = (_canonical_channel(context, name) for name in asked.channels)
        asked.channels = [name for name in named if name in sight.readable]
        if not asked.channels:
            return SearchResults(query=query, results=[], next=None)
    narrowed = asked.senders or asked.channels or asked.has_file or asked.after or asked.before
    if not asked.terms and (asked.has_text or not narrowed):
        return SearchResults(query=query, results=[], next=None)
    find = _newest if sort == "newest" else _relevant
    results, following = await context.read(find, context.budget(), asked, sight, limit, cursor)
    return SearchResults(query=query, results=results, next=following)


def _sight(context: Context) -> search.Sight:
    directory, name = context.team.directory, context.actor.name
    closed = {joined for joined in directory.joined(name) if directory.channels[joined].kind != "group"}
    return search.Sight(directory.readable(name), closed)


def _canonical_agent(context: Context, name: str) -> str:
    found = context.team.directory.agent(name)
    return found.name if found else name


def _canonical_channel(context: Context, name: str) -> str:
    try:
        return resolve(context, name).id
    except (NotFound, InvalidInput):  # a search for what is not there finds nothing
        return name


def _newest(
    reader: Reader, budget: Budget, query: search.Query, sight: search.Sight, limit: int, cursor: str | None
) -> tuple[list[Found], str | None]:
    low, high = search.bounds(reader, query)
    if cursor is not None:
        high = min(high, _cursor(cursor)[0])
    ids = search.newest(reader, query, sight, low, high, limit + 1)
    rows = {row["id"]: row for row in queries.by_ids(reader, ids[:limit])}
    found = budget.fit(_found(rows[message_id], query) for message_id in ids[:limit])
    return found, str(found[-1].id) if len(ids) > len(found) else None


def _relevant(
    reader: Reader, budget: Budget, query: search.Query, sight: search.Sight, limit: int, cursor: str | None
) -> tuple[list[Found], str | None]:
    low, high = search.bounds(reader, query)
    behind: int | None = None
    if cursor is not None:  # the page before fixed which messages are ranked: what is written meanwhile stays out
        high, behind = min(high, _cursor(cursor)[0]), _cursor(cursor)[1]
    ids = search.newest(reader, query, sight, low, high, search.CANDIDATES)
    rows = {
        rank(relevance(search.text_of_row(row), query.terms), row["id"]): row for row in queries.by_ids(reader, ids)
    }
    ranked = sorted((place for place in rows if behind is None or place < behind), reverse=True)
    found = budget.fit(_found(rows[place], query) for place in ranked[:limit])
    return found, f"{high}.{ranked[len(found) - 1]}" if len(ranked) > len(found) else None


def _cursor(cursor: str) -> tuple[int, int]:
    head, _, tail = cursor.partition(".")
    if not (head.isascii() and head.isdigit() and (not tail or (tail.isascii() and tail.isdigit()))):
        raise InvalidInput("cursor: give 'next' of the page before, unchanged.", code="bad_cursor")
    return min(int(head), LARGEST_ID), int(tail or 0)


def _found(row: Row, query: search.Query) -> Found:
    text, spans = snippet(search.text_of_row(row), query.terms)
    return Found(
        id=row["id"],
        channel_id=row["channel_id"],
        from_agent=row["sender"],
        from_kind=row["sender_kind"],
        created_at=row["created_at"],
        snippet=text,
        highlights=spans,
    )
