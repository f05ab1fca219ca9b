"""The SQL of what members are told."""

from __future__ import annotations

from ...storage import Reader, Row, Transaction, marks

COLUMNS = "id, agent, kind, key, content, path, message_id, channel, sender, created_at, over"


def insert(
    tx: Transaction,
    agent: str,
    kind: str,
    key: str,
    content: str,
    path: str,
    message_id: int | None,
    channel: str,
    sender: str,
    created_at: int,
) -> int:
    """Keep something that a member is to be told; its id."""
    return tx.insert(
        "INSERT INTO notifications (agent, kind, key, content, path, message_id, channel, sender, created_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (agent, kind, key, content, path, message_id, channel, sender, created_at),
    )


def notification(reader: Reader, number: int) -> Row | None:
    """One of them: `COLUMNS`."""
    return reader.one(f"SELECT {COLUMNS} FROM notifications WHERE id = ?", (number,))  # noqa: S608


def some(reader: Reader, numbers: list[int]) -> list[Row]:
    """Several of them, the oldest first: `COLUMNS`."""
    return reader.all(
        f"SELECT {COLUMNS} FROM notifications WHERE id IN ({marks(numbers)}) ORDER BY id",  # noqa: S608
        numbers,
    )


def of_message(reader: Reader, message_id: int) -> list[Row]:
    """To whom a message is told: `COLUMNS`."""
    return reader.all(f"SELECT {COLUMNS} FROM notifications WHERE message_id = ?", (message_id,))  # noqa: S608


def in_state(reader: Reader, agent: str, kind: str, key: str) -> list[Row]:
    """What a member is told of the same kind and key, and what is not over: `COLUMNS`."""
    return reader.all(
        f"SELECT {COLUMNS} FROM notifications WHERE over IS NULL AND key <> ''"  # noqa: S608
        " AND agent = ? AND kind = ? AND key = ?",
        (agent, kind, key),
    )


def end(tx: Transaction, number: int, why: str) -> None:
    """Nobody needs to be told any more, and why."""
    tx.execute("UPDATE notifications SET over = ? WHERE id = ? AND over IS NULL", (why, number))


def received(reader: Reader, agent: str, before: int, limit: int) -> list[Row]:
    """What a member is told, with smaller ids than ``before``, newest first: `COLUMNS`."""
    return reader.all(
        f"SELECT {COLUMNS} FROM notifications WHERE agent = ? AND id < ? ORDER BY id DESC LIMIT ?",  # noqa: S608
        (agent, before, limit),
    )


def sent(reader: Reader, sender: str, before: int, limit: int) -> list[Row]:
    """What others are told of a member's messages, with smaller ids than ``before``, newest first: `COLUMNS`."""
    return reader.all(
        f"SELECT {COLUMNS} FROM notifications WHERE sender <> '' AND sender = ? AND id < ?"  # noqa: S608
        " ORDER BY id DESC LIMIT ?",
        (sender, before, limit),
    )
