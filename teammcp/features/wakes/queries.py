"""SQL of who is woken."""

from __future__ import annotations

from ...storage import Reader, Row, Transaction


def find(reader: Reader, agent: str) -> Row | None:
    """What was set for an agent."""
    return reader.one("SELECT agent, woken, quiet_from, quiet_until FROM wakes WHERE agent = ?", (agent,))


def keep(tx: Transaction, agent: str, woken: bool, quiet: tuple[int, int] | None, by: str, at: int) -> None:
    """Set it for an agent."""
    first, last = (None, None) if quiet is None else quiet
    tx.execute(
        "INSERT INTO wakes (agent, woken, quiet_from, quiet_until, changed_by, changed_at) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (agent) DO UPDATE SET woken = excluded.woken, quiet_from = excluded.quiet_from,"
        " quiet_until = excluded.quiet_until, changed_by = excluded.changed_by, changed_at = excluded.changed_at",
        (agent, int(woken), first, last, by, at),
    )


def told(reader: Reader, agent: str) -> int:
    """The newest message to an agent whose sender knows that it was not reached; 0 if there is none."""
    row = reader.one("SELECT message_id FROM wakes_told WHERE agent = ?", (agent,))
    return 0 if row is None else int(row["message_id"])


def keep_told(tx: Transaction, agent: str, message_id: int) -> None:
    """Note up to which message that is so."""
    tx.execute(
        "INSERT INTO wakes_told (agent, message_id) VALUES (?, ?)"
        " ON CONFLICT (agent) DO UPDATE SET message_id = excluded.message_id",
        (agent, message_id),
    )
