"""The SQL of profiles and of what members know."""

from __future__ import annotations

from collections.abc import Mapping

from teammcp import Reader, Row, Transaction, marks

LISTS = ("relevant_fields", "critical_fields", "participating_projects", "participating_channels")
"""The columns of a profile that hold lists, as JSON."""
COLUMNS = f"agent, {', '.join(LISTS)}, updated_at"

# -- profiles --------------------------------------------------------------------------------------------------------


def profile(reader: Reader, agent: str) -> Row | None:
    """A member's profile."""
    return reader.one(f"SELECT {COLUMNS} FROM knowledge_profiles WHERE agent = ?", (agent,))  # noqa: S608


def profiles(reader: Reader, limit: int) -> list[Row]:
    """The profiles of all members, by name."""
    return reader.all(f"SELECT {COLUMNS} FROM knowledge_profiles ORDER BY agent LIMIT ?", (limit,))  # noqa: S608


def put_profile(tx: Transaction, agent: str, lists: Mapping[str, str], at: int) -> None:
    """Make or replace a profile; ``lists`` by the names of the columns."""
    replaced = ", ".join(f"{name} = excluded.{name}" for name in LISTS)
    tx.execute(
        f"INSERT INTO knowledge_profiles ({COLUMNS}) VALUES (?, {marks(LISTS)}, ?)"  # noqa: S608
        f" ON CONFLICT (agent) DO UPDATE SET {replaced}, updated_at = excluded.updated_at",
        (agent, *(lists[name] for name in LISTS), at),
    )


# -- what members know -----------------------------------------------------------------------------------------------


def known(reader: Reader, agent: str) -> list[Row]:
    """What a member was shown and has acknowledged of all projects."""
    return reader.all(
        "SELECT project_id, field, offered, acked FROM knowledge_known WHERE agent = ? ORDER BY project_id, field",
        (agent,),
    )


def known_in(reader: Reader, agent: str, project_id: str) -> list[Row]:
    """The same of one project."""
    return reader.all(
        "SELECT field, offered, acked FROM knowledge_known WHERE agent = ? AND project_id = ?", (agent, project_id)
    )


def offer(tx: Transaction, agent: str, project_id: str, field: str, version: int) -> None:
    """Note that a member was shown a version of a field."""
    tx.execute(
        "INSERT INTO knowledge_known (agent, project_id, field, offered, acked) VALUES (?, ?, ?, ?, 0)"
        " ON CONFLICT (agent, project_id, field) DO UPDATE SET offered = excluded.offered"
        " WHERE excluded.offered > knowledge_known.offered",
        (agent, project_id, field, version),
    )


def acknowledge(tx: Transaction, agent: str, project_id: str, field: str) -> bool:
    """Note that a member has taken in what it was shown; False if that is nothing new."""
    return bool(
        tx.execute(
            "UPDATE knowledge_known SET acked = offered"
            " WHERE agent = ? AND project_id = ? AND field = ? AND acked < offered",
            (agent, project_id, field),
        )
    )


# -- checks ----------------------------------------------------------------------------------------------------------


def check(tx: Transaction, agent: str, project_id: str, at: int) -> None:
    """Note that a member has asked what changed in a project."""
    tx.execute(
        "INSERT INTO knowledge_checks (agent, project_id, checked_at) VALUES (?, ?, ?)"
        " ON CONFLICT (agent, project_id) DO UPDATE SET checked_at = excluded.checked_at",
        (agent, project_id, at),
    )


def checked_at(reader: Reader, agent: str, project_id: str) -> int | None:
    """When a member last did; None: never."""
    at: int | None = reader.value(
        "SELECT checked_at FROM knowledge_checks WHERE agent = ? AND project_id = ?", (agent, project_id)
    )
    return at


def last_check(reader: Reader, agent: str) -> int | None:
    """When a member last did so in any project."""
    at: int | None = reader.value("SELECT max(checked_at) FROM knowledge_checks WHERE agent = ?", (agent,))
    return at
