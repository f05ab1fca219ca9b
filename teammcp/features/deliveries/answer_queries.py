"""The SQL of answers: what a message answers, and what waits for one.

Lists are newest first; ``before`` is the id of a message to go on behind, or None.
"""

from __future__ import annotations

from collections.abc import Sequence

from ...storage import LARGEST_ID, Reader, Row, Transaction, marks

READABLE = (
    " JOIN channels c ON c.id = d.channel_id"
    " LEFT JOIN cursors m ON m.agent = ? AND m.channel_id = d.channel_id"
    " WHERE (c.kind = 'group' OR m.agent IS NOT NULL)"
)
"""Whoever left a channel is not told any more of what it wrote there."""


# -- what a message answers ------------------------------------------------------------------------------------------


def answer_channel(tx: Transaction, agent: str, channel_id: str, answer: int, at: int) -> None:
    """Note that an agent's message answers everything that was addressed to it in a channel."""
    tx.execute(
        "UPDATE deliveries SET settled_at = ?, answer = ? WHERE agent = ? AND channel_id = ? AND settled_at IS NULL",
        (at, answer, agent, channel_id),
    )


def answer_thread(tx: Transaction, agent: str, channel_id: str, thread: int, answer: int, at: int) -> None:
    """Note that an agent's message answers everything that was addressed to it in a thread."""
    tx.execute(
        "UPDATE deliveries SET settled_at = ?, answer = ?"
        " WHERE agent = ? AND channel_id = ? AND thread = ? AND settled_at IS NULL",
        (at, answer, agent, channel_id, thread),
    )


def answered_by(reader: Reader, answer: int) -> list[Row]:
    """The deliveries that a message answers: agent, message_id, channel_id, thread."""
    return reader.all("SELECT agent, message_id, channel_id, thread FROM deliveries WHERE answer = ?", (answer,))


def set_answer(tx: Transaction, agent: str, message_id: int, answer: int | None, at: int | None) -> None:
    """Replace the answer to a message; without one, an acknowledgement settles what asked for no more."""
    tx.execute(
        "UPDATE deliveries SET answer = ?, settled_at ="
        " coalesce(?, CASE WHEN ack_required = 1 AND reply_by IS NULL THEN acked_at END)"
        " WHERE agent = ? AND message_id = ?",
        (answer, at, agent, message_id),
    )


# -- what waits ------------------------------------------------------------------------------------------------------


def waiting_for(reader: Reader, agent: str, before: int | None, limit: int) -> list[int]:
    """Ids of the messages to an agent that wait for its answer."""
    rows = reader.all(
        "SELECT message_id FROM deliveries WHERE agent = ? AND message_id < ? AND settled_at IS NULL"
        " ORDER BY message_id DESC LIMIT ?",
        (agent, before or LARGEST_ID, limit),
    )
    return [row["message_id"] for row in rows]


def awaited_by(reader: Reader, sender: str, before: int | None, limit: int) -> list[int]:
    """Ids of a sender's messages that somebody has not answered."""
    rows = reader.all(
        f"SELECT d.message_id FROM deliveries d{READABLE}"  # noqa: S608
        " AND d.sender = ? AND d.message_id < ? AND d.settled_at IS NULL"
        " GROUP BY d.message_id ORDER BY d.message_id DESC LIMIT ?",
        (sender, sender, before or LARGEST_ID, limit),
    )
    return [row["message_id"] for row in rows]


def overdue_of(reader: Reader, agent: str, now: int, before: int | None, limit: int) -> list[int]:
    """Ids of the messages to an agent whose time to answer is over."""
    rows = reader.all(
        "SELECT message_id FROM deliveries WHERE agent = ? AND message_id < ? AND reply_by <= ?"
        " AND reply_by IS NOT NULL AND settled_at IS NULL ORDER BY message_id DESC LIMIT ?",
        (agent, before or LARGEST_ID, now, limit),
    )
    return [row["message_id"] for row in rows]


def overdue_to(reader: Reader, sender: str, now: int, before: int | None, limit: int) -> list[int]:
    """Ids of a sender's messages that somebody has not answered in time."""
    rows = reader.all(
        f"SELECT d.message_id FROM deliveries d{READABLE}"  # noqa: S608
        " AND d.sender = ? AND d.message_id < ? AND d.reply_by <= ? AND d.reply_by IS NOT NULL"
        " AND d.settled_at IS NULL GROUP BY d.message_id ORDER BY d.message_id DESC LIMIT ?",
        (sender, sender, before or LARGEST_ID, now, limit),
    )
    return [row["message_id"] for row in rows]


def waited_for(reader: Reader, ids: Sequence[int]) -> list[Row]:
    """Whose answers to messages are missing: message_id, agent, reply_by."""
    if not ids:
        return []
    return reader.all(
        f"SELECT message_id, agent, reply_by FROM deliveries WHERE message_id IN ({marks(ids)})"  # noqa: S608
        " AND settled_at IS NULL ORDER BY message_id, agent",
        ids,
    )


def is_addressed(reader: Reader, message_id: int, agent: str) -> bool:
    """Whether a message was addressed to an agent."""
    sql = "SELECT 1 FROM deliveries WHERE message_id = ? AND agent = ?"
    return reader.value(sql, (message_id, agent)) is not None


# -- what waits no more ----------------------------------------------------------------------------------------------


def settle(tx: Transaction, message_id: int, agent: str | None, at: int) -> list[str]:
    """Note that a message waits no more: for one member, or without a name for any; for whom it did until now."""
    waiting = [row["agent"] for row in waited_for(tx, [message_id]) if agent in (None, row["agent"])]
    if waiting:
        tx.execute_many(
            "UPDATE deliveries SET settled_at = ? WHERE agent = ? AND message_id = ?",
            [(at, name, message_id) for name in waiting],
        )
    return waiting


def close(tx: Transaction, agent: str, at: int) -> None:
    """Nothing waits for a member any more, nor for answers to it."""
    tx.execute("UPDATE deliveries SET settled_at = ? WHERE agent = ? AND settled_at IS NULL", (at, agent))
    tx.execute("UPDATE deliveries SET settled_at = ? WHERE sender = ? AND settled_at IS NULL", (at, agent))
