"""Questions as they are shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from teammcp import Context, PartShown, Reader, Row, told_parts

from ..lanes.homes import starts_agents
from ..registry import queries as registry
from . import fairness, queries, thread_queries
from .models import OPEN, Exchange, Question

ABOVE_ALL = 100
"""Added to a priority, it is above all priorities."""
MOST_WAITING = 1_000
"""Questions of a project that may wait."""
NOBODY = "Nobody answers for {} now. Its owners name somebody with set_project_agents."
"""Why a question waits that nobody would be asked."""


def shown(reader: Reader, context: Context, rows: Sequence[Row]) -> list[Question]:
    """Rows of questions as public shapes."""
    places: dict[int, int] = {}
    for project in {row["project"] for row in rows if row["state"] == "queued"}:
        queue = queue_of(reader, project)
        places |= fairness.places(queue.waiting, queue.begun, queue.taken)
    exchanges: dict[int, list[Exchange]] = {}
    for each in thread_queries.exchanges(reader, [row["id"] for row in rows]):
        exchanges.setdefault(each["question"], []).append(_exchange(each))
    told = told_parts(reader, [each for row in rows for each in (row["message_id"], row["answer_id"]) if each])
    return [
        _shape(
            {**row, "trouble": row["trouble"] or _desertion(reader, context, row)},
            places.get(row["id"]),
            exchanges.get(row["id"], []),
            told,
            context.now(),
        )
        for row in rows
    ]


def has_answerers(reader: Reader, context: Context, project: Row, asker: str) -> bool:
    """Whether somebody would answer what a member asks a project."""
    if starts_agents(context.server, project):
        return True
    return bool(set(registry.answerers(reader, project["name"])) - {asker})


def _desertion(reader: Reader, context: Context, row: Row) -> str:
    """That nobody answers any more what waits; empty if somebody does."""
    project = registry.project(reader, row["project"]) if row["state"] == "queued" else None
    if project is None or has_answerers(reader, context, project, row["asker"]):
        return ""
    return NOBODY.format(project["name"])


def some(reader: Reader, context: Context, numbers: list[int]) -> list[Question]:
    """Questions as public shapes, by id."""
    return shown(reader, context, queries.questions(reader, numbers))


def one(reader: Reader, context: Context, number: int) -> Question:
    """A question that there is, as public shape."""
    [found] = some(reader, context, [number])
    return found


@dataclass(frozen=True)
class Queue:
    """The questions to a project that are open.

    Attributes:
        waiting: those that wait.
        begun: lane -> when a question of it was begun last.
        holders: lane -> who has had that one to answer.
        taken: the lanes of which a question is being answered.
    """

    waiting: list[fairness.Waiting]
    begun: dict[str, int]
    holders: dict[str, str]
    taken: set[str]


def queue_of(reader: Reader, project: str) -> Queue:
    """What waits for a project, and what is being answered."""
    lanes = queries.lanes(reader, project)
    return Queue(
        waiting=[
            fairness.Waiting(row["id"], row["lane"], _urgency(row), row["asker"], row["retry_at"] or 0)
            for row in queries.in_state(reader, project, "queued", MOST_WAITING)
        ],
        begun={row["lane"]: row["begun_at"] for row in lanes},
        holders={row["lane"]: row["holder"] for row in lanes},
        taken={row["lane"] for row in queries.in_state(reader, project, "asked", MOST_WAITING)},
    )


def _urgency(row: Row) -> int:
    """The greater, the sooner within its lane: what was asked before, and waits again, comes before all others."""
    urgency: int = row["priority"] + row["resumed"] * ABOVE_ALL
    return urgency


def _exchange(row: Row) -> Exchange:
    return Exchange(**{name: row[name] for name in Exchange.model_fields if name != "said"}, said=row["said"] or "")


def _shape(
    row: Mapping[str, Any], place: int | None, exchanges: list[Exchange], told: Mapping[int, list[PartShown]], now: int
) -> Question:
    facts = {name: row[name] for name in Question.model_fields.keys() - {"parts"} if name in row}
    lane = row["lane"]
    overdue = row["state"] in OPEN and row["reply_by"] is not None and row["reply_by"] <= now
    asking_project = None if lane.startswith("@") else lane
    return Question(
        **facts,
        place=place,
        exchanges=exchanges,
        asking_project=asking_project,
        overdue=overdue,
        parts=told.get(row["message_id"], []),
        answer_parts=told.get(row["answer_id"], []),
    )
