"""The SQL of secrets."""

from __future__ import annotations

from ..storage import Reader, Row, Transaction


def find(reader: Reader, plugin: str, name: str) -> Row | None:
    """One secret, sealed."""
    return reader.one("SELECT key_id, sealed FROM secrets WHERE plugin = ? AND name = ?", (plugin, name))


def names(reader: Reader, plugin: str) -> list[str]:
    """The names of a plugin's secrets."""
    rows = reader.all("SELECT name FROM secrets WHERE plugin = ? ORDER BY name", (plugin,))
    return [row["name"] for row in rows]


def put(tx: Transaction, plugin: str, name: str, key_id: str, sealed: str, at: int) -> None:
    """Keep a secret in place of an earlier one."""
    tx.execute(
        "INSERT INTO secrets (plugin, name, key_id, sealed, changed_at) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (plugin, name) DO UPDATE SET"
        " key_id = excluded.key_id, sealed = excluded.sealed, changed_at = excluded.changed_at",
        (plugin, name, key_id, sealed, at),
    )


def delete(tx: Transaction, plugin: str, name: str) -> bool:
    """Forget a secret; whether there was one."""
    return tx.execute("DELETE FROM secrets WHERE plugin = ? AND name = ?", (plugin, name)) > 0


def key_ids(reader: Reader) -> set[str]:
    """The ids of the keys that have sealed something."""
    return {row["key_id"] for row in reader.all("SELECT DISTINCT key_id FROM secrets")}


def sealed_with(reader: Reader, key_id: str) -> list[Row]:
    """What one key has sealed."""
    return reader.all("SELECT plugin, name, sealed FROM secrets WHERE key_id = ?", (key_id,))


def reseal(tx: Transaction, plugin: str, name: str, key_id: str, sealed: str) -> None:
    """Keep the same secret, sealed by another key."""
    tx.execute(
        "UPDATE secrets SET key_id = ?, sealed = ? WHERE plugin = ? AND name = ?", (key_id, sealed, plugin, name)
    )
