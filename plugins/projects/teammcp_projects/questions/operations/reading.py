"""Looking at questions."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from teammcp import LARGEST_ID, Context, Limit, Reader, Row, operation

from ...registry.lookup import ProjectRef
from .. import queries, showing, thread
from ..models import QuestionId, QuestionList, QuestionThread
from ..rows import existing


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
async def get_question(context: Context, question_id: QuestionId) -> QuestionThread:
    """See how a question stands: its place, who has it to answer, what was asked back, its answer, and its thread."""
    return await context.read(_thread, context, question_id)


def _thread(reader: Reader, context: Context, number: int) -> QuestionThread:
    return thread.shown(reader, context, existing(reader, number))
