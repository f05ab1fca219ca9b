"""The SQL of schedules."""

from __future__ import annotations

from ...storage import Reader, Row, Transaction

COLUMNS = (
    "id, channel, content, priority, created_by, created_at, kind, expression, time_zone, starts_at, ends_at, max_runs,"
    " runs, status, reason, next_run, last_run, last_outcome"
)


def schedule(reader: Reader, schedule_id: int) -> Row | None:
    """One schedule."""
    return reader.one(f"SELECT {COLUMNS} FROM schedules WHERE id = ?", (schedule_id,))  # noqa: S608


def schedules_of(reader: Reader, agent: str, before: int, limit: int) -> list[Row]:
    """An agent's schedules with smaller ids than ``before``, newest first."""
    return reader.all(
        f"SELECT {COLUMNS} FROM schedules WHERE created_by = ? AND id < ? ORDER BY id DESC LIMIT ?",  # noqa: S608
        (agent, before, limit),
    )


def all_schedules(reader: Reader, before: int, limit: int) -> list[Row]:
    """Everybody's schedules with smaller ids than ``before``, newest first."""
    return reader.all(
        f"SELECT {COLUMNS} FROM schedules WHERE id < ? ORDER BY id DESC LIMIT ?",  # noqa: S608
        (before, limit),
    )


def due(reader: Reader, now: int) -> list[Row]:
    """The ``id`` and ``next_run`` of what is to run by now, the longest overdue first."""
    return reader.all(
        "SELECT id, next_run FROM schedules WHERE status = 'active' AND next_run <= ? ORDER BY next_run, id", (now,)
    )


def next_due(reader: Reader, now: int) -> int | None:
    """When the first schedule runs after now."""
    moment: int | None = reader.value(
        "SELECT min(next_run) FROM schedules WHERE status = 'active' AND next_run > ?", (now,)
    )
    return moment


def active(reader: Reader, after: int) -> list[Row]:
    """The schedules whose next run is after a moment."""
    return reader.all(
        f"SELECT {COLUMNS} FROM schedules WHERE status = 'active' AND next_run > ? ORDER BY next_run, id",  # noqa: S608
        (after,),
    )


def move(tx: Transaction, schedule_id: int, created_at: int, starts_at: int | None, next_run: int) -> None:
    """Change when a schedule was made and begins, from which intervals count, and when it runs next."""
    tx.execute(
        "UPDATE schedules SET created_at = ?, starts_at = ?, next_run = ? WHERE id = ?",
        (created_at, starts_at, next_run, schedule_id),
    )


def count_open(reader: Reader, agent: str) -> int:
    """How many schedules of an agent have not ended."""
    return int(reader.value("SELECT count(*) FROM schedules WHERE created_by = ? AND status <> 'ended'", (agent,)))


def insert(
    tx: Transaction,
    channel: str,
    content: str,
    priority: str | None,
    created_by: str,
    created_at: int,
    kind: str,
    expression: str,
    time_zone: str,
    starts_at: int | None,
    ends_at: int | None,
    max_runs: int | None,
    next_run: int,
) -> int:
    """Add a schedule; its id."""
    return tx.insert(
        "INSERT INTO schedules (channel, content, priority, created_by, created_at, kind, expression, time_zone,"
        " starts_at, ends_at, max_runs, next_run) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            channel,
            content,
            priority,
            created_by,
            created_at,
            kind,
            expression,
            time_zone,
            starts_at,
            ends_at,
            max_runs,
            next_run,
        ),
    )


def set_status(tx: Transaction, schedule_id: int, status: str, reason: str | None, next_run: int | None) -> None:
    """Change what a schedule is doing; only an active one has a next run."""
    tx.execute(
        "UPDATE schedules SET status = ?, reason = ?, next_run = ? WHERE id = ?",
        (status, reason, next_run, schedule_id),
    )


def note_run(tx: Transaction, schedule_id: int, at: int, outcome: str, runs: int) -> None:
    """Note what became of a run, and how many messages there have been."""
    tx.execute(
        "UPDATE schedules SET last_run = ?, last_outcome = ?, runs = ? WHERE id = ?", (at, outcome, runs, schedule_id)
    )


def delete(tx: Transaction, schedule_id: int) -> None:
    """Remove a schedule."""
    tx.execute("DELETE FROM schedules WHERE id = ?", (schedule_id,))


def forget_ended(tx: Transaction, agent: str, keep: int) -> None:
    """Remove an agent's schedules that have ended, but for the last ``keep``."""
    tx.execute(
        "DELETE FROM schedules WHERE created_by = ? AND status = 'ended' AND id NOT IN ("
        "SELECT id FROM schedules WHERE created_by = ? AND status = 'ended' ORDER BY id DESC LIMIT ?)",
        (agent, agent, keep),
    )
