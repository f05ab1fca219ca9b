"""Pages of projects: all of them, one with its facts, and the forms to add, change and remove one."""

from __future__ import annotations

from functools import partial
from typing import Any
from urllib.parse import quote

from quart import Request, Response

from teammcp import Access, Context
from teammcp.web import Outcome, Page, attempt, form_call, kind_of, mark, render, see
from teammcp.web import gettext as _

from ..registry import is_in_charge
from ..registry.models import Project, ProjectLine
from ..registry.operations.projects import get_project, list_projects
from . import forms

PATH = "/projects"
EVENTS = "project.added project.updated project.removed project.agents_changed"
KINDS = {
    "api": mark("API"),
    "package": mark("package"),
    "event": mark("event"),
    "schema": mark("schema"),
    "other": mark("other"),
}


def project_path(name: str) -> str:
    """The address of a project."""
    return f"{PATH}/of/{quote(name, safe='')}"


async def show(context: Context, template: str, outcome: Outcome | None = None, /, **variables: Any) -> Response:
    """A page of this plugin.

    Args:
        context: who looks at it.
        template: its name in the folder ``projects``.
        outcome: what came of a form, if one was sent.
        variables: what it shows.
    """
    outcome = outcome or Outcome()
    return await render(
        context,
        f"projects/{template}",
        outcome.status,
        notice=outcome.notice,
        project_path=project_path,
        project_events=EVENTS,
        kind_of=partial(kind_of, context),
        kinds={kind: _(word) for kind, word in KINDS.items()},
        **variables,
    )


async def projects(context: Context, request: Request) -> Response:
    """All projects."""
    found: list[ProjectLine] = []
    after: str | None = ""
    while after is not None:
        page = await context.call(list_projects, after=after, limit=200)
        found += page.projects
        after = page.next
    return await show(context, "projects.html", projects=found)


async def project(context: Context, request: Request, name: str) -> Response:
    """One project: its facts, and who works in it."""
    return await _project(context, name)


async def _project(
    context: Context, name: str, outcome: Outcome | None = None, working: dict[str, str] | None = None
) -> Response:
    found: Project = await context.call(get_project, project=name)
    changes = is_in_charge(context.actor, found.owners)
    return await show(
        context, "project.html", outcome, project=found, changes=changes, working=working or forms.working(found)
    )


async def work(context: Context, request: Request, name: str) -> Response:
    """Say who works in a project, and who of them answers."""
    form = await request.form
    sent = {field: form.get(field, "") for field in ("agents", "answerers")}
    answerers = forms.split(sent["answerers"]) or None
    outcome = await form_call(
        context, "set_project_agents", project=name, agents=forms.split(sent["agents"]), answerers=answerers
    )
    return see(project_path(name)) if outcome.ok else await _project(context, name, outcome, sent)


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
    return await show(context, "form.html", outcome, project=None, values=values)


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
    return await show(context, "form.html", outcome, project=found, values=values, version=version)


async def remove(context: Context, request: Request, name: str) -> Response:
    """Remove a project, once somebody is sure."""
    found: Project = await context.call(get_project, project=name)
    if request.method == "GET":
        return await show(context, "remove.html", project=found)
    outcome = await form_call(context, "remove_project", project=name)
    return see(PATH) if outcome.ok else await _project(context, name, outcome)


OF = f"{PATH}/of/<name>"

PAGES = [
    Page(PATH, projects, label=mark("Projects"), icon="folder", order=57),
    Page(f"{PATH}/add", add, ("GET", "POST"), Access.manager),
    Page(OF, project),
    Page(f"{OF}/change", change, ("GET", "POST"), Access.member),
    Page(f"{OF}/agents", work, ("POST",), Access.member),
    Page(f"{OF}/remove", remove, ("GET", "POST"), Access.manager),
]
