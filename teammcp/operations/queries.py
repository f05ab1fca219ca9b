"""The SQL of calls that are kept for their idempotency keys."""

from __future__ import annotations

from ..storage import Reader, Row, Transaction


def kept_call(reader: Reader, agent: str, key: str, since: int) -> Row | None:
    """The call that an agent made under a key after ``since``: operation, arguments, result."""
    return reader.one(
        "SELECT operation, arguments, result FROM idempotency WHERE agent = ? AND key = ? AND at > ?",
        (agent, key, since),
    )


def keep_call(tx: Transaction, agent: str, key: str, operation: str, arguments: str, result: str, at: int) -> None:
    """Keep a call, in the place of one that is no longer valid."""
    tx.execute("DELETE FROM idempotency WHERE agent = ? AND key = ?", (agent, key))
    tx.execute(
        "INSERT INTO idempotency (agent, key, operation, arguments, result, at) VALUES (?, ?, ?, ?, ?, ?)",
        (agent, key, operation, arguments, result, at),
    )


def oldest_call(reader: Reader) -> int | None:
    """When the oldest call was made that is kept; None if there is none."""
    at: int | None = reader.value("SELECT min(at) FROM idempotency")
    return at


def forget_calls(tx: Transaction, until: int) -> int:
    """Delete the calls made up to then; how many there were."""
    return tx.execute("DELETE FROM idempotency WHERE at <= ?", (until,))
