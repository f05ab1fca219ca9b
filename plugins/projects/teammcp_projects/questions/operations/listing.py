"""Lists of questions."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from teammcp import LARGEST_ID, Context, Limit, Reader, Row, operation

from ...registry.lookup import ProjectRef
from .. import list_queries, showing
from ..models import QuestionList

Whose = Literal["all", "mine", "to_answer"]
Standing = Literal["open", "overdue"]


@operation("GET /api/questions", profile="projects", read_only=True)
async def list_questions(
    context: Context,
    project: ProjectRef | None = None,
    asking_project: ProjectRef | None = None,
    whose: Whose | None = None,
    state: Standing | None = None,
    before: Annotated[int, Field(ge=1, le=LARGEST_ID)] = LARGEST_ID,
    limit: Limit = 30,
) -> QuestionList:
    """List questions and how each stands, newest first: to a project, or without one those that you have asked.

    whose: all, mine, or to_answer: what waits for your word. state: only open, or overdue.
    """
    chosen: Whose = whose or ("all" if project or asking_project else "mine")
    rows = await context.read(_listed, context, project, asking_project, chosen, state, before, limit + 1)
    shown = context.budget().fit(await context.read(showing.shown, context, rows[:limit]))
    return QuestionList(questions=shown, next=shown[-1].id if shown and len(rows) > len(shown) else None)


def _listed(
    reader: Reader,
    context: Context,
    project: str | None,
    asking_project: str | None,
    whose: Whose,
    state: Standing | None,
    before: int,
    limit: int,
) -> list[Row]:
    me = context.actor.name
    return list_queries.listed(
        reader,
        project,
        asking_project,
        asker=me if whose == "mine" else None,
        waits_for=me if whose == "to_answer" else None,
        only_open=state == "open",
        late_at=context.now() if state == "overdue" else None,
        before=before,
        limit=limit,
    )
