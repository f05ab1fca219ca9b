"""The SQL of who builds on what."""

from __future__ import annotations

from teammcp import Reader, Row, Transaction

COLUMNS = "id, project, provider, publication, folded, made_by, made_at"


def subscription(reader: Reader, number: int) -> Row | None:
    """One subscription: `COLUMNS`."""
    return reader.one(f"SELECT {COLUMNS} FROM projects_subscriptions WHERE id = ?", (number,))  # noqa: S608


def same(reader: Reader, project: str, provider: str, folded: str) -> Row | None:
    """The subscription of a project to something of another: `COLUMNS`."""
    return reader.one(
        f"SELECT {COLUMNS} FROM projects_subscriptions WHERE project = ? AND provider = ? AND folded = ?",  # noqa: S608
        (project, provider, folded),
    )


def all_of_team(reader: Reader, after: int, limit: int) -> list[Row]:
    """The subscriptions behind one, by id: `COLUMNS`."""
    return reader.all(
        f"SELECT {COLUMNS} FROM projects_subscriptions WHERE id > ? ORDER BY id LIMIT ?",  # noqa: S608
        (after, limit),
    )


def of_project(reader: Reader, project: str, after: int, limit: int) -> list[Row]:
    """On what a project builds, behind one, by id: `COLUMNS`."""
    return reader.all(
        f"SELECT {COLUMNS} FROM projects_subscriptions WHERE project = ? AND id > ? ORDER BY id LIMIT ?",  # noqa: S608
        (project, after, limit),
    )


def to_project(reader: Reader, provider: str, after: int, limit: int) -> list[Row]:
    """Who builds on a project, behind one, by id: `COLUMNS`."""
    return reader.all(
        f"SELECT {COLUMNS} FROM projects_subscriptions WHERE provider = ? AND id > ? ORDER BY id LIMIT ?",  # noqa: S608
        (provider, after, limit),
    )


def count_of(reader: Reader, project: str) -> int:
    """How many subscriptions a project has."""
    found: int = reader.value("SELECT count(*) FROM projects_subscriptions WHERE project = ?", (project,))
    return found


def insert(tx: Transaction, project: str, provider: str, publication: str, folded: str, actor: str, at: int) -> int:
    """Let a project build on something of another; the id of the subscription."""
    found: int = tx.insert(
        "INSERT INTO projects_subscriptions (project, provider, publication, folded, made_by, made_at)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (project, provider, publication, folded, actor, at),
    )
    return found


def delete(tx: Transaction, number: int) -> None:
    """End a subscription."""
    tx.execute("DELETE FROM projects_subscriptions WHERE id = ?", (number,))


def delete_of(tx: Transaction, project: str) -> None:
    """End the subscriptions of a project, and those to it."""
    tx.execute("DELETE FROM projects_subscriptions WHERE project = ?", (project,))
    tx.execute("DELETE FROM projects_subscriptions WHERE provider = ?", (project,))
