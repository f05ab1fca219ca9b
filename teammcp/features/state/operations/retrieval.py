"""Reading the shared state: fields, projects, history, and how to go about a change."""

from __future__ import annotations

import json
from typing import Annotated, Literal

from pydantic import Field

from ....arguments.fields import Limit
from ....arguments.paging import Cursor, from_cursor, to_cursor
from ....errors import InvalidInput
from ....members.directory import Access
from ....operations import Context, operation
from ....operations.budget import Budget
from ....storage import LARGEST_ID, Reader, Row
from .. import permissions, queries
from ..models import (
    FieldName,
    Project,
    ProjectId,
    ProjectList,
    Route,
    Routes,
    RouteTask,
    StateEntry,
    StateField,
    StateFields,
    StateFound,
    StateHistory,
)
from .changes import DEFAULT_PROJECT, find, of_rows

DAY = 24 * 3600 * 1000
BUSY = 3
"""Changes of a field within a day, beyond which it is disputed."""
OWNERS = 2
"""Owners of the fields of a task, beyond which it concerns many."""


@operation("GET /api/state", profile="state", everyday=True, read_only=True)
async def get_state(
    context: Context,
    project_id: ProjectId = DEFAULT_PROJECT,
    field: FieldName | None = None,
    limit: Limit = 100,
    offset: Annotated[int, Field(ge=0, le=LARGEST_ID)] = 0,
    cursor: Cursor | None = None,
) -> StateFound:
    """Read the team's shared state: one field (null if there is none), or without field all of a project."""
    if field is not None:
        return StateFound(await context.read(find, project_id, field))
    after: str = "" if cursor is None else from_cursor(cursor, str)[0]
    if after and offset:
        raise InvalidInput("offset: leave it out; the cursor says where to go on.")
    return StateFound(await context.read(_fields, context.budget(), project_id, after, limit, offset))


def _fields(reader: Reader, budget: Budget, project_id: str, after: str, limit: int, offset: int) -> StateFields:
    project = queries.project(reader, project_id)
    rows = queries.fields(reader, project_id, after, limit + 1, offset)
    items = budget.fit(of_rows(reader, rows[:limit]))
    return StateFields(
        project_id=project_id,
        items=items,
        next=to_cursor(items[-1].field) if len(rows) > len(items) else None,
        total=0 if project is None else project["fields"],
        limit=limit,
        offset=offset,
    )


@operation("GET /api/state/projects", profile="state", everyday=True, read_only=True)
async def list_state_projects(
    context: Context, after: Annotated[str, Field(max_length=256)] = "", limit: Limit = 100
) -> ProjectList:
    """List the projects that have fields of shared state."""
    rows = await context.read(queries.projects, after, limit + 1)
    found = context.budget().fit(
        Project(
            project_id=row["project_id"],
            fields=row["fields"],
            updated_at=row["updated_at"],
            updated_by=row["updated_by"],
        )
        for row in rows[:limit]
    )
    return ProjectList(projects=found, next=found[-1].project_id if len(rows) > len(found) else None)


@operation("GET /api/state/history", profile="state", read_only=True)
async def get_state_history(
    context: Context,
    project_id: ProjectId = DEFAULT_PROJECT,
    field: FieldName | None = None,
    before: Annotated[int, Field(ge=1, le=LARGEST_ID)] = LARGEST_ID,
    limit: Limit = 50,
) -> StateHistory:
    """See how a field, or a whole project, came to be what it is: newest first; before: the last id of the page."""
    rows = await context.read(_changes, project_id, field, before, limit + 1)
    found = context.budget().fit(map(entry_of, rows[:limit]))
    return StateHistory.page(found, more=len(rows) > len(found))


def _changes(reader: Reader, project_id: str, field: str | None, before: int, limit: int) -> list[Row]:
    if field is None:
        return queries.changes_of_project(reader, project_id, before, limit)
    row = queries.field(reader, project_id, field)
    return [] if row is None else queries.changes_of_field(reader, row["id"], before, limit)


def entry_of(row: Row) -> StateEntry:
    """The public shape of a version's row."""
    return StateEntry(
        id=row["id"],
        project_id=row["project_id"],
        field=row["field"],
        version=row["version"],
        action=row["action"],
        old_value=None if row["old_value"] is None else json.loads(row["old_value"]),
        value=None if row["value"] is None else json.loads(row["value"]),
        owner=row["owner"],
        approver=row["approver"],
        approval_required=bool(row["approval_required"]),
        changed_by=row["changed_by"],
        changed_at=row["changed_at"],
        reason=row["reason"],
        grant=row["grant_reference"],
    )


# -- how to go about a change ----------------------------------------------------------------------------------------


@operation("POST /api/state/route", profile="state", read_only=True)
async def route_state(context: Context, task: RouteTask, project_id: ProjectId = DEFAULT_PROJECT) -> Routes:
    """Ask how to go about changing some fields: write them, propose the change to who decides, or discuss it first."""
    names = list(dict.fromkeys(task.affected_fields))
    fields, busy = await context.read(_affected, project_id, names, context.now() - DAY)
    owners = {field.owner for field in fields.values() if field is not None}
    uncertainty = _uncertainty(task, fields, disputed=busy or len(owners) > OWNERS)
    routes = [_route(context, name, fields[name]) for name in names]
    mixed = len({route.action for route in routes}) > 1
    if task.atomic and len(owners) > 1 and mixed:
        reason = "the fields are to change together, and have several owners"
        routes = [route.model_copy(update={"action": "start_discussion", "reason": reason}) for route in routes]
    elif uncertainty == "high":
        routes = [_discussed(route) for route in routes]
    return Routes(agent_id=context.actor.name, project_id=project_id, uncertainty=uncertainty, routes=routes)


def _affected(
    reader: Reader, project_id: str, names: list[str], since: int
) -> tuple[dict[str, StateField | None], bool]:
    """The fields by name, and whether one of them changes often."""
    rows = {name: queries.field(reader, project_id, name) for name in names}
    ages = [queries.changed_at(reader, row["id"], row["version"] - BUSY) for row in rows.values() if row is not None]
    busy = any(at is not None and at >= since for at in ages)
    return {name: find(reader, project_id, name) for name in names}, busy


def _uncertainty(
    task: RouteTask, fields: dict[str, StateField | None], *, disputed: bool
) -> Literal["low", "medium", "high"]:
    if any(field is not None and field.approval_required for field in fields.values()):
        return "high"
    return "medium" if disputed and task.uncertainty == "low" else task.uncertainty


def _route(context: Context, name: str, field: StateField | None) -> Route:
    if field is None:
        if context.actor.access >= Access.manager:
            return Route(field=name, action="write_state", reason="new field")
        return Route(field=name, action="start_discussion", reason="new field")
    if permissions.may_write(context, field):
        reason = "yours" if field.owner == context.actor.name else "you may write it"
        return Route(field=name, action="write_state", reason=reason, owner=field.owner)
    if field.approval_required:
        approver = permissions.approver_of(context, field)
        return Route(
            field=name, action="submit_approval", reason="needs approval", owner=field.owner, approver=approver
        )
    return Route(field=name, action="submit_approval", reason=f"{field.owner}'s", owner=field.owner)


def _discussed(route: Route) -> Route:
    if route.action != "write_state":
        return route
    return route.model_copy(update={"action": "start_discussion", "reason": "the uncertainty is high"})
