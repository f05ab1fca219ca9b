"""Who may change what of a task: its creator and managers all, its assignee what is of the work; others may comment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ...errors import Forbidden
from ...members.directory import Access
from ...operations import Context
from ...storage import Row

OF_THE_WORK = {"status", "progress", "result", "labels", "checkin_interval", "comment"}


def is_in_charge(context: Context, row: Row) -> bool:
    """Whether the actor created a task or manages the team."""
    return context.actor.name == row["creator"] or context.actor.access >= Access.manager


def refuse_foreign(context: Context, row: Row, fields: Iterable[str]) -> None:
    """Check that the actor may change these fields of a task.

    Raises:
        Forbidden: names the first that it may not.
    """
    if is_in_charge(context, row):
        return
    allowed = OF_THE_WORK if context.actor.name == row["assignee"] else {"comment"}
    for field in fields:
        if field not in allowed:
            raise Forbidden(
                f"Permission denied: you cannot modify '{field}'; ask {row['creator']} or a manager.",
                code="not_yours",
                field=field,
            )


def refuse_other_link(context: Context, row: Row, new: Mapping[str, Any]) -> None:
    """Check that the actor may change what finishing a task sets: not behind the back of whoever has claimed it.

    Raises:
        Forbidden: somebody else has, and the actor is no manager.
    """
    holder = row["lease_agent"]
    if "state_linked_by" not in new or holder in (None, context.actor.name) or context.actor.access >= Access.manager:
        return
    raise Forbidden(
        f"related_state: {holder} has claimed task {row['id']} as it is; ask {holder} or a manager to change its link.",
        code="claimed",
        field="related_state",
    )


def refuse_deletion(context: Context, row: Row) -> None:
    """Check that the actor may delete a task.

    Raises:
        Forbidden: it neither created it nor manages the team.
    """
    if not is_in_charge(context, row):
        raise Forbidden(
            f"Permission denied: you cannot delete task {row['id']}; ask {row['creator']} or a manager.",
            code="not_yours",
        )
