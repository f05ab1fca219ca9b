"""The SQL of browser sessions."""

from __future__ import annotations

from ..storage import Reader, Row, Transaction


def session(reader: Reader, token_hash: str, now: int) -> Row | None:
    """The session whose token has this hash, unless it has expired."""
    return reader.one(
        "SELECT id, agent, key_hash, expires_at FROM web_sessions WHERE token_hash = ? AND expires_at > ?",
        (token_hash, now),
    )


def insert(tx: Transaction, token_hash: str, agent: str, key_hash: str, created_at: int, expires_at: int) -> int:
    """Add a session; its id."""
    return tx.insert(
        "INSERT INTO web_sessions (token_hash, agent, key_hash, created_at, expires_at) VALUES (?, ?, ?, ?, ?)",
        (token_hash, agent, key_hash, created_at, expires_at),
    )


def delete_expired(tx: Transaction, now: int) -> None:
    """Forget the sessions that have ended by themselves."""
    tx.execute("DELETE FROM web_sessions WHERE expires_at <= ?", (now,))


def delete(tx: Transaction, agent: str, token_hash: str) -> int:
    """End one session of an agent; how many that were."""
    return tx.execute("DELETE FROM web_sessions WHERE agent = ? AND token_hash = ?", (agent, token_hash))


def delete_all(tx: Transaction, agent: str) -> int:
    """End every session of an agent; how many that were."""
    return tx.execute("DELETE FROM web_sessions WHERE agent = ?", (agent,))
