"""The SQL of handing over: what a reader was handed, and whether it has given a sign of having it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...storage import Reader, Row, Transaction, marks

CALLS = "(m.priority <> 'later' OR d.late = 1)"
"""Whether a message calls its reader: one for later does not, unless it was edited to name somebody."""


def unoffered(reader: Reader, agent: str, after_id: int, limit: int) -> list[Row]:
    """The oldest messages to an agent that no reader has given a sign of: message_id, handed_at, handed_to, calls."""
    return reader.all(
        f"SELECT d.message_id, d.handed_at, d.handed_to, CASE WHEN {CALLS} THEN 1 ELSE 0 END AS calls"  # noqa: S608
        " FROM deliveries d JOIN messages m ON m.id = d.message_id"
        " WHERE d.agent = ? AND d.message_id > ? AND d.offered_at IS NULL ORDER BY d.message_id LIMIT ?",
        (agent, after_id, limit),
    )


def senders_of_unoffered(reader: Reader, agent: str, after_id: int, newest_id: int) -> list[Row]:
    """Who has sent the messages to an agent, of these ids, that no reader has given a sign of and that were to wake it:
    sender, how many (``number``), and the newest of them (``newest_id``).
    """
    return reader.all(
        "SELECT m.sender AS sender, COUNT(*) AS number, MAX(m.id) AS newest_id"  # noqa: S608
        " FROM deliveries d JOIN messages m ON m.id = d.message_id"
        " WHERE d.agent = ? AND d.message_id > ? AND d.message_id <= ? AND d.offered_at IS NULL"
        f" AND {CALLS}"
        " GROUP BY m.sender ORDER BY newest_id",
        (agent, after_id, newest_id),
    )


def hand(tx: Transaction, agent: str, marks: Mapping[int, str], way: str, at: int) -> None:
    """Note that messages were handed over, each with the marks of all its readers so far."""
    tx.execute_many(
        "UPDATE deliveries SET handed_at = ?, handed_by = ?, handed_to = ? WHERE agent = ? AND message_id = ?",
        [(at, way, marks[message_id], agent, message_id) for message_id in marks],
    )


def handed(reader: Reader, agent: str, ids: Sequence[int]) -> list[Row]:
    """Those of some messages that were handed over and that no reader has given a sign of: message_id, handed_to."""
    return reader.all(
        f"SELECT message_id, handed_to FROM deliveries WHERE message_id IN ({marks(ids)}) AND agent = ?"  # noqa: S608
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
