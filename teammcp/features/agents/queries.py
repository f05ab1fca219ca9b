"""The SQL of members."""

from __future__ import annotations

import json

from ...storage import Reader, Row, Transaction

COLUMNS = (
    "name, folded, kind, role, access, description, reports_to, capabilities, time_zone, key_hash, created_at,"
    " retired_at, online, last_seen"
)


def all_agents(reader: Reader) -> list[Row]:
    """Every member, retired ones too, by name; not the server itself."""
    return reader.all(f"SELECT {COLUMNS} FROM agents WHERE name <> 'system' ORDER BY folded")  # noqa: S608


def agent(reader: Reader, name: str) -> Row | None:
    """One member."""
    return reader.one(f"SELECT {COLUMNS} FROM agents WHERE name = ?", (name,))  # noqa: S608


def folded_exists(reader: Reader, folded: str) -> bool:
    """Whether a name is taken, whatever its case."""
    return reader.value("SELECT 1 FROM agents WHERE folded = ?", (folded,)) is not None


def names(reader: Reader) -> list[str]:
    """The names of all members there have ever been."""
    return [row["name"] for row in reader.all("SELECT name FROM agents WHERE name <> 'system'")]


def count(reader: Reader) -> int:
    """How many members there have ever been."""
    return int(reader.value("SELECT count(*) FROM agents WHERE name <> 'system'"))


def active_owners(reader: Reader) -> int:
    """How many owners are not retired. 4 is the access level 'owner'."""
    return int(reader.value("SELECT count(*) FROM agents WHERE access = 4 AND retired_at IS NULL"))


def is_active(reader: Reader, name: str) -> bool:
    """Whether a member has not been retired."""
    return reader.value("SELECT 1 FROM agents WHERE name = ? AND retired_at IS NULL", (name,)) is not None


def capabilities(reader: Reader, name: str) -> list[str]:
    """What a member can do."""
    found: list[str] = json.loads(reader.value("SELECT capabilities FROM agents WHERE name = ?", (name,)) or "[]")
    return found


def superior(reader: Reader, name: str) -> str | None:
    """Whom a member reports to."""
    found: str | None = reader.value("SELECT reports_to FROM agents WHERE name = ?", (name,))
    return found


def time_zones(reader: Reader) -> dict[str, str]:
    """Where each member lives: the name of its time zone."""
    return {row["name"]: row["time_zone"] for row in reader.all("SELECT name, time_zone FROM agents")}


def insert(tx: Transaction, name: str, folded: str, kind: str, access: int, key: str, at: int) -> None:
    """Add a member with an empty profile; ``key`` is the hash of its key."""
    tx.execute(
        "INSERT INTO agents (name, folded, kind, role, access, description, key_hash, created_at)"
        " VALUES (?, ?, ?, '', ?, '', ?, ?)",
        (name, folded, kind, access, key, at),
    )


def update(
    tx: Transaction,
    name: str,
    role: str,
    access: int,
    description: str,
    reports_to: str | None,
    capabilities: str,
    time_zone: str,
) -> None:
    """Change a profile; ``capabilities`` is a JSON array."""
    tx.execute(
        "UPDATE agents SET role = ?, access = ?, description = ?, reports_to = ?, capabilities = ?, time_zone = ?"
        " WHERE name = ?",
        (role, access, description, reports_to, capabilities, time_zone, name),
    )


def set_key(tx: Transaction, name: str, key: str) -> None:
    """Replace the hash of a member's key."""
    tx.execute("UPDATE agents SET key_hash = ? WHERE name = ?", (key, name))


def retire(tx: Transaction, name: str, at: int) -> None:
    """End a membership; the name stays taken and no key opens it."""
    tx.execute("UPDATE agents SET key_hash = NULL, retired_at = ? WHERE name = ?", (at, name))


def set_presence(tx: Transaction, name: str, online: bool, last_seen: int | None) -> None:
    """Note whether a member is here, and when it was heard of last; None if that was before the server's start."""
    tx.execute(
        "UPDATE agents SET online = ?, last_seen = coalesce(?, last_seen) WHERE name = ?",
        (int(online), last_seen, name),
    )


def still_online(reader: Reader) -> list[str]:
    """The members that were online when the server was last heard of."""
    return [row["name"] for row in reader.all("SELECT name FROM agents WHERE online = 1")]
