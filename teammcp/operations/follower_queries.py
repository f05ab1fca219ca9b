"""The SQL of followers."""

from __future__ import annotations

from ..storage import Reader, Transaction


def place(reader: Reader, name: str) -> int | None:
    """The last event that a follower has dealt with; None if it has never looked."""
    found: int | None = reader.value("SELECT event_id FROM followers WHERE name = ?", (name,))
    return found


def set_place(tx: Transaction, name: str, event_id: int) -> None:
    """A follower has dealt with everything up to this event."""
    tx.execute(
        "INSERT INTO followers (name, event_id) VALUES (?, ?)"
        " ON CONFLICT (name) DO UPDATE SET event_id = excluded.event_id",
        (name, event_id),
    )
