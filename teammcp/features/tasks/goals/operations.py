"""What can be done with goals. Their progress is counted when they are read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ....arguments.fields import Id, NoneOrId
from ....errors import Forbidden
from ....operations import Context, operation
from ....storage import Row, Transaction, Work
from ..field_types import Description, Title
from ..permissions import is_in_charge
from ..visibility import scopes
from . import queries
from .events import GoalCreated, GoalEvent, GoalPart, GoalUpdated
from .hierarchy import refuse_bad_parent
from .models import GoalAnswer, GoalList, GoalStatus
from .shapes import all_goals, existing, goal_of


@operation("POST /api/goals", profile="tasks", status=201)
async def create_goal(
    context: Context, title: Title, description: Description = "", parent_id: NoneOrId | None = None
) -> Work[GoalAnswer]:
    """Create a goal, or with parent_id a part of one. Tasks serve it by their goal_id, and make its progress."""
    visible = scopes(context)

    def work(tx: Transaction) -> GoalAnswer:
        now = context.now()
        if parent_id:
            refuse_bad_parent(tx, None, parent_id)
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
        return _changed(context, tx, GoalCreated, goal_id, visible)

    return work


@operation("GET /api/goals", profile="tasks", read_only=True)
async def list_goals(context: Context, status: GoalStatus | None = None, after: NoneOrId = 0) -> GoalList:
    """List the goals with their progress. Next page: after = next."""
    goals = await context.read(all_goals, scopes(context))
    wanted = [goal for goal in goals if status in (None, goal.status) and goal.id > after]
    shown = context.budget().fit(wanted)
    return GoalList(goals=shown, next=shown[-1].id if len(wanted) > len(shown) else None)


@operation("GET /api/goals/{goal_id}", profile="tasks", read_only=True)
async def get_goal(context: Context, goal_id: Id) -> GoalAnswer:
    """Get one goal. list_tasks(goal_id) lists its tasks."""
    return GoalAnswer(goal=await context.read(goal_of, goal_id, scopes(context)))


async def _as_created(context: Context, arguments: Any) -> list[dict[str, Any]]:
    """A goal that says something else is what could have been created so."""
    row = await context.read(existing, arguments.goal_id)
    old = {"title": row["title"], "description": row["description"]}
    texts = {name: text if (new := getattr(arguments, name)) is None else new for name, text in old.items()}
    parent_id = row["parent_id"] if arguments.parent_id is None else arguments.parent_id
    changed = texts != old or arguments.parent_id is not None
    return [{**texts, "parent_id": parent_id}] if changed else []


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
    texts = {"title": title, "description": description, "status": status}
    new: dict[str, Any] = {column: value for column, value in texts.items() if value is not None}
    if parent_id is not None:
        new["parent_id"] = parent_id or None
    _refuse_foreign(context, await context.read(existing, goal_id))
    visible = scopes(context)

    def work(tx: Transaction) -> GoalAnswer:
        row = existing(tx, goal_id)
        _refuse_foreign(context, row)
        if parent_id:
            refuse_bad_parent(tx, goal_id, parent_id)
        changed = {column: value for column, value in new.items() if value != row[column]}
        if not changed:
            return GoalAnswer(goal=goal_of(tx, goal_id, visible))
        now = context.now()
        if "status" in changed:
            changed["closed_at"] = None if status == "open" else now
        queries.update_goal(tx, goal_id, {**changed, "updated_at": now})
        return _changed(context, tx, GoalUpdated, goal_id, visible)

    return work


def _refuse_foreign(context: Context, row: Row) -> None:
    if not is_in_charge(context, row):
        raise Forbidden(
            f"Permission denied: you cannot modify goal {row['id']}; ask {row['creator']} or a manager.",
            code="not_yours",
        )


def _changed(
    context: Context, tx: Transaction, kind: type[GoalEvent], goal_id: int, visible: Sequence[str]
) -> GoalAnswer:
    """The answer to a change, and its event, which is for everybody; so it leaves out what depends on the reader."""
    goal = goal_of(tx, goal_id, visible)
    same_for_all = {name: value for name, value in goal if name not in {"progress", "tasks"}}
    context.emit(tx, kind(goal=GoalPart.of(same_for_all)), goal_id)
    return GoalAnswer(goal=goal)


OPERATIONS = [create_goal, list_goals, get_goal, update_goal]
