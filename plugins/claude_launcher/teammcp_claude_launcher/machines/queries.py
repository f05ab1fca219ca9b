"""SQL of machines and of the tokens with which they join."""

from __future__ import annotations

from pydantic import TypeAdapter

from teammcp import Reader, Row, Transaction

from ..protocol import FoundRuntime

RUNTIMES: TypeAdapter[list[FoundRuntime]] = TypeAdapter(list[FoundRuntime])

COLUMNS = (
    "name, key_hash, is_local, platform, version, runtimes, journal, reported, installation, added_by, added_at,"
    " seen_at, copy_place, copy_at, revoked_by, revoked_at"
)


def machines(reader: Reader) -> list[Row]:
    """All machines, by name."""
    return reader.all(f"SELECT {COLUMNS} FROM launcher_machines ORDER BY name")  # noqa: S608


def machine(reader: Reader, name: str) -> Row | None:
    """One machine."""
    return reader.one(f"SELECT {COLUMNS} FROM launcher_machines WHERE name = ?", (name,))  # noqa: S608


def by_key(reader: Reader, key_hash: str) -> Row | None:
    """The machine whose key has this SHA-256."""
    return reader.one(f"SELECT {COLUMNS} FROM launcher_machines WHERE key_hash = ?", (key_hash,))  # noqa: S608


def active(reader: Reader) -> list[str]:
    """The names of the machines whose keys work."""
    return [row["name"] for row in reader.all("SELECT name FROM launcher_machines WHERE revoked_at IS NULL")]


def found(reader: Reader) -> dict[str, list[FoundRuntime]]:
    """What was found on each machine whose key works."""
    rows = reader.all("SELECT name, runtimes FROM launcher_machines WHERE revoked_at IS NULL ORDER BY name")
    return {row["name"]: RUNTIMES.validate_json(row["runtimes"]) for row in rows}


def heard(reader: Reader) -> dict[str, int | None]:
    """When each machine was last heard of."""
    return {row["name"]: row["seen_at"] for row in reader.all("SELECT name, seen_at FROM launcher_machines")}


def add(
    tx: Transaction, name: str, key_hash: str, is_local: int, platform: str, version: str, by: str, at: int
) -> None:
    """Add a machine whose runner has not connected yet."""
    tx.execute(
        "INSERT INTO launcher_machines (name, key_hash, is_local, platform, version, runtimes, journal, reported,"
        " added_by, added_at) VALUES (?, ?, ?, ?, ?, '[]', '', 0, ?, ?)",
        (name, key_hash, is_local, platform, version, by, at),
    )


def rekey(tx: Transaction, name: str, key_hash: str) -> None:
    """Give a machine another key; it is no longer revoked."""
    tx.execute(
        "UPDATE launcher_machines SET key_hash = ?, revoked_by = NULL, revoked_at = NULL WHERE name = ?",
        (key_hash, name),
    )


def connect(
    tx: Transaction,
    name: str,
    platform: str,
    version: str,
    runtimes: str,
    journal: str,
    installation: str,
    reported: int,
    at: int,
) -> None:
    """Note what a runner says of itself, and up to where its journal is stored."""
    tx.execute(
        "UPDATE launcher_machines SET platform = ?, version = ?, runtimes = ?, journal = ?, installation = ?,"
        " reported = ?, seen_at = ? WHERE name = ?",
        (platform, version, runtimes, journal, installation, reported, at, name),
    )


def set_copy(tx: Transaction, name: str, place: str, at: int) -> None:
    """Note that a runner with its key was turned away."""
    tx.execute("UPDATE launcher_machines SET copy_place = ?, copy_at = ? WHERE name = ?", (place, at, name))


def set_runtimes(tx: Transaction, name: str, runtimes: str) -> None:
    """Note the programs of a machine."""
    tx.execute("UPDATE launcher_machines SET runtimes = ? WHERE name = ?", (runtimes, name))


def set_reported(tx: Transaction, name: str, reported: int, at: int) -> None:
    """Note up to where its journal is stored."""
    tx.execute("UPDATE launcher_machines SET reported = ?, seen_at = ? WHERE name = ?", (reported, at, name))


def set_seen(tx: Transaction, name: str, at: int) -> None:
    """Note when it was last heard of."""
    tx.execute("UPDATE launcher_machines SET seen_at = ? WHERE name = ?", (at, name))


def revoke(tx: Transaction, name: str, by: str, at: int) -> None:
    """Have its key work no more."""
    tx.execute("UPDATE launcher_machines SET revoked_by = ?, revoked_at = ? WHERE name = ?", (by, at, name))


# -- tokens ----------------------------------------------------------------------------------------------------------


def add_token(tx: Transaction, token_hash: str, by: str, at: int, expires_at: int) -> None:
    """Add a token."""
    tx.execute(
        "INSERT INTO launcher_tokens (token_hash, made_by, made_at, expires_at) VALUES (?, ?, ?, ?)",
        (token_hash, by, at, expires_at),
    )


def token(reader: Reader, token_hash: str) -> Row | None:
    """Who has made a token, until when it is good, and which machine has used it."""
    return reader.one(
        "SELECT made_by, expires_at, used_at, machine FROM launcher_tokens WHERE token_hash = ?", (token_hash,)
    )


def use_token(tx: Transaction, token_hash: str, machine: str, at: int) -> None:
    """Note that a machine has joined with it."""
    tx.execute("UPDATE launcher_tokens SET used_at = ?, machine = ? WHERE token_hash = ?", (at, machine, token_hash))


def forget_tokens(tx: Transaction, before: int) -> int:
    """Delete the tokens whose time was over then; how many those were."""
    return tx.execute("DELETE FROM launcher_tokens WHERE expires_at < ?", (before,))
