"""The SQL of credentials. What is secret of them is in the store of secrets."""

from __future__ import annotations

from teammcp import Reader, Row, Transaction

COLUMNS = "name, kind, note, variables, made_by, made_at, changed_at"


def credential(reader: Reader, name: str) -> Row | None:
    """One credential."""
    return reader.one(f"SELECT {COLUMNS} FROM launcher_credentials WHERE name = ?", (name,))  # noqa: S608


def credentials(reader: Reader) -> list[Row]:
    """All credentials, by name."""
    return reader.all(f"SELECT {COLUMNS} FROM launcher_credentials ORDER BY name")  # noqa: S608


def names(reader: Reader) -> list[str]:
    """The names of all credentials."""
    return [row["name"] for row in reader.all("SELECT name FROM launcher_credentials ORDER BY name")]


def put(tx: Transaction, name: str, kind: str, note: str, variables: str, by: str, at: int) -> None:
    """Make a credential, or replace what it was."""
    tx.execute(
        "INSERT INTO launcher_credentials (name, kind, note, variables, made_by, made_at, changed_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, note = excluded.note,"
        " variables = excluded.variables, changed_at = excluded.changed_at",
        (name, kind, note, variables, by, at, at),
    )


def delete(tx: Transaction, name: str) -> bool:
    """Delete a credential; whether there was one."""
    return tx.execute("DELETE FROM launcher_credentials WHERE name = ?", (name,)) > 0


def users(reader: Reader, name: str) -> list[str]:
    """The agents that use a credential, by name."""
    rows = reader.all("SELECT agent FROM launcher_homes WHERE credential = ? ORDER BY agent", (name,))
    return [row["agent"] for row in rows]
