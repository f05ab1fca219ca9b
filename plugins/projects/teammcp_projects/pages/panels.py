"""What projects show on pages of others: the questions that wait for whoever looks."""

from __future__ import annotations

from typing import Any

from teammcp import Access, Context
from teammcp.web import Panel, mark

from ..notices.pages.panel import PANEL as NOTICES
from .layout import QUESTION_EVENTS, question_path, questions_path

SHOWN = 5


async def home(context: Context, _nothing: None) -> dict[str, Any] | None:
    """The questions that wait for one's word; nothing if there is none."""
    found = await context.call("list_questions", whose="to_answer", limit=SHOWN)
    if not found.questions:
        return None
    return {
        "questions": found.questions,
        "question_path": question_path,
        "all_path": questions_path(whose="to_answer"),
    }


PANELS = [
    Panel(
        "home",
        "questions",
        home,
        "projects/panel_home.html",
        title=mark("Questions that wait for you"),
        access=Access.member,
        order=15,
        refresh_on=tuple(QUESTION_EVENTS.split()),
    ),
    NOTICES,
]
