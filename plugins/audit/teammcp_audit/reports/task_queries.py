"""The SQL of reports about tasks: throughput, times, status over time. See `queries` for why."""

from __future__ import annotations

from typing import Any

from teammcp import Reader

from .queries import LISTED, Scope, median

_OF_PROJECT = "deleted = 0 AND (CAST(? AS TEXT) IS NULL OR related_state_project = ?)"
_DONE = f"FROM v_tasks WHERE status = 'done' AND closed_at >= ? AND closed_at < ? AND {_OF_PROJECT}"


def _project(scope: Scope) -> tuple[Any, ...]:
    return scope.project_id, scope.project_id


def counts(reader: Reader, scope: Scope, column: str) -> tuple[int, dict[int, int]]:
    """How many tasks passed a moment of their life: before the period, and in each step of it.

    ``column`` is that moment: ``created_at``, ``started_at`` or ``closed_at``.
    """
    found = reader.all(
        f"SELECT CASE WHEN {column} < ? THEN -1 ELSE {scope.step_of(column)} END AS step, count(*) AS tasks"  # noqa: S608
        f" FROM v_tasks WHERE {column} < ? AND {_OF_PROJECT} GROUP BY step",
        (scope.since, scope.until, *_project(scope)),
    )
    steps = {row["step"]: row["tasks"] for row in found}
    return steps.pop(-1, 0), steps


def closed_unstarted(reader: Reader, scope: Scope) -> tuple[int, dict[int, int]]:
    """The same for the end of those that were closed without ever having been started."""
    found = reader.all(
        f"SELECT CASE WHEN closed_at < ? THEN -1 ELSE {scope.step_of('closed_at')} END AS step,"  # noqa: S608
        f" count(*) AS tasks FROM v_tasks WHERE closed_at < ? AND started_at IS NULL AND {_OF_PROJECT} GROUP BY step",
        (scope.since, scope.until, *_project(scope)),
    )
    steps = {row["step"]: row["tasks"] for row in found}
    return steps.pop(-1, 0), steps


def done_over_time(reader: Reader, scope: Scope) -> dict[int, int]:
    """How many tasks were done in each step of the period."""
    found = reader.all(
        f"SELECT {scope.step_of('closed_at')} AS step, count(*) AS tasks {_DONE} GROUP BY step",
        (scope.since, scope.until, *_project(scope)),
    )
    return {row["step"]: row["tasks"] for row in found}


def times(reader: Reader, scope: Scope, *, by_agent: bool) -> list[Any]:
    """How many tasks were done in the period, by assignee or all together, and the medians of their times.

    The lead time is from its creation to its end, the cycle time from its start to its end.
    """
    by = "assignee" if by_agent else "''"
    return reader.all(
        f"""
        WITH leads AS (
            SELECT {by} AS agent, closed_at - created_at AS lead, closed_at - started_at AS cycle {_DONE}
        ), by_lead AS (
            SELECT agent, lead, row_number() OVER (PARTITION BY agent ORDER BY lead) AS place,
                count(*) OVER (PARTITION BY agent) AS amount
            FROM leads
        ), by_cycle AS (
            SELECT agent, cycle, row_number() OVER (PARTITION BY agent ORDER BY cycle) AS place,
                count(*) OVER (PARTITION BY agent) AS amount
            FROM leads WHERE cycle IS NOT NULL
        ), cycles AS (SELECT agent, {median("cycle")} AS cycle_ms FROM by_cycle GROUP BY agent)
        SELECT coalesce(l.agent, '') AS agent, count(*) AS done, {median("lead")} AS lead_ms, max(lead) AS longest_ms,
            max(cycle_ms) AS cycle_ms
        FROM by_lead l LEFT JOIN cycles ON coalesce(cycles.agent, '') = coalesce(l.agent, '')
        GROUP BY coalesce(l.agent, '') ORDER BY done DESC, agent LIMIT ?
        """,  # noqa: S608
        (scope.since, scope.until, *_project(scope), LISTED),
    )


def loads(reader: Reader, scope: Scope) -> list[Any]:
    """How many open tasks each member has now, how many of them are blocked, and overdue at the period's end."""
    return reader.all(
        "SELECT assignee AS agent, count(*) AS tasks, count(CASE WHEN status = 'blocked' THEN 1 END) AS blocked,"  # noqa: S608
        " count(CASE WHEN due_at < ? THEN 1 END) AS overdue FROM v_tasks"
        f" WHERE status IN ('todo', 'doing', 'blocked') AND assignee IS NOT NULL AND {_OF_PROJECT}"
        " GROUP BY assignee ORDER BY tasks DESC, agent LIMIT ?",
        (scope.until, *_project(scope), LISTED),
    )


def in_the_way(reader: Reader, scope: Scope) -> list[Any]:
    """The open tasks that most others wait for now."""
    return reader.all(
        """
        SELECT t.id AS task_id, t.status, t.assignee, count(*) AS waiting
        FROM v_tasks t JOIN v_task_dependencies d ON d.depends_on = t.id JOIN v_tasks w ON w.id = d.task_id
        WHERE t.status IN ('todo', 'doing', 'blocked') AND t.deleted = 0 AND w.deleted = 0
            AND w.status IN ('todo', 'doing', 'blocked') AND (CAST(? AS TEXT) IS NULL OR t.related_state_project = ?)
            AND (? = 0 OR t.scope = '')
        GROUP BY t.id, t.status, t.assignee ORDER BY waiting DESC, task_id LIMIT ?
        """,
        (*_project(scope), int(scope.open_only), LISTED),
    )
