"""Looking at notices, and waiting until all have acted."""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal

from pydantic import Field

from teammcp import LARGEST_ID, Context, Event, Limit, NotFound, Reader, Timestamp, ends, operation, require_valid

from ...registry import ProjectRef
from .. import queries, shapes, waiting
from ..models import MOST_AWAITED, Notice, NoticeDetail, NoticeId, NoticeList, NoticePart, NoticeProgress

LONGEST_WAIT = 55
PartNumber = Annotated[int, Field(ge=1, le=LARGEST_ID)]


@operation("GET /api/notices", profile="projects", read_only=True)
async def list_notices(
    context: Context,
    project: ProjectRef | None = None,
    state: Literal["open", "all"] = "open",
    mine: bool = False,
    before: Annotated[int, Field(ge=1, le=LARGEST_ID)] = LARGEST_ID,
    limit: Limit = 30,
) -> NoticeList:
    """List notices, newest first: the team's, those that a project has announced or that concern it, or with mine those
    on which you have to act now."""
    numbers = await context.read(_numbers, context.actor.name, project, state == "open", mine, before, limit + 1)
    shown = context.budget().fit(await context.read(shapes.some, context, numbers[:limit]))
    return NoticeList(notices=shown, next=shown[-1].id if shown and len(numbers) > len(shown) else None)


def _numbers(
    reader: Reader, me: str, project: str | None, open_only: bool, mine: bool, before: int, limit: int
) -> list[int]:
    if mine:
        return waiting.numbers(reader, me, before, limit)
    if project is None:
        return queries.numbers_in_team(reader, open_only, before, limit)
    found = {
        *queries.numbers_of(reader, project, open_only, before, limit),
        *queries.numbers_for(reader, project, open_only, before, limit),
    }
    return sorted(found, reverse=True)[:limit]


@operation("GET /api/notices/{notice_id}", profile="projects", read_only=True)
async def get_notice(
    context: Context, notice_id: NoticeId, after: Annotated[str, Field(max_length=64)] = "", limit: Limit = 100
) -> NoticeDetail:
    """See a notice and how each project stands with it: who has acted, who has not, who objects and why."""
    notice, lines = await context.read(shapes.detail, context, notice_id, after, limit + 1)
    shown = context.budget().fit(lines[:limit])
    following = shown[-1].project if shown and len(lines) > len(shown) else None
    return NoticeDetail(**notice.model_dump(), lines=shown, next=following)


@operation("GET /api/notices/{notice_id}/parts/{number}", profile="projects", read_only=True)
async def get_notice_part(context: Context, notice_id: NoticeId, number: PartNumber) -> NoticePart:
    """Read a part of a notice whole, such as a diff of which you were told the beginning."""
    return await context.read(_part, notice_id, number)


def _part(reader: Reader, notice_id: int, number: int) -> NoticePart:
    row = shapes.existing(reader, notice_id)
    found = [part for part in shapes.stored_parts(row) if part.number == number]
    if not found:
        raise NotFound(f"number: notice {notice_id} has no part {number}.", code="part_not_found")
    return NoticePart(
        notice_id=notice_id,
        number=number,
        kind=found[0].kind,
        announced_by=row["announced_by"],
        content=found[0].content,
    )


@operation("GET /api/notices/progress", profile="projects", read_only=True, holds=True)
async def wait_for_notices(
    context: Context,
    notice_ids: Annotated[list[NoticeId], Field(min_length=1, max_length=MOST_AWAITED)],
    timeout: Annotated[float, Field(ge=0, le=LONGEST_WAIT)] = LONGEST_WAIT,
    since: Timestamp | None = None,
) -> NoticeProgress:
    """Wait until all these notices are over, or one objects, at most so many seconds. Call it again if any is open.

    since: the last since of the result that you had before, so that an objection in it does not end the wait again.
    """
    wanted = {str(number) for number in notice_ids}
    loses = ends(context)
    loop = asyncio.get_running_loop()
    deadline = loop.time() + timeout

    def concerns(event: Event) -> bool:
        return (event.kind in ("notice.ended", "notice.answered") and event.subject in wanted) or loses(event)

    with context.team.presence.connected(context.actor.name), context.team.hub.subscribe(concerns) as events:
        found: list[Notice] = await context.read(shapes.some, context, notice_ids)
        while not await context.read(_is_news, found, since or 0) and (left := deadline - loop.time()) > 0:
            await events.next(left)
            if events.closed:  # the server stops: how it stands is what can be said
                break
            require_valid(context)
            found = await context.read(shapes.some, context, notice_ids)
    shown = context.budget().fit(found)
    return NoticeProgress(notices=shown, rest=[each.id for each in found[len(shown) :]])


def _is_news(reader: Reader, notices: list[Notice], since: int) -> bool:
    """Whether notices are all over, or one has objected since a moment."""
    still = [each.id for each in notices if each.state == "open"]
    return not still or queries.count_objections(reader, still, since) > 0
