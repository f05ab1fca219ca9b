"""Goals: what tasks are for. Their progress is counted when they are read."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ....errors import Forbidden, InvalidInput, NotFound
from ....operations import Context, operation
from ....storage import Reader, Row, Transaction, Work
from ..events import GoalCreated, GoalEvent, GoalPart, GoalUpdated
from ..permissions import is_in_charge
from ..tasks.hierarchy import percent_of
from ..tasks.models import Description, Id, Status, Title
from ..tasks.operations.updates import NoneOrId
from ..visibility import scopes
from . import queries
from .models import Goal, GoalAnswer, GoalList, GoalStatus

DEPTH = 8


@dataclass
class _Sum:
    """What the tasks of a goal come to."""

    tasks: Counter[Status] = field(default_factory=Counter)
    weights: int = 0
    progress: int = 0
    """Weighted."""

    def add(self, line: Row) -> None:
        """Count in the tasks of one status."""
        self.tasks[line["status"]] += line["tasks"]
        if line["status"] != "cancelled":
            self.weights += line["weights"]
            self.progress += line["progress"]

    @classmethod
    def of(cls, parts: Iterable[_Sum], *, achieved: bool) -> _Sum:
        """Several together; all of an achieved goal counts as done."""
        whole = cls()
        for part in parts:
            whole.tasks += part.tasks
            whole.weights += part.weights
            whole.progress += 100 * part.weights if achieved else part.progress
        return whole


@operation("POST /api/goals", profile="tasks", status=201)
async def create_goal(
    context: Context, title: Title, description: Description = "", parent_id: NoneOrId | None = None
) -> Work[GoalAnswer]:
    """Create a goal, or with parent_id a part of one. Tasks serve it by their goal_id, and make its progress."""
    seen = scopes(context)

    def work(tx: Transaction) -> GoalAnswer:
        now = context.now()
        if parent_id:
            _check_parent(tx, None, parent_id)
        new = {
            "title": title,
            "description": description,
            "parent_id": parent_id or None,
            "status": "open",
            "creator": context.actor.name,
            "created_at": now,
            "updated_at": now,
        }
        goal_id = queries.insert_goal(tx, new)
        return _told(context, tx, GoalCreated, goal_id, seen)

    return work


@operation("GET /api/goals", profile="tasks", read_only=True)
async def list_goals(context: Context, status: GoalStatus | None = None, after: NoneOrId = 0) -> GoalList:
    """List the goals with their progress. Next page: after = next."""
    goals = await context.read(_goals, scopes(context))
    wanted = [goal for goal in goals if status in (None, goal.status) and goal.id > after]
    shown = context.budget().fit(wanted)
    return GoalList(goals=shown, next=shown[-1].id if len(wanted) > len(shown) else None)


@operation("GET /api/goals/{goal_id}", profile="tasks", read_only=True)
async def get_goal(context: Context, goal_id: Id) -> GoalAnswer:
    """Get one goal. list_tasks(goal_id) lists its tasks."""
    return GoalAnswer(goal=await context.read(_one, goal_id, scopes(context)))


async def _as_created(context: Context, arguments: Any) -> list[dict[str, Any]]:
    """A goal that says something else is what could have been created so."""
    row = await context.read(_existing, arguments.goal_id)
    said = {name: row[name] if (new := getattr(arguments, name)) is None else new for name in ("title", "description")}
    changed = said != {name: row[name] for name in said} or arguments.parent_id is not None
    parent_id = row["parent_id"] if arguments.parent_id is None else arguments.parent_id
    return [{**said, "parent_id": parent_id}] if changed else []


@operation("PATCH /api/goals/{goal_id}", profile="tasks", idempotent=True, amounts_to={"create_goal": _as_created})
async def update_goal(
    context: Context,
    goal_id: Id,
    title: Title | None = None,
    description: Description | None = None,
    parent_id: NoneOrId | None = None,
    status: GoalStatus | None = None,
) -> Work[GoalAnswer]:
    """Change a goal of yours; as a manager any. status "dropped": it counts no more. parent_id 0: part of none."""
    given = {"title": title, "description": description, "status": status}
    new: dict[str, Any] = {column: value for column, value in given.items() if value is not None}
    if parent_id is not None:
        new["parent_id"] = parent_id or None
    _refuse_foreign(context, await context.read(_existing, goal_id))
    seen = scopes(context)

    def work(tx: Transaction) -> GoalAnswer:
        row = _existing(tx, goal_id)
        _refuse_foreign(context, row)
        if parent_id:
            _check_parent(tx, goal_id, parent_id)
        changed = {column: value for column, value in new.items() if value != row[column]}
        if not changed:
            return GoalAnswer(goal=_one(tx, goal_id, seen))
        now = context.now()
        if "status" in changed:
            changed["closed_at"] = None if status == "open" else now
        queries.update_goal(tx, goal_id, {**changed, "updated_at": now})
        return _told(context, tx, GoalUpdated, goal_id, seen)

    return work


def _check_parent(reader: Reader, goal_id: int | None, parent_id: int) -> None:
    """Check that a goal, or a new one (None), may stand below another: neither below itself, nor too deep."""
    chain: list[int] = []
    above: int | None = parent_id
    while above is not None and above != goal_id:
        row = queries.goal(reader, above)
        if row is None:
            raise InvalidInput.at("parent_id", f"there is no goal {above}; list_goals lists them")
        chain.append(above)
        above = row["parent_id"]
    if above is not None:
        circle = " → ".join(map(str, [goal_id, *chain, goal_id]))
        raise InvalidInput.at("parent_id", f"a goal cannot be part of itself: {circle}")
    if len(chain) + _height(reader, goal_id) > DEPTH:
        raise InvalidInput.at("parent_id", f"goals may be nested {DEPTH} deep; choose a goal further up")


def _height(reader: Reader, goal_id: int | None) -> int:
    """How many goals stand above each other from a goal downwards; None is a new one."""
    height, level = 1, {goal_id}
    rows = [] if goal_id is None else queries.goals(reader)
    while level := {row["id"] for row in rows if row["parent_id"] in level}:
        height += 1
    return height


def _existing(reader: Reader, goal_id: int) -> Row:
    row = queries.goal(reader, goal_id)
    if row is None:
        raise NotFound(f"There is no goal {goal_id}. list_goals lists them.", code="goal_not_found")
    return row


def _one(reader: Reader, goal_id: int, seen: Sequence[str]) -> Goal:
    _existing(reader, goal_id)
    (found,) = [goal for goal in _goals(reader, seen) if goal.id == goal_id]
    return found


def _goals(reader: Reader, seen: Sequence[str]) -> list[Goal]:
    """All goals by id; their tasks counted as far as they stand in the scopes that are seen."""
    rows = queries.goals(reader)
    own: dict[int, _Sum] = defaultdict(_Sum)
    for line in queries.goal_sums(reader, [row["id"] for row in rows], seen):
        own[line["goal_id"]].add(line)
    below = defaultdict(list)
    for row in rows:
        below[row["parent_id"]].append(row)

    def total(row: Row) -> _Sum:
        parts = [total(part) for part in below[row["id"]] if part["status"] != "dropped"]
        return _Sum.of([own[row["id"]], *parts], achieved=row["status"] == "achieved")

    return [_goal(row, total(row)) for row in rows]


def _goal(row: Row, total: _Sum) -> Goal:
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


def _refuse_foreign(context: Context, row: Row) -> None:
    if not is_in_charge(context, row):
        raise Forbidden(
            f"Permission denied: you cannot modify goal {row['id']}; ask {row['creator']} or a manager.",
            code="not_yours",
        )


def _told(context: Context, tx: Transaction, kind: type[GoalEvent], goal_id: int, seen: Sequence[str]) -> GoalAnswer:
    """The answer to a change, of which everybody hears; how far a goal is depends on what one may see."""
    goal = _one(tx, goal_id, seen)
    told = {name: value for name, value in goal if name not in {"progress", "tasks"}}
    context.emit(tx, kind(goal=GoalPart.of(told)), goal_id)
    return GoalAnswer(goal=goal)
