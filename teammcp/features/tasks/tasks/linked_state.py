"""The field of the shared state that is set when a task is done.

Whoever linked the field must have the right to set it, and whoever finishes the task too: neither gets the other to do
what it may not do itself.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from ....errors import Conflict, Forbidden
from ....operations import Context, Prepared
from ....storage import Row, Transaction
from ...state import StateWritten
from . import columns, queries

LINK = (*columns.LINK, "state_linked_by")


@dataclass(frozen=True)
class Finish:
    """What belongs to finishing one task."""

    task_id: int
    link: tuple[Any, ...]
    """The field and its value, as they were when this was prepared."""
    prepared: Prepared[StateWritten] | None = None
    """What sets the field, or makes it wait."""
    asked_by: str | None = None
    """Whose proposal it is that waits."""

    @property
    def pending(self) -> bool:
        """Whether the field waits for an approval."""
        return self.prepared is not None and self.prepared.waits

    def columns(self) -> dict[str, Any]:
        """The columns of the task that say so."""
        return {"state_pending": int(self.pending), "state_asked_by": self.asked_by if self.pending else None}


async def prepare(context: Context, row: Row) -> Finish:
    """Check whether the field that a task is linked to may be set, and get it ready.

    If whoever linked it may not set it, it is that member's proposal, where such a thing waits for an approval.

    Raises:
        TeamError: the state refuses it, so the task cannot be done by this actor, or by nobody with this link.
    """
    link, me = link_of(row), context.actor.name
    if row["related_state"] is None:
        return Finish(row["id"], link)
    linked_by = row["state_linked_by"] or row["creator"]
    if linked_by != me:
        prepared = await _as_linked(context, row, linked_by)
        if prepared.waits:
            return Finish(row["id"], link, prepared, linked_by)
    # To agree that the task is finished is not to agree to the field, which nobody was shown then: no grant goes along.
    return Finish(row["id"], link, await _setting(replace(context, grant=None), row), me)


async def _as_linked(context: Context, row: Row, linked_by: str) -> Prepared[StateWritten]:
    """The field as whoever linked it may set it.

    Raises:
        Forbidden: that member may not, or is no longer there.
    """
    member = context.team.directory.who(linked_by)
    why = f"{linked_by} was retired"
    if member is not None and not member.retired:
        try:
            return await _setting(Context.inside(context.team, member), row)
        except Forbidden as error:
            why = error.detail
    raise Forbidden(
        f"related_state: {linked_by} linked task {row['id']} to '{row['related_state']}' and may not set that ({why}). "
        "Ask a manager to take the link away, or to make it anew.",
        code="link_not_allowed",
    )


async def _setting(context: Context, row: Row) -> Prepared[StateWritten]:
    prepared: Prepared[StateWritten] = await context.prepare(
        "set_state",
        project_id=row["related_state_project"],
        field=row["related_state"],
        value=json.loads(row["target_value"]),
        reason=f"task {row['id']} is done",
    )
    return prepared


def run(tx: Transaction, finish: Finish) -> Any:
    """Set the field in the transaction that ends the task; if it has to wait, what the plugin says of that.

    Raises:
        Conflict: the task was linked to another field or value meanwhile.
    """
    now = queries.task(tx, finish.task_id)
    if now is not None and link_of(now) != finish.link:
        raise Conflict(f"Task {finish.task_id} was changed at the same moment; try again.", code="task_changed")
    if finish.prepared is None:
        return None
    told = finish.prepared(tx)
    return told if finish.pending else None


def link_of(row: Row) -> tuple[Any, ...]:
    """Which field a task sets, to what, and who said so."""
    return tuple(row[column] for column in LINK)
