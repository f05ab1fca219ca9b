"""Changing the shared state: one field, several at once, deleting. Every way to a new version of a field is here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from pydantic import Field

from ....errors import InvalidInput, NotFound, TeamError
from ....operations import Context, operation
from ....storage import LARGEST_ID, Reader, Row, Transaction, Work
from ...channels import MemberRef, find_agent
from .. import permissions, queries
from ..events import StateChanged, StateDeleted
from ..models import (
    Conclusion,
    FieldName,
    ProjectId,
    Reason,
    StateChange,
    StateConcluded,
    StateField,
    StateWritten,
    Value,
    Version,
    dumps,
    fitting,
)

DEFAULT_PROJECT = "default"
EVENT_VALUE = 4 * 1024
"""Bytes of a value's JSON in an event."""

Name = Annotated[MemberRef, Field(min_length=1, max_length=64)]


@operation("POST /api/state", profile="state", everyday=True)
async def set_state(
    context: Context,
    field: FieldName,
    value: Value,
    project_id: ProjectId = DEFAULT_PROJECT,
    reason: Reason = "",
    expected_version: Version | None = None,
    owner: Name | None = None,
    approver: Annotated[permissions.ApproverRef, Field(max_length=65)] | None = None,
    approval_required: bool | None = None,
    subscribers: Annotated[list[MemberRef], Field(max_length=100)] = [],  # noqa: B006 - never changed
) -> Work[StateWritten]:
    """Set a field of the team's shared state to any JSON value; who makes a field owns it.

    Give the expected_version you read (0: only if it is new), so that nobody's change is lost. An approver is a member,
    or manager or owner for any of them.
    """
    given: dict[str, Any] = {
        "reason": reason or None,
        "expected_version": expected_version,
        "owner": owner and find_agent(context, owner, "owner").name,
        "approver": approver and permissions.approver_named(context, approver),
        "approval_required": approval_required,
        "subscribers": [find_agent(context, name, "subscribers").name for name in subscribers] or None,
    }
    arguments = {"project_id": project_id, "field": field, "value": value}
    arguments |= {key: part for key, part in given.items() if part is not None}
    return await _prepare(context, StateChange(**arguments, operation="set_state", arguments=arguments))


@operation("DELETE /api/state", profile="state", destructive=True)
async def delete_state(
    context: Context,
    field: FieldName,
    project_id: ProjectId = DEFAULT_PROJECT,
    reason: Reason = "",
    expected_version: Annotated[int, Field(ge=1, le=LARGEST_ID)] | None = None,
) -> Work[StateWritten]:
    """Delete a field of the shared state. Its history stays; a field made again under its name goes on counting."""
    arguments: dict[str, Any] = {"project_id": project_id, "field": field, "reason": reason}
    if expected_version is not None:
        arguments["expected_version"] = expected_version
    return await _prepare(
        context, StateChange(**arguments, deleting=True, operation="delete_state", arguments=arguments)
    )


async def _as_each(context: Context, arguments: Any) -> list[dict[str, Any]]:
    """Several fields set at once are each of them set."""
    project = {"project_id": arguments.project_id}
    return [{**project, **each.model_dump(mode="json")} for each in arguments.conclusions]


@operation("POST /api/state/conclude", profile="state", amounts_to={"set_state": _as_each})
async def conclude_state(
    context: Context,
    conclusions: Annotated[list[Conclusion], Field(min_length=1, max_length=100)],
    project_id: ProjectId = DEFAULT_PROJECT,
) -> Work[StateConcluded]:
    """Set several fields of a project at once: all of them or, if one cannot be set, none."""
    _refuse_twice([item.field for item in conclusions])
    arguments = {"project_id": project_id, "conclusions": [item.model_dump(exclude_unset=True) for item in conclusions]}
    works = []
    for item in conclusions:
        change = StateChange(
            project_id=project_id, **item.model_dump(), operation="conclude_state", arguments=arguments
        )
        with _naming(item.field):
            works.append((item.field, await _prepare(context, change)))

    def work(tx: Transaction) -> StateConcluded:
        written = []
        for field, each in works:
            with _naming(field):
                written.append(each(tx))
        return StateConcluded(project_id=project_id, fields=written)

    return work


def _refuse_twice(names: list[str]) -> None:
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise InvalidInput(f"conclusions: '{min(twice)}' is there more than once; give each field once.")


@contextmanager
def _naming(field: str) -> Iterator[None]:
    """Let an error say which of several fields it is about."""
    try:
        yield
    except TeamError as error:
        error.data["failed_field"] = field
        raise


# -- one change ------------------------------------------------------------------------------------------------------


def find(reader: Reader, project_id: str, field: str) -> StateField | None:
    """The field, or None."""
    row = queries.field(reader, project_id, field)
    return None if row is None or row["deleted"] else of_rows(reader, [row])[0]


def of_rows(reader: Reader, rows: list[Row]) -> list[StateField]:
    """The public shapes of rows."""
    subscribers: dict[int, list[str]] = {row["id"]: [] for row in rows}
    for found in queries.subscribers(reader, list(subscribers)):
        subscribers[found["field_id"]].append(found["agent"])
    return [
        StateField(
            project_id=row["project_id"],
            field=row["field"],
            value=json.loads(row["value"]),
            owner=row["owner"],
            approver=row["approver"],
            approval_required=bool(row["approval_required"]),
            subscribers=subscribers[row["id"]],
            version=row["version"],
            updated_at=row["updated_at"],
            updated_by=row["updated_by"],
        )
        for row in rows
    ]


async def _prepare(context: Context, change: StateChange) -> Work[StateWritten]:
    """Check a change and pass it through the plugins; the work that is left.

    Version and ownership are checked again in the transaction, since both may have changed by then.
    """
    field = await context.read(find, change.project_id, change.field)
    _check(change, field)
    own_right = permissions.may_change(context, change, field)
    change = change.model_copy(update={"old": field, "allowed": own_right})
    change = await context.before("before_state_change", change)
    granted = change.allowed and not own_right
    if not change.allowed:
        raise permissions.refusal(context, change, field)
    text = None if change.deleting else dumps(change.value)

    def work(tx: Transaction) -> StateWritten:
        current = find(tx, change.project_id, change.field)
        _check(change, current)
        if current is not None and not granted and not permissions.may_change(context, change, current):
            raise permissions.refusal(context, change, current)
        return _store(context, tx, change.model_copy(update={"old": current}), text)

    return work


def _check(change: StateChange, field: StateField | None) -> None:
    if change.deleting and field is None:
        raise NotFound(
            f"field: there is no field '{change.field}' in project '{change.project_id}'. get_state lists them.",
            code="state_not_found",
        )
    permissions.check_version(change, field)


def _store(context: Context, tx: Transaction, change: StateChange, text: str | None) -> StateWritten:
    old, me, now = change.old, context.actor.name, context.now()
    owner, approver, required = _settings(change, me)
    row = queries.field(tx, change.project_id, change.field)
    if row is None:
        version = 1
        assert text is not None  # noqa: S101 - what is not there is not deleted
        field_id = queries.insert_field(tx, change.project_id, change.field, text, owner, approver, required, me, now)
    else:
        version, field_id = row["version"] + 1, row["id"]
        queries.update_field(tx, field_id, text, version, owner, approver, required, me, now)
    action = "deleted" if change.deleting else "created" if old is None else "changed"
    queries.insert_change(
        tx,
        field_id,
        change.project_id,
        version,
        action,
        text,
        owner,
        approver,
        required,
        me,
        now,
        change.reason,
        context.grant,
    )
    queries.touch_project(tx, change.project_id, {"created": 1, "deleted": -1}.get(action, 0), me, now)
    for name in change.subscribers:
        queries.subscribe(tx, name, field_id, version - 1)
    queries.announce(tx, field_id, me)
    queries.see(tx, me, field_id, version, version)
    _tell(context, tx, change.model_copy(update={"version": version, "owner": owner}))
    return StateWritten(
        project_id=change.project_id,
        field=change.field,
        version=version,
        created=action == "created",
        deleted=change.deleting,
    )


def _settings(change: StateChange, actor: str) -> tuple[str, str | None, bool]:
    """Owner, approver and whether approval is needed, once the change is made."""
    owner, approver, required = (actor, None, False)
    if change.old is not None:
        owner, approver, required = change.old.owner, change.old.approver, change.old.approval_required
    return (
        owner if change.owner is None else change.owner,
        approver if change.approver is None else change.approver or None,
        required if change.approval_required is None else change.approval_required,
    )


def _tell(context: Context, tx: Transaction, change: StateChange) -> None:
    """Append the event and, once the change is durable, tell the plugins."""
    kind = StateDeleted if change.deleting else StateChanged
    event = kind(
        project_id=change.project_id,
        field=change.field,
        version=change.version,
        owner=change.owner,
        changed_by=context.actor.name,
        reason=change.reason,
        **({} if context.grant is None else {"grant": context.grant}),
        **fitting("old_value", None if change.old is None else change.old.value, EVENT_VALUE),
        **fitting("value", change.value, EVENT_VALUE),
    )
    context.emit(tx, event, f"{change.project_id}/{change.field}")
    tx.on_commit(lambda: context.notify("state_changed", change=change))
