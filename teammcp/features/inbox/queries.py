"""The SQL of cursors and deliveries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from ...storage import Reader, Row, Transaction


def behind(reader: Reader, agent: str) -> list[Row]:
    """The channels with something an agent has not acknowledged: id, kind, name, last_seq, acked.

    First those with something that is addressed to it, and of these the latest first.
    """
    return reader.all(
        "SELECT id, kind, name, last_seq, acked FROM (SELECT c.id, c.kind, c.name, c.last_seq, c.last_message_at,"
        " m.acked, EXISTS (SELECT 1 FROM deliveries d WHERE d.agent = m.agent AND d.channel_id = m.channel_id"
        " AND d.acked_at IS NULL) AS addressed FROM channel_members m JOIN channels c ON c.id = m.channel_id"
        " WHERE m.agent = ?) AS found WHERE last_seq > acked OR addressed"
        " ORDER BY addressed DESC, last_message_at DESC",
        (agent,),
    )


def membership(reader: Reader, agent: str, channel_id: str) -> Row | None:
    """An agent's cursors in a channel: offered, read, acked."""
    return reader.one(
        "SELECT offered, read, acked FROM channel_members WHERE agent = ? AND channel_id = ?", (agent, channel_id)
    )


def unread_ids(reader: Reader, agent: str, channel_id: str, after_seq: int, limit: int) -> list[int]:
    """Ids of the oldest messages of others behind a sequence number."""
    rows = reader.all(
        "SELECT id FROM messages WHERE channel_id = ? AND seq > ? AND sender <> ? AND deleted = 0 ORDER BY seq LIMIT ?",
        (channel_id, after_seq, agent, limit),
    )
    return [row["id"] for row in rows]


def newest_ids(reader: Reader, agent: str, channel_id: str, after_seq: int, limit: int) -> list[int]:
    """Ids of the newest messages of others behind a sequence number, newest first."""
    rows = reader.all(
        "SELECT id FROM messages WHERE channel_id = ? AND seq > ? AND sender <> ? AND deleted = 0"
        " ORDER BY seq DESC LIMIT ?",
        (channel_id, after_seq, agent, limit),
    )
    return [row["id"] for row in rows]


def addressed_ids(reader: Reader, agent: str, channel_id: str, limit: int) -> list[int]:
    """Ids of the oldest unacknowledged messages that are addressed to an agent, oldest first."""
    rows = reader.all(
        "SELECT message_id FROM deliveries WHERE agent = ? AND channel_id = ? AND acked_at IS NULL"
        " ORDER BY message_id LIMIT ?",
        (agent, channel_id, limit),
    )
    return [row["message_id"] for row in rows]


def seq_of(reader: Reader, channel_id: str, message_id: int) -> int | None:
    """The sequence number of a message of a channel."""
    row = reader.one("SELECT seq FROM messages WHERE id = ? AND channel_id = ?", (message_id, channel_id))
    return None if row is None else int(row["seq"])


def advance(tx: Transaction, agent: str, channel_id: str, seq: int, cursor: str, at: int) -> bool:
    """Move a cursor, and those it implies, forward to a sequence number; whether any moved. None ever moves back."""
    moved = 0
    for name in {"offered": ("offered",), "read": ("offered", "read"), "acked": ("offered", "read", "acked")}[cursor]:
        moved += tx.execute(
            f"UPDATE channel_members SET {name} = ?, {name}_at = ?"  # noqa: S608 - one of three names
            f" WHERE agent = ? AND channel_id = ? AND {name} < ?",
            (seq, at, agent, channel_id, seq),
        )
    if cursor == "acked":
        tx.execute(
            "UPDATE channel_members SET own = (SELECT count(*) FROM messages"
            " WHERE channel_id = ? AND sender = ? AND seq > acked) WHERE agent = ? AND channel_id = ? AND own > 0",
            (channel_id, agent, agent, channel_id),
        )
    return moved > 0


def offer(tx: Transaction, agent: str, ids: Sequence[int], way: str, at: int) -> None:
    """Note that messages were handed to an agent's turn."""
    tx.execute_many(
        "UPDATE deliveries SET offered_at = ?, offered_by = ?"
        " WHERE agent = ? AND message_id = ? AND offered_at IS NULL",
        [(at, way, agent, message_id) for message_id in ids],
    )


def read(tx: Transaction, agent: str, ids: Sequence[int], way: str, at: int) -> None:
    """Note that an agent has read messages."""
    offer(tx, agent, ids, way, at)
    tx.execute_many(
        "UPDATE deliveries SET read_at = ? WHERE agent = ? AND message_id = ? AND read_at IS NULL",
        [(at, agent, message_id) for message_id in ids],
    )


def acknowledge(tx: Transaction, agent: str, channel_id: str, message_id: int, at: int) -> bool:
    """Note that an agent has acknowledged what a channel addressed to it, up to a message; whether that is new.

    Where an acknowledgement was all that was asked for, nothing waits any more. What an edit has addressed to the agent
    is left if the agent was not handed it since.
    """
    noted = tx.execute(
        "UPDATE deliveries SET acked_at = ?, read_at = coalesce(read_at, ?), offered_at = coalesce(offered_at, ?),"
        " offered_by = coalesce(offered_by, 'ack'), settled_at = coalesce(settled_at,"
        " CASE WHEN ack_required = 1 AND reply_by IS NULL THEN ? END)"
        " WHERE agent = ? AND channel_id = ? AND message_id <= ? AND acked_at IS NULL"
        " AND (late = 0 OR offered_at IS NOT NULL)",
        (at, at, at, at, agent, channel_id, message_id),
    )
    return noted > 0


def unoffered(reader: Reader, agent: str, after_id: int, limit: int) -> list[Row]:
    """The oldest messages to an agent that no reader has given a sign of: message_id, handed_at, handed_to."""
    return reader.all(
        "SELECT message_id, handed_at, handed_to FROM deliveries"
        " WHERE agent = ? AND message_id > ? AND offered_at IS NULL ORDER BY message_id LIMIT ?",
        (agent, after_id, limit),
    )


def hand(tx: Transaction, agent: str, marks: Mapping[int, str], way: str, at: int) -> None:
    """Note that messages were handed over, each with the marks of all its readers so far."""
    tx.execute_many(
        "UPDATE deliveries SET handed_at = ?, handed_by = ?, handed_to = ? WHERE agent = ? AND message_id = ?",
        [(at, way, marks[message_id], agent, message_id) for message_id in marks],
    )


def handed(reader: Reader, agent: str, ids: Sequence[int]) -> list[Row]:
    """Those of some messages that were handed over and that no reader has given a sign of: message_id, handed_to."""
    marks = ",".join("?" * len(ids))
    return reader.all(
        f"SELECT message_id, handed_to FROM deliveries WHERE message_id IN ({marks}) AND agent = ?"  # noqa: S608
        " AND handed_at IS NOT NULL AND offered_at IS NULL",
        (*ids, agent),
    )


def arrive(tx: Transaction, agent: str, ids: Sequence[int], at: int) -> None:
    """Note that messages that were handed over have arrived."""
    tx.execute_many(
        "UPDATE deliveries SET offered_at = ?, offered_by = handed_by WHERE agent = ? AND message_id = ?",
        [(at, agent, message_id) for message_id in ids],
    )


def hold(tx: Transaction, agent: str, ids: Sequence[int], at: int) -> None:
    """Note that messages are as if they had been handed over just now."""
    tx.execute_many(
        "UPDATE deliveries SET handed_at = ? WHERE agent = ? AND message_id = ?",
        [(at, agent, message_id) for message_id in ids],
    )


def give_back(tx: Transaction, agent: str, marks: Mapping[int, str]) -> None:
    """Note that messages were handed to these alone; to nobody, if there are no marks."""
    tx.execute_many(
        "UPDATE deliveries SET handed_to = ?, handed_at = CASE WHEN ? <> '' THEN handed_at END,"
        " handed_by = CASE WHEN ? <> '' THEN handed_by END WHERE agent = ? AND message_id = ?",
        [(left, left, left, agent, message_id) for message_id, left in marks.items()],
    )


def waiting(reader: Reader, agent: str, until: Literal["read", "acked"], now: int, cap: int) -> Row:
    """How many messages that wait for an agent name it (mentions) or were written to it (dms), each up to ``cap``.

    And how many it has not answered in time (overdue). In one statement, because all this goes with every tool result.
    """
    row = reader.one(
        f"SELECT (SELECT count(*) FROM (SELECT 1 FROM deliveries WHERE agent = ? AND {until}_at IS NULL"  # noqa: S608
        " AND (channel_id < 'dm:' OR channel_id >= 'dm;') AND mention = 1 LIMIT ?)) AS mentions,"
        f" (SELECT count(*) FROM (SELECT 1 FROM deliveries WHERE agent = ? AND {until}_at IS NULL"
        " AND channel_id >= 'dm:' AND channel_id < 'dm;' LIMIT ?)) AS dms,"
        " (SELECT count(*) FROM (SELECT 1 FROM deliveries WHERE agent = ? AND reply_by <= ?"
        " AND reply_by IS NOT NULL AND settled_at IS NULL LIMIT ?)) AS overdue",
        (agent, cap, agent, cap, agent, now, cap),
    )
    assert row is not None  # noqa: S101 - a query of sums has a row
    return row


def recipients(reader: Reader, message_id: int, channel_id: str, sender: str, created_at: int) -> list[Row]:
    """Everybody a message was sent to, with cursors and delivery."""
    return reader.all(
        "SELECT m.agent, m.offered, m.read, m.acked, m.offered_at AS m_offered_at, m.read_at AS m_read_at,"
        " m.acked_at AS m_acked_at, d.message_id AS addressed, d.handed_at, d.handed_by, d.offered_at, d.offered_by,"
        " d.read_at, d.acked_at,"
        " d.reply_by, d.settled_at, d.answer"
        " FROM channel_members m LEFT JOIN deliveries d ON d.agent = m.agent AND d.message_id = ?"
        " WHERE m.channel_id = ? AND m.agent <> ? AND (m.joined_at <= ? OR d.message_id IS NOT NULL) ORDER BY m.agent",
        (message_id, channel_id, sender, created_at),
    )


def answers(reader: Reader, message_id: int) -> list[Row]:
    """The first direct reply of each who replied to a message: sender, id, created_at."""
    return reader.all(
        "SELECT sender, min(id) AS id, min(created_at) AS created_at FROM messages"
        " WHERE reply_to = ? AND deleted = 0 GROUP BY sender",
        (message_id,),
    )
