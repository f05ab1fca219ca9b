"""Asking projects something."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from teammcp import (
    Conflict,
    Context,
    Deadline,
    InvalidInput,
    MessageParts,
    Reader,
    Row,
    Transaction,
    Work,
    operation,
)

from ...events import QuestionQueued
from ...parts import as_kept
from ...registry import access
from ...registry import queries as registry
from ...registry.lookup import ProjectRef, asking_lane, existing
from .. import dispatch, queries, rings, showing, troubles
from ..going_on import ONGOING
from ..models import MOST_ASKED, URGENCIES, Asked, Content, QuestionId, Urgency
from ..rows import existing as existing_question


@operation("POST /api/questions", profile="projects", everyday=True, status=201, ongoing=ONGOING)
async def teams_ask(
    context: Context,
    projects: Annotated[list[ProjectRef], Field(min_length=1, max_length=MOST_ASKED)],
    question: Content,
    priority: Urgency = "normal",
    reply_by: Deadline | None = None,
    follows: QuestionId | None = None,
    parts: MessageParts = [],  # noqa: B006 - never changed
) -> Work[Asked]:
    """Ask other code bases something: whoever knows that code answers. Come back for it with wait_for_answers.

    You get handles at once, and each answer in a direct message, too. Questions to a busy project wait for their turn.
    follows: the question of yours from which this one goes on; whoever answered it is asked again if possible.
    """
    asked = list(dict.fromkeys(projects))
    beside = as_kept(context, parts)

    def work(tx: Transaction) -> Asked:
        mine = registry.project_of(tx, context.actor.name)
        lane = asking_lane(tx, context.actor.name)
        thread = None if follows is None else _thread(tx, follows, asked, lane)
        numbers = []
        for name in asked:
            _require_leave(context, tx, existing(tx, name), mine, lane)
            number = queries.insert(
                tx,
                name,
                lane,
                context.actor.name,
                question,
                *beside,
                URGENCIES.index(priority),
                reply_by,
                follows,
                thread,
                context.now(),
            )
            context.emit(tx, QuestionQueued(question=number, project=name), number)
            numbers.append(number)
        tx.on_commit(lambda: dispatch.look(context.team, asked))
        return Asked(questions=showing.some(tx, context, numbers))

    return work


def _thread(reader: Reader, follows: int, projects: list[str], lane: str) -> int:
    """The first question of the thread in which another one goes on from ``follows``.

    Raises:
        NotFound: there is no such question. InvalidInput: it was to another project, or somebody else's.
    """
    row = existing_question(reader, follows, "follows")
    if projects != [row["project"]]:
        raise InvalidInput.at("follows", f"question {follows} was to {row['project']}; ask that project, and no other")
    if row["lane"] != lane:
        raise InvalidInput.at("follows", f"question {follows} is {row['asker']}'s; go on from one of your own")
    first: int = row["thread"] or row["id"]
    return first


def can_ask(reader: Reader, context: Context, project: Row) -> bool:
    """Whether the actor may ask a project something, and somebody would answer."""
    mine = registry.project_of(reader, context.actor.name)
    return access.may_ask(project, mine, context.actor.name) and troubles.has_answerers(
        reader, context, project, context.actor.name
    )


def _require_leave(context: Context, reader: Reader, project: Row, asking_project: str | None, lane: str) -> None:
    """Refuse a question that would never be answered.

    Raises:
        Forbidden: the actor may not ask. Conflict: nobody answers, too much waits, or whoever answers waits for it.
    """
    name = project["name"]
    access.require_ask(context, project, asking_project)
    if not troubles.has_answerers(reader, context, project, context.actor.name):
        raise access.nobody(context, name, registry.answerers(reader, name), "answers for")
    if queries.count_in_state(reader, name, "queued") >= showing.MOST_WAITING:
        raise Conflict(
            f"projects: {showing.MOST_WAITING} questions wait for {name} already. Ask later.", code="too_many"
        )
    if (owed := rings.owed(reader, context, project, lane)) is not None:
        raise Conflict(
            f"projects: {name} can answer only after you have answered question {owed}: whoever answers there waits "
            "for you. Answer it first, or say with ask_back what you need to know.",
            code="ring",
        )
