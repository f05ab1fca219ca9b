"""The SQL of leases: what may be claimed next, and which leases may be over."""

from __future__ import annotations

from ....storage import Reader, Row


def lanes(reader: Reader, agent: str) -> list[Row]:
    """The lanes of tasks that are kept for nobody else."""
    return reader.all("SELECT id, scope, requires FROM task_lanes WHERE assignee IN ('', ?)", (agent,))


def first_of_lane(reader: Reader, lane_id: int, priority: int, task_id: int) -> Row | None:
    """Priority and id of the task that comes first in a lane, behind the task of this priority and id."""
    return reader.one(
        "SELECT priority, id FROM tasks WHERE lane_id = ? AND status = 'todo' AND unmet = 0 AND deleted = 0"
        " AND (priority, id) > (?, ?) ORDER BY priority, id LIMIT 1",
        (lane_id, priority, task_id),
    )


def past_due(reader: Reader, now: int) -> list[Row]:
    """The tasks whose lease has run out as written, or whose progress is overdue, by id.

    A lease may hold all the same: signs of life are not written down.
    """
    found: dict[int, Row] = {}
    for deadline in ("lease_expires_at", "progress_due_at"):
        rows = reader.all(
            "SELECT id, lease_agent, lease_seconds, lease_expires_at, progress_seconds, progress_due_at FROM tasks"  # noqa: S608
            f" WHERE lease_agent IS NOT NULL AND {deadline} <= ?",
            (now,),
        )
        found |= {row["id"]: row for row in rows}
    return [found[task_id] for task_id in sorted(found)]
