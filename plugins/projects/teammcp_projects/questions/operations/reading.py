"""Looking at questions, and waiting for their answers."""

from __future__ import annotations

import asyncio
from typing import Annotated

from pydantic import Field

from teammcp import LARGEST_ID, Context, Event, Limit, NotFound, Reader, Row, ends, operation, require_valid

from ...registry.lookup import ProjectRef
from .. import queries, showing
from ..models import MOST_ASKED, OPEN, Answers, Question, QuestionId, QuestionList

LONGEST_WAIT = 55


@operation("GET /api/questions", profile="projects", read_only=True)
async def list_questions(
    context: Context,
    project: ProjectRef | None = None,
    before: Annotated[int, Field(ge=1, le=LARGEST_ID)] = LARGEST_ID,
    limit: Limit = 30,
) -> QuestionList:
    """List the questions to a project, or without one those that you have asked: how each stands. Newest first."""
    rows = await context.read(_listed, project, context.actor.name, before, limit + 1)
    shown = context.budget().fit(await context.read(showing.shown, context, rows[:limit]))
    return QuestionList(questions=shown, next=shown[-1].id if shown and len(rows) > len(shown) else None)


def _listed(reader: Reader, project: str | None, asker: str, before: int, limit: int) -> list[Row]:
    if project is None:
        return queries.asked_by(reader, asker, before, limit)
    return queries.of_project(reader, project, before, limit)


@operation("GET /api/questions/{question_id}", profile="projects", read_only=True)
async def get_question(context: Context, question_id: QuestionId) -> Question:
    """See how a question stands: its place, who has it to answer, its answer."""
    [shown] = await context.read(_some, context, [question_id])
    return shown


@operation("GET /api/questions/answers", profile="projects", read_only=True, holds=True)
async def wait_for_answers(
    context: Context,
    question_ids: Annotated[list[QuestionId], Field(min_length=1, max_length=MOST_ASKED)],
    timeout: Annotated[float, Field(ge=0, le=LONGEST_WAIT)] = LONGEST_WAIT,
) -> Answers:
    """Wait until all these questions are over, at most so many seconds. Call it again for those that are still open."""
    wanted = {str(number) for number in question_ids}
    loses = ends(context)
    loop = asyncio.get_running_loop()
    deadline = loop.time() + timeout

    def concerns(event: Event) -> bool:
        return (event.kind == "question.ended" and event.subject in wanted) or loses(event)

    with context.team.presence.connected(context.actor.name), context.team.hub.subscribe(concerns) as events:
        found: list[Question] = await context.read(_some, context, question_ids)
        while any(each.state in OPEN for each in found) and (left := deadline - loop.time()) > 0:
            await events.next(left)
            require_valid(context)
            found = await context.read(_some, context, question_ids)
    shown = context.budget().fit(found)
    return Answers(questions=shown, rest=[each.id for each in found[len(shown) :]])


def _some(reader: Reader, context: Context, numbers: list[int]) -> list[Question]:
    found = showing.some(reader, context, numbers)
    if missing := set(numbers).difference(each.id for each in found):
        raise NotFound(
            f"question_id: there is no question {min(missing)}; list_questions lists them.", code="no_question"
        )
    return found
