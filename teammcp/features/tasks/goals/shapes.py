"""From rows to public goals, with what their tasks come to."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ....errors import NotFound
from ....storage import Reader, Row
from ..field_types import Status
from ..progress import percent_of
from . import queries
from .models import Goal


@dataclass
class _Total:
    """What the tasks of a goal come to."""

    tasks: Counter[Status] = field(default_factory=Counter)
    weights: int = 0
    progress: int = 0
    """Weighted."""

    def add(self, sums: Row) -> None:
        """Count in the tasks of one status."""
        self.tasks[sums["status"]] += sums["tasks"]
        if sums["status"] != "cancelled":
            self.weights += sums["weights"]
            self.progress += sums["progress"]

    @classmethod
    def of(cls, parts: Iterable[_Total], *, achieved: bool) -> _Total:
        """Several together; all of an achieved goal counts as done."""
        whole = cls()
        for part in parts:
            whole.tasks += part.tasks
            whole.weights += part.weights
            whole.progress += 100 * part.weights if achieved else part.progress
        return whole


def all_goals(reader: Reader, scopes: Sequence[str]) -> list[Goal]:
    """All goals by id; their tasks are counted as far as they stand in these scopes."""
    rows = queries.goals(reader)
    own: dict[int, _Total] = defaultdict(_Total)
    for sums in queries.goal_sums(reader, [row["id"] for row in rows], scopes):
        own[sums["goal_id"]].add(sums)
    below = defaultdict(list)
    for row in rows:
        below[row["parent_id"]].append(row)

    def total(row: Row) -> _Total:
        parts = [total(part) for part in below[row["id"]] if part["status"] != "dropped"]
        return _Total.of([own[row["id"]], *parts], achieved=row["status"] == "achieved")

    return [_goal(row, total(row)) for row in rows]


def goal_of(reader: Reader, goal_id: int, scopes: Sequence[str]) -> Goal:
    """One goal.

    Raises:
        NotFound: there is none.
    """
    existing(reader, goal_id)
    return next(goal for goal in all_goals(reader, scopes) if goal.id == goal_id)


def existing(reader: Reader, goal_id: int) -> Row:
    """The row of a goal.

    Raises:
        NotFound: there is none.
    """
    row = queries.goal(reader, goal_id)
    if row is None:
        raise NotFound(f"There is no goal {goal_id}. list_goals lists them.", code="goal_not_found")
    return row


def _goal(row: Row, total: _Total) -> Goal:
    return Goal(
        id=row["id"],
        title=row["title"],
        description=row["description"],
        parent_id=row["parent_id"],
        status=row["status"],
        creator=row["creator"],
        progress=100 if row["status"] == "achieved" else percent_of(total.progress, total.weights),
        tasks=dict(total.tasks),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        closed_at=row["closed_at"],
    )
