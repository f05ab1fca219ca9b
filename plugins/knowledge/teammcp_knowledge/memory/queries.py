"""The SQL of the memory."""

from __future__ import annotations

from teammcp import Reader, Row, Transaction

COLUMNS = "id, namespace, key, value, bytes, version, lclock, writer, updated_at, deleted"

# -- entries ---------------------------------------------------------------------------------------------------------


def entry(reader: Reader, namespace: str, key: str) -> Row | None:
    """One key; also a deleted one."""
    return reader.one(
        f"SELECT {COLUMNS} FROM memory_entries WHERE namespace = ? AND key = ?",  # noqa: S608
        (namespace, key),
    )


def entries(reader: Reader, namespace: str, first: str, last: str, after: str, limit: int) -> list[Row]:
    """The keys of a namespace from ``first`` to before ``last`` that come behind ``after``, by name."""
    bound, place = (">", after) if after >= first else (">=", first)
    return reader.all(
        f"SELECT {COLUMNS} FROM memory_entries"  # noqa: S608
        f" WHERE namespace = ? AND key {bound} ? AND key < ? AND deleted = 0 ORDER BY key LIMIT ?",
        (namespace, place, last, limit),
    )


def insert_entry(
    tx: Transaction, namespace: str, key: str, value: str, size: int, lclock: int, writer: str, at: int
) -> int:
    """Add a key of version 1; its id."""
    return tx.insert(
        "INSERT INTO memory_entries (namespace, key, value, bytes, version, lclock, writer, updated_at, deleted)"
        " VALUES (?, ?, ?, ?, 1, ?, ?, ?, 0)",
        (namespace, key, value, size, lclock, writer, at),
    )


def update_entry(
    tx: Transaction, entry_id: int, value: str | None, size: int, version: int, lclock: int, writer: str, at: int
) -> None:
    """Give a key its next version; without a value it is deleted."""
    tx.execute(
        "UPDATE memory_entries SET value = ?, bytes = ?, version = ?, lclock = ?, writer = ?, updated_at = ?,"
        " deleted = ? WHERE id = ?",
        (value, size, version, lclock, writer, at, int(value is None), entry_id),
    )


# -- history ---------------------------------------------------------------------------------------------------------


def insert_version(
    tx: Transaction, entry_id: int, version: int, lclock: int, action: str, value: str | None, writer: str, at: int
) -> None:
    """Keep a version for good."""
    tx.execute(
        "INSERT INTO memory_history (entry_id, version, lclock, action, value, writer, at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (entry_id, version, lclock, action, value, writer, at),
    )


def versions(reader: Reader, entry_id: int, before: int, limit: int) -> list[Row]:
    """The versions of a key before ``before``, newest first."""
    return reader.all(
        "SELECT version, lclock, action, value, writer, at FROM memory_history"
        " WHERE entry_id = ? AND version < ? ORDER BY version DESC LIMIT ?",
        (entry_id, before, limit),
    )


# -- namespaces and the clock ----------------------------------------------------------------------------------------


def namespace(reader: Reader, name: str) -> Row | None:
    """One namespace: how many keys it has."""
    return reader.one("SELECT namespace, keys, updated_at FROM memory_namespaces WHERE namespace = ?", (name,))


def namespaces(reader: Reader, after: str, limit: int) -> list[Row]:
    """The namespaces that have keys, by name, from the one behind ``after`` on."""
    return reader.all(
        "SELECT namespace, keys, updated_at FROM memory_namespaces"
        " WHERE namespace > ? AND keys > 0 ORDER BY namespace LIMIT ?",
        (after, limit),
    )


def touch_namespace(tx: Transaction, name: str, added: int, at: int) -> None:
    """Note a write in a namespace that has ``added`` keys more than before."""
    tx.execute(
        "INSERT INTO memory_namespaces (namespace, keys, updated_at) VALUES (?, ?, ?)"
        " ON CONFLICT (namespace) DO UPDATE SET keys = memory_namespaces.keys + excluded.keys,"
        " updated_at = excluded.updated_at",
        (name, added, at),
    )


def tick(tx: Transaction) -> int:
    """Move the team's logical clock on by one; what it shows then."""
    tx.execute("UPDATE memory_clock SET lclock = lclock + 1")
    lclock: int = tx.value("SELECT lclock FROM memory_clock")
    return lclock
