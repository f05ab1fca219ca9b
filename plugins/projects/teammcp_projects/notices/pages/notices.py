"""Pages of notices: those that are open, one with its lines, and what is said to it."""

from __future__ import annotations

from typing import Any

from quart import Request, Response

from teammcp import Access, Context, NotFound, Reader, draw_parts, draw_stored_parts
from teammcp.web import Outcome, Page, form_call, see
from teammcp.web import gettext as _

from ...pages.layout import show
from ...registry import project_of
from ...registry import queries as registry
from .. import shapes, voices
from ..models import NoticeDetail, NoticeLine
from ..shapes import NOBODY
from .words import PATH, notice_path, words

SHOWN = 50
LINES = 200
TYPED = ("project", "state", "words", "end", "why")
"""The fields of the forms on the page of a notice."""


async def notices(context: Context, request: Request) -> Response:
    """Notices: those that wait for one, those that are open, or all."""
    view = request.args.get("view", "open")
    chosen: dict[str, Any] = {"state": "all" if view == "all" else "open", "mine": view == "mine", "limit": SHOWN}
    for name in ("before", "project"):
        if request.args.get(name):
            chosen[name] = request.args[name]
    found = await context.call("list_notices", **chosen)
    return await show(
        context,
        "notices.html",
        place="notices",
        notices=found.notices,
        following=found.next,
        view=view,
        only=chosen.get("project", ""),
        **words(),
    )


async def notice(context: Context, request: Request, notice_id: int) -> Response:
    """One notice, with how each project stands."""
    return await notice_page(context, notice_id)


async def notice_page(
    context: Context, number: int, outcome: Outcome | None = None, typed: dict[str, str] | None = None
) -> Response:
    """The page of a notice, with what somebody has typed into its forms in vain."""
    found: NoticeDetail = await context.call("get_notice", notice_id=number, limit=LINES)
    lines, after = [*found.lines], found.next
    while after is not None:
        page: NoticeDetail = await context.call("get_notice", notice_id=number, after=after, limit=LINES)
        lines, after = [*lines, *page.lines], page.next
    mine, ends = await context.read(_voice, context, found.project, lines)
    replies = {reply.message_id: reply.parts for line in lines for reply in line.replies if reply.parts}
    return await show(
        context,
        "notice.html",
        outcome,
        contract=found,
        lines=lines,
        drawings=await _drawings(context, found),
        nobody=NOBODY,
        reply_drawings=await draw_parts(context, replies),
        mine=mine if found.state in ("open", "done") else [],
        ends=ends and found.state in ("open", "done"),
        typed=dict.fromkeys(TYPED, "") | (typed or {}),
        **words(),
    )


async def _drawings(context: Context, found: NoticeDetail, *, whole: int | None = None) -> list[Any]:
    """The parts of a notice as pages show them; with ``whole`` that one alone, and all of it."""
    row = await context.read(shapes.existing, found.id)
    kept = {part.number: part for part in shapes.stored_parts(row)}
    parts = [(kept[part.number], part) for part in found.parts if whole in (None, part.number)]
    return await draw_stored_parts(context, parts, f"{notice_path(found.id)}/parts", whole=whole is not None)


async def part(context: Context, request: Request, notice_id: int, number: int) -> Response:
    """A part of a notice, whole."""
    found: NoticeDetail = await context.call("get_notice", notice_id=notice_id, limit=1)
    drawings = await _drawings(context, found, whole=number)
    if not drawings:
        raise NotFound(_("The notice has no such part."))
    return await show(context, "notice_part.html", contract=found, drawings=drawings, **words())


def _voice(reader: Reader, context: Context, project: str, lines: list[NoticeLine]) -> tuple[list[str], bool]:
    """The projects of a notice for which the actor speaks, its own first, and whether it may end the notice."""
    own = project_of(reader, context.actor.name)
    mine = [each.project for each in lines if _speaks(reader, context, each.project)]
    return sorted(mine, key=lambda name: name != own), _speaks(reader, context, project)


def _speaks(reader: Reader, context: Context, project: str) -> bool:
    row = registry.project(reader, project)
    return row is not None and voices.speaks_for(reader, context.actor, row)


async def answer(context: Context, request: Request, notice_id: int) -> Response:
    """Say how a project stands with a notice."""
    form = await request.form
    typed = {name: form.get(name, "") for name in ("project", "state", "words")}
    outcome = await form_call(context, "answer_notice", notice_id=notice_id, **typed)
    return see(notice_path(notice_id)) if outcome.ok else await notice_page(context, notice_id, outcome, typed)


async def end(context: Context, request: Request, notice_id: int) -> Response:
    """Close or withdraw a notice."""
    form = await request.form
    typed = {"end": form.get("end", ""), "why": form.get("why", "")}
    outcome = await form_call(context, "end_notice", notice_id=notice_id, state=typed["end"], words=typed["why"])
    return see(notice_path(notice_id)) if outcome.ok else await notice_page(context, notice_id, outcome, typed)


ONE = f"{PATH}/<int:notice_id>"
PAGES = [
    Page(PATH, notices),
    Page(ONE, notice),
    Page(f"{ONE}/parts/<int:number>", part),
    Page(f"{ONE}/answer", answer, ("POST",), Access.member),
    Page(f"{ONE}/end", end, ("POST",), Access.member),
]
