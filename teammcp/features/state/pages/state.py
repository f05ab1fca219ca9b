"""Pages of the shared state: projects, a project's fields, one field with its history, and changing it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from quart import Request, Response
from werkzeug.datastructures import MultiDict

from ....errors import Conflict, NotFound
from ....members.directory import Access
from ....operations import Context
from ....web import Notice, Outcome, Page, attempt, form_call, go_back, mark, render, see, values
from ....web import gettext as _
from ....web.members import kind_of
from .. import permissions
from ..models import StateEntry, StateField
from ..operations.changes import DEFAULT_PROJECT
from ..operations.retrieval import get_state, list_state_projects
from ..operations.subscriptions import news

FIELDS = 100
ENTRIES = 20
CONFLICT = 409


@dataclass(frozen=True)
class Draft:
    """What somebody has typed into the form of a field."""

    value: str = ""
    reason: str = ""
    settings: dict[str, Any] = field(default_factory=dict)


def project_path(project: str) -> str:
    """The address of a project's fields."""
    return f"/state/projects/{project}"


def field_path(project: str, name: str) -> str:
    """The address of a field."""
    return f"{project_path(project)}/fields/{name}"


async def projects(context: Context, request: Request) -> Response:
    """All projects, and what has changed in the fields one has subscribed to."""
    found = await context.call(list_state_projects, after=request.args.get("after", ""))
    return await _render(context, "state/projects.html", found=found, news=await news(context))


async def project_fields(context: Context, request: Request, project: str) -> Response:
    """A project's fields."""
    offset = max(0, request.args.get("offset", 0, type=int))
    found = await context.call(get_state, project_id=project, limit=FIELDS, offset=offset)
    return await _render(context, "state/project.html", project=project, found=found.root)


async def show_field(
    context: Context,
    request: Request,
    project: str,
    name: str,
    outcome: Outcome | None = None,
    draft: Draft | None = None,
) -> Response:
    """One field: its value, whose it is, its history, and the form to change it."""
    which = {"project_id": project, "field": name}
    found: StateField | None = (await context.call("get_state", **which)).root
    page = {"limit": ENTRIES} | {key: request.args[key] for key in ("before",) if key in request.args}
    history = (await context.call("get_state_history", **which, **page)).root
    if found is None and not history:
        raise NotFound(f"There is no field '{name}' in project '{project}'.", code="state_not_found")
    outcome = outcome or Outcome()
    theirs = found if draft is not None and outcome.status == CONFLICT else None
    if theirs is not None:
        outcome = replace(outcome, notice=Notice("error", _("Somebody else was faster: nothing was saved.")))
    return await _render(
        context,
        "state/field.html",
        outcome,
        project=project,
        name=name,
        path=field_path(project, name),
        field=found,
        history=history,
        more=history[-1].id if len(history) == ENTRIES and history[-1].version > 1 else None,
        draft=draft or Draft("" if found is None else values.typed(found.value)),
        theirs=theirs,
        mine=values.parse(draft.value) if draft is not None and theirs is not None else None,
        news=[item for item in await news(context) if (item.project_id, item.field) == (project, name)],
        may_write=permissions.may_write(context, found),
        may_manage=permissions.may_manage(context, found),
        may_propose=context.server.plugins.handles("before_state_change"),
        approver=found and permissions.approver_of(context, found),
    )


async def change_field(context: Context, request: Request, project: str, name: str) -> Response:
    """Set a field to what was typed, unless somebody else has changed it meanwhile: then show both."""
    form = await request.form
    found: StateField | None = (await context.call("get_state", project_id=project, field=name)).root
    draft = _draft(form, found)
    outcome = await _set(context, draft, project, name, form.get("expected_version", 0, type=int))
    if outcome.ok:
        return see(field_path(project, name))
    return await show_field(context, request, project, name, outcome, draft if outcome.status >= 400 else None)


async def new_field(context: Context, request: Request) -> Response:
    """Make a field."""
    form = await request.form
    given = form if request.method == "POST" else request.args
    project, name = given.get("project", DEFAULT_PROJECT), given.get("field", "")
    draft, outcome = _draft(form, None), Outcome()
    if request.method == "POST":
        outcome = await _set(context, draft, project, name, 0)
        if outcome.ok:
            return see(field_path(project, name))
    return await _render(context, "state/new.html", outcome, project=project, name=name, draft=draft)


def _draft(form: MultiDict[str, str], found: StateField | None) -> Draft:
    """The form's fields; of owner and approval only what is to change."""
    settings: dict[str, Any] = {}
    if found is not None and "settings" in form:
        wanted = {
            "owner": form.get("owner", "").strip() or found.owner,
            "approver": form.get("approver", "").strip(),
            "approval_required": "approval_required" in form,
        }
        now = {**found.model_dump(include=set(wanted)), "approver": found.approver or ""}
        settings = {key: value for key, value in wanted.items() if value != now[key]}
    return Draft(form.get("value", ""), form.get("reason", ""), settings)


async def _set(context: Context, draft: Draft, project: str, name: str, version: int) -> Outcome:
    try:
        value = values.parse(draft.value)
    except ValueError as error:
        return Outcome(notice=Notice("error", str(error), "value"), status=400)
    arguments = {"project_id": project, "field": name, "value": value, "reason": draft.reason}
    return await attempt(context, "set_state", {**arguments, **draft.settings, "expected_version": version})


async def delete_field(context: Context, request: Request, project: str, name: str) -> Response:
    """Delete a field, once somebody is sure."""
    if request.method == "GET":
        return await _ask_to_delete(context, project, name)
    form = await request.form
    outcome = await form_call(
        context,
        "delete_state",
        project_id=project,
        field=name,
        reason=form.get("reason"),
        expected_version=form.get("expected_version", type=int),
    )
    if outcome.ok:
        return see(project_path(project))
    if outcome.status == Conflict.status:  # somebody has changed it: look at it first
        return await show_field(context, request, project, name, outcome)
    return await _ask_to_delete(context, project, name, outcome)


async def _ask_to_delete(context: Context, project: str, name: str, outcome: Outcome | None = None) -> Response:
    found = (await context.call(get_state, project_id=project, field=name)).root
    if found is None:
        raise NotFound(f"There is no field '{name}' in project '{project}'.", code="state_not_found")
    return await _render(context, "state/delete.html", outcome, field=found)


async def subscribe(context: Context, request: Request, project: str, name: str) -> Response:
    """Subscribe to a field, or end that."""
    operation = "unsubscribe_state" if "end" in await request.form else "subscribe_state"
    await context.call(operation, project_id=project, fields=[name])
    return await go_back(request, field_path(project, name))


async def seen(context: Context, request: Request) -> Response:
    """Acknowledge the changes that were shown."""
    form = await request.form
    parts = [item.split(" ") for item in form.getlist("item")]
    items = [
        {"project_id": part[0], "field": part[1], "version": int(part[2])}
        for part in parts
        if len(part) == 3 and part[2].isdecimal()
    ]
    if items:
        await context.call("ack_state", items=items)
    return await go_back(request, "/state")


def differences(entry: StateEntry) -> list[values.Line]:
    """What an entry of the history changed."""
    if entry.action == "created":
        return values.only("added", entry.value)
    if entry.action == "deleted":
        return values.only("removed", entry.old_value)
    return values.compare(entry.old_value, entry.value)


async def _render(context: Context, template: str, outcome: Outcome | None = None, **variables: Any) -> Response:
    outcome = outcome or Outcome()
    return await render(
        context,
        template,
        outcome.status,
        notice=outcome.notice,
        project_path=project_path,
        field_path=field_path,
        rendered=values.rendered,
        preview=values.preview,
        compare=values.compare,
        differences=differences,
        kind_of=partial(kind_of, context),
        **variables,
    )


NEWS = ("state.changed", "state.deleted", "state.acked", "state.unsubscribed")
FIELD = "/state/projects/<project>/fields/<name>"

PAGES = [
    Page("/state", projects, label=mark("State"), icon="state", order=25, badge="state", badge_on=NEWS),
    Page("/state/new", new_field, ("GET", "POST"), Access.member),
    Page("/state/seen", seen, ("POST",)),
    Page("/state/projects/<project>", project_fields),
    Page(FIELD, show_field),
    Page(f"{FIELD}/set", change_field, ("POST",), Access.member),
    Page(f"{FIELD}/delete", delete_field, ("GET", "POST"), Access.member),
    Page(f"{FIELD}/subscribe", subscribe, ("POST",)),
]
