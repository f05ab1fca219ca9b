"""Pages of questions: asking a project something, and one question with its answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from quart import Request, Response

from teammcp import Access, Context, NotFound, PartShown, StoredPart, TeamError, draw_parts, draw_stored_parts
from teammcp.web import Outcome, Page, draw_panels, form_call, go_back, see
from teammcp.web import gettext as _

from ..questions import thread
from ..questions.models import OPEN, Question
from ..questions.operations.answering import may_answer, may_take_back
from ..questions.operations.countering import may_ask_back
from ..questions.troubles import DESERTED
from ..status.operations import teams_get_status
from . import projects
from .layout import OF, question_path, show

PATH = "/projects/questions/<int:question_id>"


async def ask(context: Context, request: Request, name: str) -> Response:
    """Ask a project something."""
    typed = (await request.form).get("question", "")
    outcome = await form_call(context, "teams_ask", projects=[name], question=typed)
    if outcome.ok:
        return see(question_path(outcome.result.questions[0].id))
    return await projects.project_page(context, name, outcome, asked=typed)


async def question(context: Context, request: Request, question_id: int) -> Response:
    """One question."""
    return await _question(context, question_id)


async def _question(
    context: Context, number: int, outcome: Outcome | None = None, answer: str = "", asked_back: str = ""
) -> Response:
    found: Question = await context.call("get_question", question_id=number)
    told = {found.answer_id: found.answer_parts}
    told |= {each.asked_id: each.asked_parts for each in found.exchanges}
    asked_in = found.message_id
    says = found.state == "countered" and found.asker == context.actor.name
    stored = await context.read(thread.stored_parts, number)
    return await show(
        context,
        "question.html",
        outcome,
        question=found,
        receipt=None if asked_in is None else await _receipt(context, asked_in),
        panels=None if asked_in is None else await draw_panels(context, "work", asked_in),
        drawings=await _drawings(context, number, stored, found.parts),
        said_drawings=[await _drawings(context, number, stored, each.said_parts) for each in found.exchanges],
        drawn=await draw_parts(context, {message: parts for message, parts in told.items() if message}),
        reach=await _reach(context, found),
        is_deserted=found.trouble.startswith(DESERTED.format(found.project)),
        holder_here=found.holder is not None and context.team.presence.online(found.holder),
        # What somebody has typed in vain stays there, whatever came of the question meanwhile.
        answers=bool(answer and not says) or (not found.answer and await context.read(may_answer, context, number)),
        asks_back=bool(asked_back) or may_ask_back(context.actor, found.state, found.holder),
        says=says,
        takes_back=found.state in OPEN and may_take_back(context.actor, found.asker),
        answer=answer,
        asked_back=asked_back,
    )


async def _reach(context: Context, found: Question) -> str:
    """Whom a question that waits would reach; empty for one that does not wait."""
    if found.state != "queued":
        return ""
    return (await context.call(teams_get_status, projects=[found.project])).projects[0].reach


async def _drawings(
    context: Context, number: int, stored: Sequence[StoredPart], told: Sequence[PartShown], *, whole: bool = False
) -> list[Any]:
    """Some of the parts with which a question is asked as pages show them."""
    kept = {part.number: part for part in stored}
    parts = [(kept[part.number], part) for part in told if part.number in kept]
    return await draw_stored_parts(context, parts, f"{question_path(number)}/parts", whole=whole)


async def part(context: Context, request: Request, question_id: int, number: int) -> Response:
    """A part with which a question is asked, whole."""
    found: Question = await context.call("get_question", question_id=question_id)
    told = [*found.parts, *(part for each in found.exchanges for part in each.said_parts)]
    chosen = [part for part in told if part.number == number]
    stored = await context.read(thread.stored_parts, question_id)
    drawings = await _drawings(context, question_id, stored, chosen, whole=True)
    if not drawings:
        raise NotFound(_("The question has no such part."))
    return await show(context, "question_part.html", question=found, drawings=drawings)


async def _receipt(context: Context, message_id: int) -> Any:
    """Whether the message in which somebody was asked has arrived; None for whoever may not see that."""
    try:
        return (await context.call("get_receipt", message_id=message_id)).recipients[0]
    except TeamError:
        return None


async def answer(context: Context, request: Request, question_id: int) -> Response:
    """Answer a question, or say that nobody can."""
    form = await request.form
    typed = form.get("answer", "")
    outcome = await form_call(
        context, "answer_question", question_id=question_id, answer=typed, cannot_say="cannot_say" in form
    )
    return see(question_path(question_id)) if outcome.ok else await _question(context, question_id, outcome, typed)


async def ask_back(context: Context, request: Request, question_id: int) -> Response:
    """Ask something back about a question."""
    typed = (await request.form).get("content", "")
    outcome = await form_call(context, "ask_back", question_id=question_id, content=typed)
    if outcome.ok:
        return see(question_path(question_id))
    return await _question(context, question_id, outcome, asked_back=typed)


async def cancel(context: Context, request: Request, question_id: int) -> Response:
    """Take a question back."""
    outcome = await form_call(context, "cancel_question", question_id=question_id)
    if outcome.ok:
        return await go_back(request, question_path(question_id))
    return await _question(context, question_id, outcome)


PAGES = [
    Page(f"{OF}/ask", ask, ("POST",), Access.member),
    Page(PATH, question),
    Page(f"{PATH}/parts/<int:number>", part),
    Page(f"{PATH}/answer", answer, ("POST",), Access.member),
    Page(f"{PATH}/ask-back", ask_back, ("POST",), Access.member),
    Page(f"{PATH}/cancel", cancel, ("POST",), Access.member),
]
