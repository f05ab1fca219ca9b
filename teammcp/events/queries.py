"""The SQL of the event log and of its stretches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from ..storage import Reader, Row, Transaction

COLUMNS = (
    "id, at, kind, actor, subject, channel, agents, data, surface,"
    " (SELECT mark FROM event_runs WHERE first_id <= events.id ORDER BY first_id DESC LIMIT 1) AS mark"
)
STORED = ("at", "kind", "actor", "subject", "channel", "agents", "data", "surface")
StoredEvent: TypeAlias = tuple[Any, ...]
"""An event as it is stored: its id, then the bytes of the columns `STORED`, None where there is nothing."""

# -- the log ---------------------------------------------------------------------------------------------------------


def insert(
    tx: Transaction,
    at: int,
    kind: str,
    actor: str,
    subject: str,
    channel: str | None,
    agents: str | None,
    data: str,
    surface: str | None,
) -> int:
    """Add an event; its id. ``agents`` and ``data`` are JSON."""
    return tx.insert(
        "INSERT INTO events (at, kind, actor, subject, channel, agents, data, surface) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (at, kind, actor, subject, channel, agents, data, surface),
    )


def delete(tx: Transaction, through: int) -> int:
    """Take the events up to an id out of the log; how many."""
    return tx.execute("DELETE FROM events WHERE id <= ?", (through,))


def since(reader: Reader, after: int, limit: int) -> list[Row]:
    """Events with a greater id than ``after``, oldest first."""
    return reader.all(f"SELECT {COLUMNS} FROM events WHERE id > ? ORDER BY id LIMIT ?", (after, limit))  # noqa: S608


def within(reader: Reader, first: int, last: int, kinds: Sequence[str]) -> list[Row]:
    """The events of a range of ids, oldest first; only those of some kinds, if any are given."""
    only = f" AND kind IN ({', '.join('?' * len(kinds))})" if kinds else ""
    return reader.all(
        f"SELECT {COLUMNS} FROM events WHERE id BETWEEN ? AND ?{only} ORDER BY id",  # noqa: S608
        (first, last, *kinds),
    )


def newest(reader: Reader) -> int | None:
    """The id of the newest event; None if there is none."""
    found: int | None = reader.value("SELECT max(id) FROM events")
    return found


def oldest(reader: Reader) -> int | None:
    """The id of the oldest event that is kept; None if there is none."""
    found: int | None = reader.value("SELECT min(id) FROM events")
    return found


def stored_events(reader: Reader, first: int, last: int) -> list[StoredEvent]:
    """The events of a range of ids, in order: the bytes that are stored. If they were altered, they may be no text."""
    columns = ", ".join(f"CAST({column} AS BLOB)" for column in STORED)
    rows = reader.all(f"SELECT id, {columns} FROM events WHERE id BETWEEN ? AND ? ORDER BY id", (first, last))  # noqa: S608
    return [tuple(row) for row in rows]


# -- its stretches ---------------------------------------------------------------------------------------------------


def begin_run(tx: Transaction, mark: int, first_id: int) -> None:
    """Note that a stretch begins with an event."""
    tx.execute("INSERT INTO event_runs (mark, first_id) VALUES (?, ?) ON CONFLICT (mark) DO NOTHING", (mark, first_id))


def runs(reader: Reader) -> list[tuple[int, int]]:
    """The first id and the mark of each stretch of the log, oldest first."""
    return [
        (row["first_id"], row["mark"]) for row in reader.all("SELECT first_id, mark FROM event_runs ORDER BY first_id")
    ]
