"""On the page of a project: on what it builds, who builds on it, and what it has announced; and the forms for these."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from quart import Request, Response

from teammcp import Access, Context, Reader
from teammcp.web import Outcome, Page, form_call, see

from ...pages.forms import split
from ...pages.layout import OF, project_path, show
from ...registry import existing
from ...registry.models import Project, ProjectLine
from ...registry.operations.projects import get_project, list_projects
from .. import voices
from ..models import Subscription
from .words import notice_path, words

Key = TypeVar("Key", str, tuple[str, str])

FIELDS = ("change", "publication", "version", "content", "next_step", "act_by", "also")
CHOSEN = ("to", "publication")
SHOWN = 5
"""Notices that the page of a project shows, the newest of those that are open."""


async def relations(context: Context, project: str) -> dict[str, Any]:
    """What the page of a project shows of these."""
    found = await subscriptions(context, project)
    noticed = await context.call("list_notices", project=project, limit=SHOWN)
    return {
        "builds_on": publications((each.to, each.publication) for each in found if each.project == project),
        "used_by": publications((each.project, each.publication) for each in found if each.to == project),
        "notices": noticed.notices,
        "speaks": await context.read(_speaks, context, project),
        **words(),
    }


def publications(pairs: Iterable[tuple[Key, str]]) -> list[tuple[Key, list[str]]]:
    """Of each name, or of each that builds and on whom, on what is built; empty where that is all of it."""
    found: dict[Key, list[str]] = {}
    for key, publication in pairs:
        found.setdefault(key, []).append(publication)
    return [(key, [] if "" in parts else sorted(parts)) for key, parts in sorted(found.items())]


async def subscriptions(context: Context, project: str | None = None) -> list[Subscription]:
    """All subscriptions of a project and to it; of all projects, if none is named."""
    found: list[Subscription] = []
    after: int | None = 0
    while after is not None:
        page = await context.call("list_subscriptions", project=project, after=after, limit=200)
        found += page.subscriptions
        after = page.next
    return found


async def all_projects(context: Context) -> list[ProjectLine]:
    """All projects of the team."""
    found: list[ProjectLine] = []
    after: str | None = ""
    while after is not None:
        page = await context.call(list_projects, after=after, limit=200)
        found += page.projects
        after = page.next
    return found


def _speaks(reader: Reader, context: Context, project: str) -> bool:
    return voices.speaks_for(reader, context.actor, existing(reader, project))


async def announce(context: Context, request: Request, name: str) -> Response:
    """Announce a change, or ask those who build on a project to act."""
    found: Project = await context.call(get_project, project=name)
    typed, outcome = dict.fromkeys(FIELDS, ""), Outcome()
    typed["change"] = "breaking"
    if request.method == "POST":
        form = await request.form
        typed = {field: form.get(field, "") for field in FIELDS}
        given = {**typed, "act_by": typed["act_by"] or None, "also": split(typed["also"])}
        outcome = await form_call(context, "announce_change", project=name, **given)
        if outcome.ok:
            return see(notice_path(outcome.result.id))
    used_by = sorted({each.project for each in await subscriptions(context, name) if each.to == name})
    return await show(context, "announce.html", outcome, project=found, typed=typed, used_by=used_by, **words())


async def build_on(context: Context, request: Request, name: str) -> Response:
    """Let a project build on another."""
    typed, outcome = dict.fromkeys(CHOSEN, ""), Outcome()
    if request.method == "POST":
        form = await request.form
        typed = {field: form.get(field, "") for field in typed}
        outcome = await form_call(context, "subscribe_project", project=name, **typed)
        if outcome.ok:
            return see(project_path(name))
    return await _build_on(context, name, outcome, typed)


async def _build_on(context: Context, name: str, outcome: Outcome, typed: dict[str, str]) -> Response:
    found: Project = await context.call(get_project, project=name)
    offers = {each.name: each for each in await all_projects(context) if each.name != found.name}
    return await show(
        context,
        "build_on.html",
        outcome,
        project=found,
        offers=offers,
        builds_on=[each for each in await subscriptions(context, name) if each.project == found.name],
        typed=typed,
    )


async def build_no_more(context: Context, request: Request, name: str, subscription_id: int) -> Response:
    """End a subscription."""
    outcome = await form_call(context, "unsubscribe_project", subscription_id=subscription_id)
    return (
        see(project_path(name))
        if outcome.ok
        else await _build_on(context, name, outcome, {"to": "", "publication": ""})
    )


PAGES = [
    Page(f"{OF}/announce", announce, ("GET", "POST"), Access.member),
    Page(f"{OF}/builds-on", build_on, ("GET", "POST"), Access.member),
    Page(f"{OF}/builds-on/<int:subscription_id>/end", build_no_more, ("POST",), Access.member),
]
