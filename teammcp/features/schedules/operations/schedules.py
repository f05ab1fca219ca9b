"""Schedules: create, list, pause, resume, cancel. What they do when their time has come is in ``firing.py``."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast
from zoneinfo import ZoneInfo

from ....arguments.fields import Limit, TimeZone
from ....arguments.times import Edge, read_time
from ....errors import Conflict, Forbidden, InvalidInput, NotFound
from ....members.directory import Access
from ....operations import Context, operation
from ....storage import LARGEST_ID, Reader, Row, Transaction, Work
from ...channels import ChannelRef, find_agent, writable_channel
from ...messages import Content, Priority
from .. import queries
from ..events import ScheduleCancelled, ScheduleCreated, ScheduleEvent, SchedulePaused, ScheduleResumed, emit
from ..models import CancelledSchedule, Count, Expression, Moment, ScheduleId, ScheduleList, ScheduleResult
from ..shapes import next_run, of_row, schedule_now
from ..timing import HORIZON, Every, Kind, Timing, kind_of, parse_rule

MOST = 200
"""Schedules that an agent may have at once."""
KEPT = 50
"""Schedules of an agent that have ended and are kept to be looked at."""
T = TypeVar("T")


@operation("POST /api/schedules", profile="schedules", status=201)
async def schedule_message(
    context: Context,
    channel: ChannelRef,
    content: Content,
    cron_expr: Expression | None = None,
    every: Expression | None = None,
    at: Moment | None = None,
    time_zone: TimeZone | None = None,
    starts_at: Moment | None = None,
    ends_at: Moment | None = None,
    count: Count | None = None,
    priority: Priority | None = None,
) -> Work[ScheduleResult]:
    """Have a message sent in your name later, once or again and again.

    Say when with one of cron_expr ("0 9 * * MON-FRI", "@daily"), every ("15 minutes") or at ("2026-12-24T09:00"). Times
    are in time_zone, by default that of your profile. ends_at or count end it.
    """
    place = writable_channel(context, channel)
    kind, text = _expression(cron_expr, every, at)
    zone = ZoneInfo(time_zone or (await context.call("get_agent_profile")).time_zone)
    timing = _timing(kind, text, zone, starts_at, ends_at, context.now())
    first = timing.next_after(context.now())
    if first is None:
        field, problem = ("at", "is over") if kind == "at" else ("ends_at", "comes before the first run")
        raise InvalidInput.at(field, f"{problem}; give a later time")

    def work(tx: Transaction) -> ScheduleResult:
        creator = context.actor.name
        if queries.count_open(tx, creator) >= MOST:
            raise Conflict(f"You have {MOST} schedules already; cancel some.", code="too_many_schedules")
        queries.forget_ended(tx, creator, KEPT)
        schedule_id = queries.insert(
            tx,
            place.id,
            content,
            priority,
            creator,
            context.now(),
            kind,
            timing.rule.text,
            zone.key,
            timing.starts_at,
            timing.ends_at,
            count,
            first,
        )
        return _changed(context, tx, ScheduleCreated, schedule_id)

    return work


@operation("GET /api/schedules", profile="schedules", read_only=True)
async def list_schedules(
    context: Context, all: bool = False, limit: Limit = 50, cursor: ScheduleId | None = None
) -> ScheduleList:
    """List your scheduled messages with their next runs; as a manager, all=true: everybody's in channels you read."""
    if all:
        context.require(Access.manager, "Listing everybody's schedules")
    return await context.read(_page, context, all, limit, cursor or LARGEST_ID)


def _page(reader: Reader, context: Context, everybody: bool, limit: int, before: int) -> ScheduleList:
    found: list[Row] = []
    while len(found) <= limit:
        if everybody:
            rows = queries.all_schedules(reader, before, limit + 1)
        else:
            rows = queries.schedules_of(reader, context.actor.name, before, limit + 1)
        if not rows:
            break
        found += [row for row in rows if _may_see(context, row)]
        before = rows[-1]["id"]
    shown = context.budget().fit(of_row(row) for row in found[:limit])
    return ScheduleList(schedules=shown, next=shown[-1].id if len(found) > len(shown) else None)


@operation("GET /api/schedules/{schedule_id}", profile="schedules", read_only=True, tool=False)
async def get_schedule(context: Context, schedule_id: ScheduleId) -> ScheduleResult:
    """Get one schedule, with its next runs."""
    return ScheduleResult(schedule=of_row(await _own(context, schedule_id)))


@operation("POST /api/schedules/{schedule_id}/pause", profile="schedules", idempotent=True)
async def pause_schedule(context: Context, schedule_id: ScheduleId) -> Work[ScheduleResult]:
    """Keep a schedule from running until resume_schedule."""
    await _own(context, schedule_id)

    def work(tx: Transaction) -> ScheduleResult:
        row = _existing(tx, schedule_id)
        if row["status"] == "paused":
            return ScheduleResult(schedule=of_row(row))
        if row["status"] != "active":
            raise Conflict(f"schedule_id: schedule {schedule_id} is {row['status']}, not active.", code="not_active")
        queries.set_status(tx, schedule_id, "paused", None, None)
        return _changed(context, tx, SchedulePaused, schedule_id)

    return work


@operation("POST /api/schedules/{schedule_id}/resume", profile="schedules", idempotent=True)
async def resume_schedule(context: Context, schedule_id: ScheduleId) -> Work[ScheduleResult]:
    """Let a paused or suspended schedule run again, from its next time on."""
    found = await _own(context, schedule_id)
    creator = find_agent(context, found["created_by"], "schedule_id")
    writable_channel(Context.inside(context.team, creator), found["channel"])

    def work(tx: Transaction) -> ScheduleResult:
        row = _existing(tx, schedule_id)
        if row["status"] == "active":
            return ScheduleResult(schedule=of_row(row))
        upcoming = _checked("schedule_id", next_run, row, context.now())
        if upcoming is None:
            raise Conflict(f"schedule_id: schedule {schedule_id} has no run left; make a new one.", code="ended")
        queries.set_status(tx, schedule_id, "active", None, upcoming)
        return _changed(context, tx, ScheduleResumed, schedule_id)

    return work


@operation("DELETE /api/schedules/{schedule_id}", profile="schedules", destructive=True)
async def cancel_schedule(context: Context, schedule_id: ScheduleId) -> Work[CancelledSchedule]:
    """Cancel a schedule for good."""
    await _own(context, schedule_id)

    def work(tx: Transaction) -> CancelledSchedule:
        schedule = of_row(_existing(tx, schedule_id))
        queries.delete(tx, schedule_id)
        emit(context, tx, ScheduleCancelled, schedule)
        return CancelledSchedule(id=schedule_id)

    return work


# -- when ------------------------------------------------------------------------------------------------------------


def _expression(cron_expr: str | None, every: str | None, at: str | None) -> tuple[Kind, str]:
    """Which rule was given; ``cron_expr`` takes the other two forms as well."""
    given = [
        (kind, text) for kind, text in (("cron_expr", cron_expr), ("every", every), ("at", at)) if text is not None
    ]
    if len(given) != 1:
        raise InvalidInput.at("cron_expr", "give exactly one of cron_expr, every and at")
    kind, text = given[0]
    return kind_of(text) if kind == "cron_expr" else cast(Kind, kind), text


def _timing(kind: Kind, text: str, zone: ZoneInfo, starts_at: str | None, ends_at: str | None, now: int) -> Timing:
    start = None if starts_at is None else _near("starts_at", starts_at, zone, "start", now)
    end = None if ends_at is None else _near("ends_at", ends_at, zone, "end", now)
    if kind == "at":
        _near("at", text, zone, "start", now)
        if start is not None or end is not None:
            raise InvalidInput.at(
                "starts_at" if start is not None else "ends_at", "a message that is sent once needs none"
            )
    rule = _checked(kind, parse_rule, kind, text, zone, start, now)
    return Timing(rule, zone, rule.first if isinstance(rule, Every) else start, end)


def _near(field: str, text: str, zone: ZoneInfo, edge: Edge, now: int) -> int:
    moment: int = _checked(field, read_time, text, zone, edge)
    if abs(moment - now) > HORIZON:
        raise InvalidInput.at(field, "must be within ten years of now")
    return moment


def _checked(field: str, function: Callable[..., T], *arguments: object) -> T:
    """Call a function whose ValueErrors tell what is wrong with an argument."""
    try:
        return function(*arguments)
    except ValueError as error:
        raise InvalidInput.at(field, str(error)) from None


# -- whose -----------------------------------------------------------------------------------------------------------


def _may_see(context: Context, row: Row) -> bool:
    """Its creator, and the managers who may read its channel."""
    if row["created_by"] == context.actor.name:
        return True
    return context.actor.access >= Access.manager and _may_read(context, row)


def _may_read(context: Context, row: Row) -> bool:
    return context.team.directory.can_read(context.actor.name, row["channel"])


async def _own(context: Context, schedule_id: int) -> Row:
    """A schedule that the actor may change.

    Raises:
        NotFound: there is none that it may know of. Forbidden: it is another member's.
    """
    row = await context.read(queries.schedule, schedule_id)
    if row is not None and _may_see(context, row):
        return row
    if row is None or not _may_read(context, row):
        raise _unknown(schedule_id)
    raise Forbidden(
        f"schedule_id: schedule {schedule_id} is {row['created_by']}'s; ask them or a manager.", code="not_yours"
    )


def _existing(tx: Transaction, schedule_id: int) -> Row:
    row = queries.schedule(tx, schedule_id)
    if row is None:  # cancelled since it was looked up
        raise _unknown(schedule_id)
    return row


def _unknown(schedule_id: int) -> NotFound:
    return NotFound(
        f"schedule_id: there is no schedule {schedule_id} of yours; list_schedules lists them.",
        code="schedule_not_found",
    )


def _changed(context: Context, tx: Transaction, kind: type[ScheduleEvent], schedule_id: int) -> ScheduleResult:
    schedule = schedule_now(tx, schedule_id)
    emit(context, tx, kind, schedule)
    return ScheduleResult(schedule=schedule)
