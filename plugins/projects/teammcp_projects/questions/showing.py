"""Questions as they are shown."""

from __future__ import annotations

from collections.abc import Sequence

from teammcp import Context, Reader, Row

from . import fairness, queries
from .models import OPEN, Question

MOST_WAITING = 1_000
"""Questions of a project that may wait."""


def shown(reader: Reader, context: Context, rows: Sequence[Row]) -> list[Question]:
    """Rows of questions as public shapes."""
    places: dict[str, dict[int, int]] = {
        project: fairness.places(*waiting_for(reader, project))
        for project in {row["project"] for row in rows if row["state"] == "queued"}
    }
    return [_shape(row, places.get(row["project"], {}).get(row["id"]), context.now()) for row in rows]


def waiting_for(reader: Reader, project: str) -> tuple[list[fairness.Waiting], dict[str, int], set[str]]:
    """What waits for a project, when each lane was begun last, and the lanes of which a question is being answered."""
    waiting = [waits(row) for row in queries.in_state(reader, project, "queued", MOST_WAITING)]
    begun = {row["lane"]: row["begun_at"] for row in queries.lanes(reader, project)}
    taken = {row["lane"] for row in queries.in_state(reader, project, "asked", MOST_WAITING)}
    return waiting, begun, taken


def waits(row: Row) -> fairness.Waiting:
    """A row of a question that waits."""
    return fairness.Waiting(row["id"], row["lane"], row["priority"], row["asker"])


def _shape(row: Row, place: int | None, now: int) -> Question:
    facts = {name: row[name] for name in Question.model_fields if name in row.keys()}  # noqa: SIM118 - of a row
    lane = row["lane"]
    overdue = row["state"] in OPEN and row["reply_by"] is not None and row["reply_by"] <= now
    return Question(**facts, place=place, asking_project=None if lane.startswith("@") else lane, overdue=overdue)
