"""The SQL of answers: which deliveries a message settles, and what comes of them when it is deleted."""

from __future__ import annotations

from ...storage import Reader, Row, Transaction


def answer_all(tx: Transaction, agent: str, channel_id: str, answer: int, at: int) -> None:
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


def next_in_channel(reader: Reader, agent: str, channel_id: str, message_id: int) -> Row | None:
    """An agent's first message in a channel behind another message: id, created_at."""
    return reader.one(
        "SELECT id, created_at FROM messages WHERE channel_id = ? AND sender = ?"
        " AND seq > (SELECT seq FROM messages WHERE id = ?) AND deleted = 0 ORDER BY seq LIMIT 1",
        (channel_id, agent, message_id),
    )


def next_in_thread(reader: Reader, agent: str, thread: int, message_id: int) -> Row | None:
    """An agent's first message in a thread behind another message: id, created_at."""
    return reader.one(
        "SELECT id, created_at FROM messages WHERE thread = ? AND sender = ? AND id > ? AND deleted = 0"
        " ORDER BY id LIMIT 1",
        (thread, agent, message_id),
    )


def set_answer(tx: Transaction, agent: str, message_id: int, answer: int | None, at: int | None) -> None:
    """Replace the answer to a message; without one, an acknowledgement settles what asked for no more."""
    tx.execute(
        "UPDATE deliveries SET answer = ?, settled_at ="
        " coalesce(?, CASE WHEN ack_required = 1 AND reply_by IS NULL THEN acked_at END)"
        " WHERE agent = ? AND message_id = ?",
        (answer, at, agent, message_id),
    )
