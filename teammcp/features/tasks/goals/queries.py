"""The SQL of goals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ....storage import Reader, Row, Transaction, marks

COLUMNS = "id, title, description, parent_id, status, creator, created_at, updated_at, closed_at"


def goal(reader: Reader, goal_id: int) -> Row | None:
    """One goal."""
    return reader.one(f"SELECT {COLUMNS} FROM goals WHERE id = ?", (goal_id,))  # noqa: S608


def goals(reader: Reader) -> list[Row]:
    """All goals, by id."""
    return reader.all(f"SELECT {COLUMNS} FROM goals ORDER BY id")  # noqa: S608


def goal_sums(reader: Reader, goal_ids: Sequence[int], scopes: Sequence[str]) -> list[Row]:
    """The tasks of some goals that stand in some scopes: goal_id, status, how many, their weight, weighted progress."""
    if not goal_ids:
        return []
    ids, seen = marks(goal_ids), marks(scopes)
    return reader.all(
        "SELECT goal_id, status, count(*) AS tasks, sum(weight) AS weights,"  # noqa: S608
        " sum(weight * progress) AS progress FROM tasks"
        f" WHERE goal_id IN ({ids}) AND scope IN ({seen}) AND deleted = 0 GROUP BY goal_id, status",
        (*goal_ids, *scopes),
    )


def insert_goal(tx: Transaction, new: Mapping[str, Any]) -> int:
    """Add a goal; its id."""
    return tx.insert(f"INSERT INTO goals ({', '.join(new)}) VALUES ({marks(new)})", tuple(new.values()))  # noqa: S608


def update_goal(tx: Transaction, goal_id: int, new: Mapping[str, Any]) -> None:
    """Give columns of a goal new values."""
    columns = ", ".join(f"{column} = ?" for column in new)
    tx.execute(f"UPDATE goals SET {columns} WHERE id = ?", (*new.values(), goal_id))  # noqa: S608
