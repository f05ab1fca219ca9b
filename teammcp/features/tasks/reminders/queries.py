"""The SQL of reminders: who may have to be reminded of what, and what was said already."""

from __future__ import annotations

from ....storage import Reader, Row, Transaction

COLUMNS = (
    "t.id, t.status, t.scope, t.creator, t.assignee, t.due_at, t.checkin_interval, t.lease_agent, t.created_at,"
    " t.started_at, t.worked_at"
)


def due(reader: Reader, kind: str, after: int, until: int) -> list[Row]:
    """Open tasks due later than ``after`` and no later than ``until`` of which nobody was reminded yet."""
    return reader.all(
        f"SELECT {COLUMNS} FROM tasks t WHERE t.due_at IS NOT NULL AND t.due_at > ? AND t.due_at <= ?"  # noqa: S608
        " AND t.closed_at IS NULL AND t.deleted = 0 AND NOT EXISTS"
        " (SELECT 1 FROM task_reminders r WHERE r.task_id = t.id AND r.kind = ? AND r.mark = t.due_at)"
        " ORDER BY t.due_at",
        (after, until, kind),
    )


def idle(reader: Reader, kind: str, since: int) -> list[Row]:
    """Tasks in doing, under no lease, without a sign of work since then, of which nobody was reminded yet."""
    return reader.all(
        f"SELECT {COLUMNS} FROM tasks t WHERE t.status = 'doing' AND t.deleted = 0"  # noqa: S608
        " AND t.worked_at <= ? AND t.lease_agent IS NULL AND NOT EXISTS"
        " (SELECT 1 FROM task_reminders r WHERE r.task_id = t.id AND r.kind = ? AND r.mark = t.worked_at)"
        " ORDER BY t.worked_at",
        (since, kind),
    )


def with_check_ins(reader: Reader, now: int) -> list[Row]:
    """The open tasks with check-ins made before ``now``, each with the last one and ``asked``, who is asked."""
    return reader.all(
        f"SELECT {COLUMNS}, coalesce(t.assignee, t.creator) AS asked, (SELECT max(r.mark) FROM task_reminders r"  # noqa: S608
        " WHERE r.task_id = t.id AND r.kind = 'check_in') AS last FROM tasks t"
        " WHERE t.created_at < ? AND t.checkin_interval IS NOT NULL AND t.closed_at IS NULL AND t.deleted = 0"
        " ORDER BY t.created_at",
        (now,),
    )


def remember(tx: Transaction, task_id: int, kind: str, mark: int, at: int) -> bool:
    """Note that somebody was reminded of an occasion; False if that was known."""
    return (
        tx.execute(
            "INSERT INTO task_reminders (task_id, kind, mark, at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (task_id, kind, mark, at),
        )
        == 1
    )
