"""Pages of projects: all of them, one with its facts, and the forms to add, change and remove one."""

from __future__ import annotations

from typing import Any

from quart import Request, Response

from teammcp import Access, Context, Reader
from teammcp.web import Outcome, Page, attempt, form_call, gettext, mark, see

from ..lanes.choosing import hindrance, known
from ..notices.pages.relations import all_projects, relations
from ..notices.pages.words import EVENTS as NOTICE_EVENTS
from ..questions.operations.asking import can_ask
from ..registry import existing, is_in_charge, project_of, queries
from ..registry.models import Project
from ..registry.operations.projects import get_project
from ..status.models import ProjectStatus
from ..status.operations import teams_get_status
from . import forms
from .layout import CONVERSATION_EVENTS, OF, PATH, QUESTION_EVENTS, project_path, show

SHOWN = 20
"""Questions that the page of a project shows, the newest ones."""


async def projects(context: Context, request: Request) -> Response:
    """All projects."""
    found = await all_projects(context)
    standing = {each.project: each for each in await _standing(context)}
    return await show(context, "projects.html", place="projects", projects=found, standing=standing)


async def _standing(context: Context) -> list[ProjectStatus]:
    """How all projects stand."""
    found: list[ProjectStatus] = []
    after: str | None = ""
    while after is not None:
        page = await context.call(teams_get_status, after=after, limit=200)
        found += page.projects
        after = page.next
    return found


async def project(context: Context, request: Request, name: str) -> Response:
    """One project: its facts, and who works in it."""
    return await project_page(context, name)


async def project_page(
    context: Context,
    name: str,
    outcome: Outcome | None = None,
    working: dict[str, Any] | None = None,
    asked: str = "",
) -> Response:
    """The page of a project, with what somebody has typed into its forms in vain."""
    found: Project = await context.call(get_project, project=name)
    changes = is_in_charge(context.actor, found.owners)
    listed = await context.call("list_questions", project=name, limit=SHOWN)
    [status] = (await context.call(teams_get_status, projects=[name])).projects
    return await show(
        context,
        "project.html",
        outcome,
        project=found,
        changes=changes,
        hindrance=await _hindrance(context, name) if changes else "",
        working=working or forms.working(found),
        work_open=working is not None,
        questions=listed.questions,
        standing=status,
        doing={each.agent: each.status for each in status.answerers},
        asks=await context.read(_can_ask, context, name),
        asked=asked,
        **await relations(context, found.name),
        **await _conversations(context, found.name),
    )


async def _hindrance(context: Context, project: str) -> str:
    """What keeps agents from being started to answer, for those who can do something about it."""
    return await hindrance(context, await context.read(existing, project), gettext)


async def _conversations(context: Context, project: str) -> dict[str, Any]:
    """What is shown of the conversations of agents that were started to answer."""
    found = await context.call("list_conversations", project=project)
    mine = await context.read(project_of, context.actor.name) or f"@{context.actor.name}"
    return {"conversations": found.conversations, "conversation_events": CONVERSATION_EVENTS, "mine": mine}


def _can_ask(reader: Reader, context: Context, name: str) -> bool:
    row = queries.project(reader, name)
    return row is not None and can_ask(reader, context, row)


async def work(context: Context, request: Request, name: str) -> Response:
    """Say who works in a project, and who of them answers."""
    sent = forms.typed_working(await request.form)
    outcome = await form_call(context, "set_project_agents", project=name, **forms.working_arguments(sent))
    return see(project_path(name)) if outcome.ok else await project_page(context, name, outcome, sent)


async def add(context: Context, request: Request) -> Response:
    """Add a project."""
    values, outcome = forms.shown(None), Outcome()
    if request.method == "POST":
        form = await request.form
        values = forms.typed(form)
        facts = forms.arguments(form)
        if not facts["owners"]:
            del facts["owners"]
        outcome = await attempt(context, "add_project", {"name": form.get("name", ""), **facts})
        if outcome.ok:
            return see(project_path(outcome.result.name))
    return await show(context, "form.html", outcome, project=None, values=values, **await known(context))


async def change(context: Context, request: Request, name: str) -> Response:
    """Change what is known of a project."""
    found: Project = await context.call(get_project, project=name)
    values, version, outcome = forms.shown(found), str(found.version), Outcome()
    if request.method == "POST":
        form = await request.form
        values, version = forms.typed(form), form.get("expected_version", version)
        outcome = await attempt(
            context,
            "update_project",
            {"project": name, "expected_version": version, **forms.arguments(form)},
        )
        if outcome.ok:
            return see(project_path(name))
    names = await known(context)
    return await show(context, "form.html", outcome, project=found, values=values, version=version, **names)


async def remove(context: Context, request: Request, name: str) -> Response:
    """Remove a project, once somebody is sure."""
    found: Project = await context.call(get_project, project=name)
    if request.method == "GET":
        return await show(context, "remove.html", project=found)
    outcome = await form_call(context, "remove_project", project=name)
    return see(PATH) if outcome.ok else await project_page(context, name, outcome)


PAGES = [
    Page(
        PATH,
        projects,
        label=mark("Projects"),
        icon="folder",
        order=57,
        badge="questions notices",
        badge_on=(*NOTICE_EVENTS, *QUESTION_EVENTS.split()),
    ),
    Page(f"{PATH}/add", add, ("GET", "POST"), Access.manager),
    Page(OF, project),
    Page(f"{OF}/change", change, ("GET", "POST"), Access.member),
    Page(f"{OF}/agents", work, ("POST",), Access.member),
    Page(f"{OF}/remove", remove, ("GET", "POST"), Access.manager),
]
