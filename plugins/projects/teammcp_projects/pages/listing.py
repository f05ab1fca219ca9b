"""The list of questions."""

from __future__ import annotations

from typing import Any

from quart import Request, Response

from teammcp import Context
from teammcp.web import Outcome, Page, form_call, mark

from ..registry import queries
from ..registry.models import MOST_PROJECTS
from .layout import PATH, questions_path, show

SHOWN = 30
WHOSE = {"all": mark("all"), "mine": mark("asked by me"), "to_answer": mark("wait for me")}
STANDINGS = {"": mark("all"), "open": mark("open"), "overdue": mark("overdue")}


async def questions(context: Context, request: Request) -> Response:
    """All questions that one may see, with filters."""
    filters = {name: request.args.get(name, "") for name in ("project", "asking_project", "whose", "state")}
    filters["whose"] = filters["whose"] if filters["whose"] in WHOSE else "all"
    asked: dict[str, Any] = {name: value for name, value in filters.items() if value}
    if request.args.get("before", "").isdecimal():
        asked["before"] = int(request.args["before"])
    outcome: Outcome = await form_call(context, "list_questions", limit=SHOWN, **asked)
    found = outcome.result
    return await show(
        context,
        "questions.html",
        outcome,
        place="questions",
        questions=found.questions if outcome.ok else [],
        filters=filters,
        whose=WHOSE,
        standings=STANDINGS,
        projects=[row["name"] for row in await context.read(queries.projects, "", MOST_PROJECTS)],
        here=questions_path(**asked),
        older=questions_path(**{**asked, "before": found.next}) if outcome.ok and found.next else None,
    )


PAGES = [Page(f"{PATH}/questions", questions)]
