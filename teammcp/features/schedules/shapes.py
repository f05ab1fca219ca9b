"""From rows to what is shown of them, and to the rules inside them."""

from __future__ import annotations

from typing import cast

from ...arguments.times import zone_of
from ...storage import Reader, Row
from . import queries
from .descriptions import describe
from .models import Schedule
from .timing import Kind, Once, Timing, parse_rule

PREVIEW = 3
"""How many of the next runs are shown."""


def timing_of(row: Row) -> Timing:
    """The rule of a row.

    Raises:
        ValueError: the row holds none that can be read.
    """
    zone = zone_of(row["time_zone"])
    starts_at = row["starts_at"]
    rule = parse_rule(cast(Kind, row["kind"]), row["expression"], zone, starts_at, row["created_at"])
    return Timing(rule, zone, starts_at, row["ends_at"])


def next_run(row: Row, after: int) -> int | None:
    """When the schedule of a row runs for the first time after ``after``; None if it has ended.

    Raises:
        ValueError: as `timing_of`.
    """
    if row["max_runs"] is not None and row["runs"] >= row["max_runs"]:
        return None
    return timing_of(row).next_after(after)


def of_row(row: Row) -> Schedule:
    """The public shape of a row, also of one whose rule cannot be read."""
    kind, expression = row["kind"], row["expression"]
    upcoming: list[int] = []
    at = None
    try:
        timing = timing_of(row)
    except ValueError:
        when = expression
    else:
        when = describe(timing.rule, timing.zone)
        at = timing.rule.at if isinstance(timing.rule, Once) else None
        if row["next_run"] is not None:
            left = PREVIEW if row["max_runs"] is None else min(PREVIEW, row["max_runs"] - row["runs"])
            upcoming = [row["next_run"], *timing.runs_after(row["next_run"], left - 1)]
    return Schedule(
        id=row["id"],
        channel=row["channel"],
        content=row["content"],
        priority=row["priority"],
        created_by=row["created_by"],
        created_at=row["created_at"],
        cron_expr=expression if kind == "cron_expr" else None,
        every=expression if kind == "every" else None,
        at=at,
        when=when,
        time_zone=row["time_zone"],
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        count=row["max_runs"],
        runs=row["runs"],
        status=row["status"],
        enabled=row["status"] == "active",
        reason=row["reason"],
        next_run=row["next_run"],
        next_runs=upcoming,
        last_run=row["last_run"],
        last_outcome=row["last_outcome"],
    )


def schedule_now(reader: Reader, schedule_id: int) -> Schedule:
    """The public shape of a schedule as it is now; it must be there."""
    row = queries.schedule(reader, schedule_id)
    assert row is not None  # noqa: S101 - the caller has just looked
    return of_row(row)
