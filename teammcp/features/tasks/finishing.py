"""The field of the shared state that is set when a task is done, as whoever finishes the task."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from ...errors import Conflict
from ...operations import Context
from ...plugins import Deferred
from ...storage import Row, Transaction, Work
from . import queries

LINK = ("related_state_project", "related_state", "target_value")


@dataclass(frozen=True)
class Finish:
    """What belongs to finishing one task."""

    task_id: int
    link: tuple[Any, ...]
    """The field and its value, as they were when this was prepared."""
    work: Work[Any] | None = None
    pending: bool = False
    """The field waits for an approval."""
    approval: Any = None
    """What the plugin says that made it wait."""


async def prepare(context: Context, row: Row) -> Finish:
    """Check whether the actor may set the field that a task is linked to, and get it ready.

    Raises:
        TeamError: the state refuses it, so the task cannot be done by this actor.
    """
    link = _link(row)
    if row["related_state"] is None:
        return Finish(row["id"], link)
    prepared = await context.prepare(
        "set_state",
        project_id=row["related_state_project"],
        field=row["related_state"],
        value=json.loads(row["target_value"]),
        reason=f"task {row['id']} is done",
    )
    if isinstance(prepared, Deferred):
        return Finish(row["id"], link, pending=True, approval=prepared.result)
    return Finish(row["id"], link, work=prepared)


def run(tx: Transaction, finish: Finish) -> bool:
    """Set the field in the transaction that ends the task; whether it waits for an approval instead.

    Raises:
        Conflict: the task was linked to another field or value meanwhile.
    """
    now = queries.task(tx, finish.task_id)
    if now is not None and _link(now) != finish.link:
        raise Conflict(f"Task {finish.task_id} was changed at the same moment; try again.", code="task_changed")
    if finish.work is not None:
        finish.work(tx)
    return finish.pending


def _link(row: Row) -> tuple[Any, ...]:
    return tuple(row[column] for column in LINK)
