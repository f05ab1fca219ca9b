"""The SQL of checks: up to which message all parts were looked at, and which wait for a machine."""

from __future__ import annotations

from teammcp import Reader, Row, Transaction

ONLY = 1
"""The key of the one row that says how far the looks have come."""


def passed(reader: Reader) -> int:
    """The message up to which the parts of all were looked at; 0 if none was."""
    found: int | None = reader.value("SELECT message_id FROM projects_checked WHERE id = ?", (ONLY,))
    return found or 0


def waited_for(reader: Reader) -> list[str]:
    """The projects of which parts wait for a machine, by name."""
    return [row["project"] for row in reader.all("SELECT DISTINCT project FROM projects_checks ORDER BY project")]


def waiting(reader: Reader, project: str, limit: int) -> list[Row]:
    """The parts that wait for a machine of a project, the oldest first: message_id, number, since."""
    return reader.all(
        "SELECT message_id, number, since FROM projects_checks WHERE project = ? ORDER BY message_id, number LIMIT ?",
        (project, limit),
    )


def pass_by(tx: Transaction, message_id: int) -> None:
    """The parts of all messages up to one were looked at."""
    tx.execute(
        "INSERT INTO projects_checked (id, message_id) VALUES (?, ?)"
        " ON CONFLICT (id) DO UPDATE SET message_id = excluded.message_id",
        (ONLY, message_id),
    )


def let_wait(tx: Transaction, message_id: int, number: int, project: str, at: int) -> None:
    """A part waits for a machine of a project, if it does not already."""
    tx.execute(
        "INSERT INTO projects_checks (message_id, number, project, since) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (message_id, number) DO NOTHING",
        (message_id, number, project, at),
    )


def end(tx: Transaction, message_id: int, number: int) -> None:
    """A part waits for nothing any more."""
    tx.execute("DELETE FROM projects_checks WHERE message_id = ? AND number = ?", (message_id, number))
