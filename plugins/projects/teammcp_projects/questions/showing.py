"""Questions as they are shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from teammcp import Context, PartShown, Reader, Row, told_parts

from ..parts import given_again, told_again
from . import fairness, queries, thread_queries
from .models import OPEN, URGENCIES, Exchange, Question
from .troubles import Troubles

ABOVE_ALL = 100
"""Added to a priority, it is above all priorities."""
MOST_WAITING = 1_000
"""Questions of a project that may wait."""


def shown(reader: Reader, context: Context, rows: Sequence[Row]) -> list[Question]:
    """Rows of questions as public shapes."""
    places: dict[int, int] = {}
    for project in {row["project"] for row in rows if row["state"] == "queued"}:
        queue = queue_of(reader, project)
        places |= fairness.places(queue.waiting, queue.begun, queue.taken)
    exchanges: dict[int, list[Exchange]] = {}
    said = thread_queries.exchanges(reader, [row["id"] for row in rows])
    sent = [each for row in rows for each in (row["message_id"], row["answer_id"]) if each]
    told = told_parts(reader, [*sent, *(each["asked_id"] for each in said)])
    messages = {row["id"]: row["message_id"] for row in rows}
    for each in said:
        checked = told.get(messages[each["question"]], [])
        exchanges.setdefault(each["question"], []).append(_exchange(each, told.get(each["asked_id"], []), checked))
    troubles = Troubles(reader, context)
    return [
        _shape(
            {**row, "trouble": troubles.of(row)},
            places.get(row["id"]),
            exchanges.get(row["id"], []),
            told,
            context.now(),
        )
        for row in rows
    ]


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


def _exchange(row: Row, asked_parts: list[PartShown], checked: list[PartShown]) -> Exchange:
    named = Exchange.model_fields.keys() & {*row.keys()} - {"said"}
    said_parts, sent = _told(row["parts_told"], checked), {part.number for part in checked}
    return Exchange(
        **{name: row[name] for name in named},
        said=row["said"] or "",
        asked_parts=asked_parts,
        said_parts=said_parts,
        said_left_out=[part.number for part in said_parts if sent and part.number not in sent],
    )


def _told(kept: str | None, sent: list[PartShown]) -> list[PartShown]:
    """What is told of parts that are kept: as the message in which they were ``sent`` has it, if there is one."""
    now = {part.number: part for part in sent}
    return [now.get(part.number, part) for part in told_again(kept)]


def _own_parts(row: Mapping[str, Any], sent: list[PartShown]) -> list[PartShown]:
    """What is told of the parts with which a question was asked. Of an old one only its message tells that."""
    if row["parts_told"] is None:
        return sent[: len(given_again(row["parts"]))]
    return _told(row["parts_told"], sent)


def _shape(
    row: Mapping[str, Any], place: int | None, exchanges: list[Exchange], told: Mapping[int, list[PartShown]], now: int
) -> Question:
    facts = {name: row[name] for name in Question.model_fields.keys() - {"parts", "priority"} if name in row}
    sent = told.get(row["message_id"], [])
    lane = row["lane"]
    overdue = row["state"] in OPEN and row["reply_by"] is not None and row["reply_by"] <= now
    asking_project = None if lane.startswith("@") else lane
    return Question(
        **facts,
        place=place,
        exchanges=exchanges,
        asking_project=asking_project,
        overdue=overdue,
        priority=URGENCIES[row["priority"]],
        parts=_own_parts(row, sent),
        answer_parts=told.get(row["answer_id"], []),
    )
