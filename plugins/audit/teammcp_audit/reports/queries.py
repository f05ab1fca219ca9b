"""The SQL of reports: sums over a period, worked out by the database.

It reads the views of messages, tasks and the shared state: their operations answer for one thing at a time, and a
report that went through them all would take minutes and hold up everybody else.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, tzinfo
from functools import cached_property
from typing import Any

from teammcp import Reader

from .steps import HOUR, starts_of

LISTED = 200
"""Rows that a list in a report has at most."""
CHUNK = 50_000
"""How many messages or events one read goes through: about a tenth of a second, then others have their turn."""


@dataclass(frozen=True)
class Scope:
    """What a report is about: the moments from ``since`` up to but not including ``until``, in milliseconds.

    ``events`` and ``messages`` are the ids of that time. ``open_only``: of messages, only those that every member of
    the team may read.
    """

    since: int
    until: int
    events: range
    messages: range
    project_id: str | None = None
    open_only: bool = False
    zone: tzinfo = UTC
    """Whose calendar the steps of charts follow."""

    @cached_property
    def starts(self) -> list[int]:
        """When the steps of a chart over time begin."""
        return starts_of(self.since, self.until, self.zone)

    def step_of(self, column: str) -> str:
        """SQL for the number of the step in which the moment in a column is."""
        steps = " ".join(f"WHEN {column} < {start} THEN {step}" for step, start in enumerate(self.starts[1:]))
        last = len(self.starts) - 1
        return f"CASE {steps} ELSE {last} END" if steps else str(last)


def chunks(ids: range) -> Iterator[range]:
    """The ids in parts that are read one at a time."""
    return (ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK))


def median(value: str) -> str:
    """SQL for the median of a group whose rows have their ``place`` in the order of ``value``, and their ``amount``."""
    return f"avg(CASE WHEN place IN ((amount + 1) / 2, (amount + 2) / 2) THEN {value} END)"


# -- shared state ----------------------------------------------------------------------------------------------------

_CHANGES = """
FROM v_state_changes c
WHERE c.changed_at >= ? AND c.changed_at < ? AND (CAST(? AS TEXT) IS NULL OR c.project_id = ?)
"""
# Who owned the field before may change it, unless it needs approval: then its approver alone. Making one is free.
_UNAPPROVED = """
AND c.grant_reference IS NULL AND c.action <> 'created' AND c.changed_by <> coalesce(c.previous_approver, '')
AND (c.previous_approval_required = 1 OR c.changed_by <> c.previous_owner)
"""


def _state(scope: Scope) -> tuple[Any, ...]:
    return scope.since, scope.until, scope.project_id, scope.project_id


def state_changes(reader: Reader, scope: Scope) -> Any:
    """How many changes there were, by how many members, how many of them approved and how many unapproved."""
    return reader.one(
        "SELECT count(*) AS changes, count(DISTINCT c.changed_by) AS members, count(c.grant_reference) AS approved,"
        f" count(CASE WHEN 1 = 1 {_UNAPPROVED} THEN 1 END) AS unapproved {_CHANGES}",
        _state(scope),
    )


def unapproved_changes(reader: Reader, scope: Scope) -> list[Any]:
    """Changes that neither the field's owner nor its approver made, and that nobody approved; the newest."""
    return reader.all(
        "SELECT c.changed_at, c.project_id, c.field, c.version, c.changed_by, c.previous_owner AS owner,"
        " c.previous_approval_required AS approval_required"
        f" {_CHANGES} {_UNAPPROVED} ORDER BY c.changed_at DESC, c.id DESC LIMIT ?",
        (*_state(scope), LISTED),
    )


def hot_fields(reader: Reader, scope: Scope, more_than: int) -> list[Any]:
    """Fields that were changed more often than that within one hour of the clock."""
    return reader.all(
        f"SELECT c.changed_at / {HOUR} * {HOUR} AS hour_at, c.project_id, c.field, count(*) AS changes"
        f" {_CHANGES} GROUP BY c.changed_at / {HOUR}, c.project_id, c.field HAVING count(*) > ?"
        " ORDER BY changes DESC, hour_at DESC LIMIT ?",
        (*_state(scope), more_than, LISTED),
    )


# -- events ----------------------------------------------------------------------------------------------------------
# The indexes of the log say 'kind <> …': without those words SQLite does not use them. Nor does it with a range of
# ids beside a range of kinds; the '+ 0' hides that range from it.


def of_kind(reader: Reader, scope: Scope, prefix: str) -> list[Any]:
    """The newest events whose kind begins with ``prefix``."""
    return reader.all(
        "SELECT at, kind, actor, subject FROM v_events"
        " WHERE kind >= ? AND kind < ? AND kind <> 'message.sent' AND id + 0 >= ? AND id + 0 < ?"
        " ORDER BY id DESC LIMIT ?",
        (
            prefix,
            f"{prefix}~",
            scope.events.start,
            scope.events.stop,
            LISTED,
        ),  # '~' comes behind all that kinds are made of
    )


def busy_minutes(reader: Reader, ids: range, least: int) -> list[Any]:
    """How many things each member did within one minute of the clock, where there were at least that many.

    The first and the last minute are there in any case, since they may go on in another chunk. The server is no member.
    """
    return reader.all(
        """
        SELECT at / 60000 * 60000 AS minute_at, actor, count(*) AS events FROM v_events
        WHERE id >= ? AND id < ? AND actor <> 'system' AND kind NOT IN ('agent.online', 'agent.offline')
        GROUP BY at / 60000, actor HAVING count(*) >= ?
            OR at / 60000 = (SELECT at / 60000 FROM v_events WHERE id >= ? ORDER BY id LIMIT 1)
            OR at / 60000 = (SELECT at / 60000 FROM v_events WHERE id < ? ORDER BY id DESC LIMIT 1)
        """,
        (ids.start, ids.stop, least, ids.start, ids.stop),
    )


def hours_of_people(reader: Reader, ids: range) -> list[Any]:
    """How much each person did in each hour."""
    return reader.all(
        f"SELECT actor, at / {HOUR} * {HOUR} AS hour_at, count(*) AS events FROM v_events"  # noqa: S608
        " WHERE id >= ? AND id < ? AND actor IN (SELECT name FROM v_agents WHERE kind = 'human')"
        f" AND kind NOT IN ('agent.online', 'agent.offline') GROUP BY actor, at / {HOUR}",
        (ids.start, ids.stop),
    )


def time_zones(reader: Reader) -> dict[str, str]:
    """Where each person lives."""
    return {row["name"]: row["time_zone"] for row in reader.all("SELECT name, time_zone FROM v_agents")}


_OUTCOMES = """
FROM v_events o
LEFT JOIN v_events r ON r.subject = o.subject AND r.kind = 'approval.requested' AND r.kind <> 'message.sent'
WHERE o.kind IN ('approval.approved', 'approval.rejected') AND o.kind <> 'message.sent' AND o.id >= ? AND o.id < ?
"""


def rejections(reader: Reader, scope: Scope) -> list[Any]:
    """The newest proposals that were rejected."""
    return reader.all(
        "SELECT o.at, o.subject AS approval_id, o.actor AS rejected_by, r.actor AS proposer"
        f" {_OUTCOMES} AND o.kind = 'approval.rejected' ORDER BY o.id DESC LIMIT ?",
        (scope.events.start, scope.events.stop, LISTED),
    )


def repeated_rejections(reader: Reader, scope: Scope, least: int) -> list[Any]:
    """Members whose proposals were rejected at least that often."""
    return reader.all(
        f"SELECT r.actor AS proposer, count(*) AS rejections {_OUTCOMES} AND o.kind = 'approval.rejected'"
        " AND r.actor IS NOT NULL GROUP BY r.actor HAVING count(*) >= ? ORDER BY rejections DESC, proposer LIMIT ?",
        (scope.events.start, scope.events.stop, least, LISTED),
    )


def approvals(reader: Reader, scope: Scope) -> list[Any]:
    """For each who decided: how many were approved and rejected, and the median of the time that took."""
    return reader.all(
        f"""
        WITH decided AS (SELECT o.actor, o.kind, o.at - r.at AS took {_OUTCOMES} AND r.at IS NOT NULL),
        ranked AS (
            SELECT actor, kind, took, row_number() OVER (PARTITION BY actor ORDER BY took) AS place,
                count(*) OVER (PARTITION BY actor) AS amount
            FROM decided
        )
        SELECT actor AS decided_by, count(CASE WHEN kind = 'approval.approved' THEN 1 END) AS approved,
            count(CASE WHEN kind = 'approval.rejected' THEN 1 END) AS rejected,
            {median("took")} AS median_ms, max(took) AS longest_ms
        FROM ranked GROUP BY actor, amount ORDER BY amount DESC, actor LIMIT ?
        """,  # noqa: S608
        (scope.events.start, scope.events.stop, LISTED),
    )
