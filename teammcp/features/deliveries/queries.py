"""The SQL of deliveries: whom a message is addressed to, and how far it got with each of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from ...storage import Reader, Row, Transaction

# -- whom a message is addressed to ----------------------------------------------------------------------------------


def address(
    tx: Transaction,
    message_id: int,
    channel_id: str,
    sender: str,
    thread: int,
    names: Iterable[str],
    mention: bool,
    ack_required: bool,
    reply_by: int | None,
    settled_at: int | None,
) -> None:
    """Note to whom a message is addressed, and until when they are asked to answer; ``mention``: by name.

    ``thread`` is the message that began the thread, perhaps this one; ``settled_at`` is given if nobody can answer.
    """
    tx.execute_many(
        "INSERT INTO deliveries"
        " (agent, message_id, channel_id, sender, thread, mention, ack_required, reply_by, settled_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (agent, message_id, channel_id, sender, thread, int(mention), int(ack_required), reply_by, settled_at)
            for agent in names
        ],
    )


def readdress(
    tx: Transaction,
    message_id: int,
    channel_id: str,
    sender: str,
    thread: int,
    agent: str,
    mention: bool,
    ack_required: bool,
    reply_by: int | None,
) -> None:
    """Note that an edited message is addressed to an agent, newly or still; see `address`.

    Where an acknowledgement was all that was asked for it has settled the message, and does so no more if an answer is
    asked for now, or the other way round.
    """
    tx.execute(
        "INSERT INTO deliveries"
        " (agent, message_id, channel_id, sender, thread, mention, ack_required, reply_by, late)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1)"
        " ON CONFLICT (agent, message_id) DO UPDATE SET mention = excluded.mention, reply_by = excluded.reply_by,"
        " settled_at = CASE"
        " WHEN deliveries.answer IS NOT NULL OR deliveries.ack_required = 0 THEN deliveries.settled_at"
        " WHEN excluded.reply_by IS NULL THEN coalesce(deliveries.settled_at, deliveries.acked_at)"
        " WHEN deliveries.reply_by IS NULL AND deliveries.settled_at = deliveries.acked_at THEN NULL"
        " ELSE deliveries.settled_at END",
        (agent, message_id, channel_id, sender, thread, int(mention), int(ack_required), reply_by),
    )


def unaddress(tx: Transaction, message_id: int, names: Iterable[str]) -> None:
    """Take a message back from those it is no longer addressed to."""
    tx.execute_many(
        "DELETE FROM deliveries WHERE message_id = ? AND agent = ?", [(message_id, agent) for agent in names]
    )


def addressed(reader: Reader, message_id: int) -> dict[str, Row]:
    """To whom a message is addressed, with reply_by: until when each is asked to answer."""
    rows = reader.all("SELECT agent, reply_by FROM deliveries WHERE message_id = ?", (message_id,))
    return {row["agent"]: row for row in rows}


def is_read(reader: Reader, agent: str, message_id: int, channel_id: str, seq: int) -> bool:
    """Whether an agent has read a message, whose number in its channel is ``seq``.

    One that an edit has addressed to the agent is read once it was read as that, however far the agent was before.
    """
    row = reader.one("SELECT read_at, late FROM deliveries WHERE agent = ? AND message_id = ?", (agent, message_id))
    if row is not None and (row["late"] or row["read_at"] is not None):
        return row["read_at"] is not None
    read = reader.value("SELECT read FROM cursors WHERE agent = ? AND channel_id = ?", (agent, channel_id))
    return read is not None and read >= seq


def forget_message(tx: Transaction, message_id: int) -> None:
    """A message was deleted: nobody was addressed by it, and nothing is waited for."""
    tx.execute("DELETE FROM deliveries WHERE message_id = ?", (message_id,))


# -- how far it got --------------------------------------------------------------------------------------------------


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
        " CASE WHEN ack_required = 1 AND reply_by IS NULL THEN CAST(? AS BIGINT) END)"
        " WHERE agent = ? AND channel_id = ? AND message_id <= ? AND acked_at IS NULL"
        " AND (late = 0 OR offered_at IS NOT NULL)",
        (at, at, at, at, agent, channel_id, message_id),
    )
    return noted > 0


def recipients(reader: Reader, message_id: int, channel_id: str, sender: str, created_at: int) -> list[Row]:
    """Everybody a message was sent to, with cursors and delivery."""
    return reader.all(
        "SELECT m.agent, c.offered, c.read, c.acked, c.offered_at AS m_offered_at, c.read_at AS m_read_at,"
        " c.acked_at AS m_acked_at, d.message_id AS addressed, d.handed_at, d.handed_by, d.offered_at, d.offered_by,"
        " d.read_at, d.acked_at, d.reply_by, d.settled_at, d.answer"
        " FROM channel_members m JOIN cursors c ON c.agent = m.agent AND c.channel_id = m.channel_id"
        " LEFT JOIN deliveries d ON d.agent = m.agent AND d.message_id = ?"
        " WHERE m.channel_id = ? AND m.agent <> ? AND (m.joined_at <= ? OR d.message_id IS NOT NULL) ORDER BY m.agent",
        (message_id, channel_id, sender, created_at),
    )


# -- what waits for an agent -----------------------------------------------------------------------------------------


def addressed_ids(reader: Reader, agent: str, channel_id: str, limit: int) -> list[int]:
    """Ids of the oldest unacknowledged messages that are addressed to an agent, oldest first."""
    rows = reader.all(
        "SELECT message_id FROM deliveries WHERE agent = ? AND channel_id = ? AND acked_at IS NULL"
        " ORDER BY message_id LIMIT ?",
        (agent, channel_id, limit),
    )
    return [row["message_id"] for row in rows]


def unread_mentions(reader: Reader, agent: str, channel_id: str) -> int:
    """How many unacknowledged messages of a channel name an agent."""
    return int(
        reader.value(
            "SELECT count(*) FROM deliveries WHERE agent = ? AND channel_id = ? AND acked_at IS NULL AND mention = 1",
            (agent, channel_id),
        )
    )


def count_waiting(reader: Reader, agent: str, until: Literal["read", "acked"], now: int, cap: int) -> Row:
    """How many messages that wait for an agent name it (mentions) or were written to it (dms), each up to ``cap``.

    And how many it has not answered in time (overdue). In one statement, because all this goes with every tool result.
    """
    row = reader.one(
        f"SELECT (SELECT count(*) FROM (SELECT 1 FROM deliveries WHERE agent = ? AND {until}_at IS NULL"  # noqa: S608
        " AND (channel_id < 'dm:' OR channel_id >= 'dm;') AND mention = 1 LIMIT ?) AS capped) AS mentions,"
        f" (SELECT count(*) FROM (SELECT 1 FROM deliveries WHERE agent = ? AND {until}_at IS NULL"
        " AND channel_id >= 'dm:' AND channel_id < 'dm;' LIMIT ?) AS capped) AS dms,"
        " (SELECT count(*) FROM (SELECT 1 FROM deliveries WHERE agent = ? AND reply_by <= ?"
        " AND reply_by IS NOT NULL AND settled_at IS NULL LIMIT ?) AS capped) AS overdue",
        (agent, cap, agent, cap, agent, now, cap),
    )
    assert row is not None  # noqa: S101 - a query of sums has a row
    return row
