"""The SQL of roles that a team has changed or added, and of assembled teams."""

from __future__ import annotations

from teammcp import Reader, Row, Transaction

ROLE = "name, title, summary, guide, changed_by, changed_at"
ASSEMBLY = "id, need, members, cost_usd, status, handover, proposed_by, proposed_at, decided_by, decided_at, retired_at"


def role(reader: Reader, name: str) -> Row | None:
    """A role that the team has changed or added."""
    return reader.one(f"SELECT {ROLE} FROM launcher_roles WHERE name = ?", (name,))  # noqa: S608


def roles(reader: Reader) -> list[Row]:
    """All of them, by name."""
    return reader.all(f"SELECT {ROLE} FROM launcher_roles ORDER BY name")  # noqa: S608


def put_role(tx: Transaction, name: str, title: str, summary: str, guide: str, by: str, at: int) -> None:
    """Change a role, or add it."""
    tx.execute(
        "INSERT INTO launcher_roles (name, title, summary, guide, changed_by, changed_at) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (name) DO UPDATE SET title = excluded.title, summary = excluded.summary, guide = excluded.guide,"
        " changed_by = excluded.changed_by, changed_at = excluded.changed_at",
        (name, title, summary, guide, by, at),
    )


def delete_role(tx: Transaction, name: str) -> bool:
    """Delete what the team has made of a role; whether there was something."""
    return tx.execute("DELETE FROM launcher_roles WHERE name = ?", (name,)) > 0


# -- assembled teams -------------------------------------------------------------------------------------------------


def assembly(reader: Reader, assembly_id: int) -> Row | None:
    """One assembled team."""
    return reader.one(f"SELECT {ASSEMBLY} FROM launcher_assemblies WHERE id = ?", (assembly_id,))  # noqa: S608


def assemblies(reader: Reader, status: str, before: int, limit: int) -> list[Row]:
    """The assembled teams of a status before a number, newest first."""
    return reader.all(
        f"SELECT {ASSEMBLY} FROM launcher_assemblies WHERE status = ? AND id < ?"  # noqa: S608
        " ORDER BY id DESC LIMIT ?",
        (status, before, limit),
    )


def all_assemblies(reader: Reader, before: int, limit: int) -> list[Row]:
    """All assembled teams before a number, newest first."""
    return reader.all(
        f"SELECT {ASSEMBLY} FROM launcher_assemblies WHERE id < ? ORDER BY id DESC LIMIT ?",  # noqa: S608
        (before, limit),
    )


def proposed(reader: Reader, limit: int) -> int:
    """How many wait for a decision; no more than ``limit`` are counted."""
    rows = reader.all("SELECT id FROM launcher_assemblies WHERE status = 'proposed' LIMIT ?", (limit,))
    return len(rows)


def propose(tx: Transaction, need: str, members: str, cost_usd: float, by: str, at: int) -> int:
    """Propose a team; its number."""
    return tx.insert(
        "INSERT INTO launcher_assemblies (need, members, cost_usd, status, handover, proposed_by, proposed_at)"
        " VALUES (?, ?, ?, 'proposed', '', ?, ?)",
        (need, members, cost_usd, by, at),
    )


def decide(tx: Transaction, assembly_id: int, status: str, cost_usd: float, by: str, at: int) -> None:
    """Somebody has said yes or no."""
    tx.execute(
        "UPDATE launcher_assemblies SET status = ?, cost_usd = ?, decided_by = ?, decided_at = ? WHERE id = ?",
        (status, cost_usd, by, at, assembly_id),
    )


def retire(tx: Transaction, assembly_id: int, handover: str, at: int) -> None:
    """Its work is done."""
    tx.execute(
        "UPDATE launcher_assemblies SET status = 'retired', handover = ?, retired_at = ? WHERE id = ?",
        (handover, at, assembly_id),
    )
