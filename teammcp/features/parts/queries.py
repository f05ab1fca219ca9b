"""The SQL of parts of messages."""

from __future__ import annotations

from collections.abc import Sequence

from ...storage import Reader, Row, Transaction, marks

COLUMNS = "message_id, number, kind, content"


def insert(tx: Transaction, message_id: int, number: int, kind: str, content: str) -> None:
    """Keep a part, whole."""
    tx.execute(
        "INSERT INTO message_parts (message_id, number, kind, content) VALUES (?, ?, ?, ?)",
        (message_id, number, kind, content),
    )


def part(reader: Reader, message_id: int, number: int) -> Row | None:
    """One part of a message: message_id, number, kind, content."""
    return reader.one(
        f"SELECT {COLUMNS} FROM message_parts WHERE message_id = ? AND number = ?",  # noqa: S608
        (message_id, number),
    )


def parts(reader: Reader, message_ids: Sequence[int]) -> list[Row]:
    """The parts of some messages, in order: message_id, number, kind, content."""
    if not message_ids:
        return []
    return reader.all(
        f"SELECT {COLUMNS} FROM message_parts WHERE message_id IN ({marks(message_ids)}) ORDER BY message_id, number",  # noqa: S608
        message_ids,
    )


def messages(reader: Reader, after: int, limit: int) -> list[Row]:
    """The first messages behind one that have parts, by id: message_id."""
    return reader.all(
        "SELECT DISTINCT message_id FROM message_parts WHERE message_id > ? ORDER BY message_id LIMIT ?",
        (after, limit),
    )


def remove(tx: Transaction, message_id: int) -> None:
    """Remove the parts of a message."""
    tx.execute("DELETE FROM message_parts WHERE message_id = ?", (message_id,))
