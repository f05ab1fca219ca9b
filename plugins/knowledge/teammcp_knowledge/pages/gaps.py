"""Pages of gaps: who misses what, what one misses oneself, and what one wants to know."""

from __future__ import annotations

from quart import Request, Response

from teammcp import Access, Context
from teammcp.web import Outcome, Page, form_call, see, values

from ..gaps.models import KnowledgeGaps, KnowledgeProfile
from ..gaps.operations.gaps import check_knowledge_gaps, get_knowledge_profile
from .findings import show, split_tags

LISTS = ("relevant_fields", "critical_fields", "participating_projects", "participating_channels")


async def gaps(context: Context, request: Request, outcome: Outcome | None = None) -> Response:
    """The matrix, and below it what the reader misses; what is shown here counts as shown."""
    project = request.args.get("project", "").strip()
    matrix = await form_call(context, "get_knowledge_matrix", project_id=project or None)
    mine: KnowledgeGaps = await context.call(check_knowledge_gaps, **{"project_id": project} if project else {})
    return await show(
        context,
        "gaps.html",
        "gaps",
        outcome or matrix,
        project=project,
        matrix=matrix.result if matrix.ok else None,
        mine=mine,
        preview=values.preview,
    )


async def acknowledge(context: Context, request: Request) -> Response:
    """Acknowledge the changes that were shown, project by project."""
    by_project: dict[str, list[str]] = {}
    for item in (await request.form).getlist("item"):
        project, _, field = item.partition(" ")
        by_project.setdefault(project, []).append(field)
    for project, fields in by_project.items():
        outcome = await form_call(context, "acknowledge_knowledge_gaps", project_id=project, fields=fields)
        if not outcome.ok:
            return await gaps(context, request, outcome)
    return see("/knowledge/gaps")


async def profile(context: Context, request: Request) -> Response:
    """Say what a member wants to know."""
    agent, outcome = request.args.get("agent", "").strip(), Outcome()
    whose = {"agent_id": agent} if agent else {}
    if request.method == "POST":
        form = await request.form
        given = {name: split_tags(form.get(name, "")) for name in LISTS}
        outcome = await form_call(context, "update_knowledge_profile", **given, **whose)
        if outcome.ok:
            return see("/knowledge/gaps")
    else:
        found: KnowledgeProfile = await context.call(get_knowledge_profile, **whose)
        given = {name: getattr(found, name) for name in LISTS}
    return await show(context, "profile.html", "gaps", outcome, agent=agent or context.actor.name, given=given)


PAGES = [
    Page("/knowledge/gaps", gaps),
    Page("/knowledge/gaps/acknowledge", acknowledge, ("POST",)),
    Page("/knowledge/gaps/profile", profile, ("GET", "POST"), Access.observer),
]
