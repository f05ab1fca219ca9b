"""The SQL of loops."""

from __future__ import annotations

from ....storage import Reader, Row, Transaction

COLUMNS = "id, kind, channel, agents, digest, count, seconds, stopped_at, released_at, released_by"


def loop(reader: Reader, loop_id: int) -> Row | None:
    """One loop."""
    return reader.one(f"SELECT {COLUMNS} FROM loops WHERE id = ?", (loop_id,))  # noqa: S608


def stopped_loops(reader: Reader) -> list[Row]:
    """Every loop that is stopped, newest first."""
    return reader.all(
        f"SELECT {COLUMNS} FROM loops WHERE released_at IS NULL AND stopped_at >= 0 ORDER BY stopped_at DESC"  # noqa: S608
    )


def loops(reader: Reader, before: int, limit: int) -> list[Row]:
    """Loops with smaller ids than ``before``, released ones too, newest first."""
    return reader.all(
        f"SELECT {COLUMNS} FROM loops WHERE id < ? ORDER BY id DESC LIMIT ?",  # noqa: S608
        (before, limit),
    )


def stopped_loop(reader: Reader, channel: str, kind: str, agents: str, digest: str) -> Row | None:
    """The loop of this pattern that is stopped; ``agents`` is JSON."""
    return reader.one(
        f"SELECT {COLUMNS} FROM loops WHERE channel = ? AND kind = ? AND agents = ? AND digest = ?"  # noqa: S608
        " AND released_at IS NULL",
        (channel, kind, agents, digest),
    )


def insert_loop(
    tx: Transaction, kind: str, channel: str, agents: str, digest: str, count: int, seconds: int, at: int
) -> int:
    """Add a loop that is stopped; its id."""
    return tx.insert(
        "INSERT INTO loops (kind, channel, agents, digest, count, seconds, stopped_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (kind, channel, agents, digest, count, seconds, at),
    )


def release_loop(tx: Transaction, loop_id: int, by: str, at: int) -> int:
    """Note who let a loop go on; 0 if that was done already."""
    return tx.execute(
        "UPDATE loops SET released_at = ?, released_by = ? WHERE id = ? AND released_at IS NULL", (at, by, loop_id)
    )
