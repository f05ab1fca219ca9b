"""The SQL of what senders are told: answers that are late, readers that are away for long, or for good."""

from __future__ import annotations

from collections.abc import Sequence

from ...storage import Reader, Row, Transaction

AWAY = (  # CROSS JOIN keeps the order: first who is away, then what is asked of it
    " FROM agents a CROSS JOIN deliveries d CROSS JOIN messages m WHERE d.agent = a.name AND m.id = d.message_id"
    " AND (d.ack_required = 1 OR d.reply_by IS NOT NULL) AND d.settled_at IS NULL AND d.offline_told_at IS NULL"
    " AND a.online = 0 AND a.retired_at IS NULL AND coalesce(a.last_seen, 0) <= ? AND m.created_at <= ?"
)


def newly_late(reader: Reader, now: int, limit: int) -> list[int]:
    """Ids of the messages that were not answered in time, and whose sender does not know; the latest last."""
    rows = reader.all(
        "SELECT message_id FROM deliveries WHERE reply_by <= ? AND reply_by IS NOT NULL AND settled_at IS NULL"
        " AND overdue_told_at IS NULL ORDER BY reply_by LIMIT ?",
        (now, limit),
    )
    return list(dict.fromkeys(row["message_id"] for row in rows))


def late_with(reader: Reader, message_id: int, now: int) -> list[str]:
    """Who has not answered a message in time without its sender being told."""
    rows = reader.all(
        "SELECT agent FROM deliveries WHERE message_id = ? AND reply_by <= ? AND settled_at IS NULL"
        " AND overdue_told_at IS NULL ORDER BY agent",
        (message_id, now),
    )
    return [row["agent"] for row in rows]


def away(reader: Reader, since: int) -> list[int]:
    """Ids of the messages that ask something of a member who is offline since then, and whose sender does not know."""
    rows = reader.all(f"SELECT DISTINCT d.message_id{AWAY}", (since, since))
    return [row["message_id"] for row in rows]


def away_with(reader: Reader, message_id: int, since: int) -> list[str]:
    """Who is offline since then without the sender of a message that asks something of it being told."""
    rows = reader.all(
        f"SELECT d.agent{AWAY} AND d.message_id = ? ORDER BY d.agent",
        (since, since, message_id),
    )
    return [row["agent"] for row in rows]


def note_late(tx: Transaction, message_id: int, agents: Sequence[str], at: int) -> None:
    """Note that a sender was told whose answers are late."""
    tx.execute_many(
        "UPDATE deliveries SET overdue_told_at = ? WHERE message_id = ? AND agent = ?",
        [(at, message_id, agent) for agent in agents],
    )


def note_away(tx: Transaction, message_id: int, agents: Sequence[str], at: int) -> None:
    """Note that a sender was told who is away."""
    tx.execute_many(
        "UPDATE deliveries SET offline_told_at = ? WHERE message_id = ? AND agent = ?",
        [(at, message_id, agent) for agent in agents],
    )


def retired_with_mail(reader: Reader) -> list[str]:
    """The retired members that still have messages waiting, to them or from them."""
    rows = reader.all(
        "SELECT a.name FROM agents a WHERE a.retired_at IS NOT NULL AND"
        " (EXISTS (SELECT 1 FROM deliveries d WHERE d.agent = a.name AND d.settled_at IS NULL)"
        " OR EXISTS (SELECT 1 FROM deliveries d WHERE d.sender = a.name AND d.settled_at IS NULL))"
    )
    return [row["name"] for row in rows]


def left_behind(reader: Reader, agent: str) -> list[Row]:
    """Who wrote to a member what it has not read, or not done what was asked for: sender, number, newest (an id)."""
    return reader.all(
        "SELECT sender, count(*) AS number, max(message_id) AS newest FROM deliveries"
        " WHERE agent = ? AND settled_at IS NULL AND (read_at IS NULL OR ack_required = 1 OR reply_by IS NOT NULL)"
        " GROUP BY sender ORDER BY sender",
        (agent,),
    )
