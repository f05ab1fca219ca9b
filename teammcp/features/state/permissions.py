"""Who may change a field, and what is said to who may not."""

from __future__ import annotations

from typing import Annotated

from ...arguments.references import Reference
from ...errors import Conflict, Forbidden, Refused
from ...members.directory import Access
from ...operations import Context
from ..channels import find_agent
from .models import StateChange, StateField

LEVELS = {"manager": Access.manager, "owner": Access.owner}
"""What may stand in place of an approver's name: everybody of that level or above. ``@manager`` is a member's name."""


def may_change(context: Context, change: StateChange, field: StateField | None) -> bool:
    """Whether the actor may make this change to ``field`` (None: it is new) by its own right."""
    if not may_write(context, field):
        return False
    settings = (change.owner, change.approver, change.approval_required)
    return settings == (None, None, None) or may_manage(context, field)


def may_write(context: Context, field: StateField | None) -> bool:
    """Whether the actor may set or delete a field: its owner and managers, or if it needs approval, who approves it.

    Making a field is free. Owners of the team may write anything, so that no field is ever out of reach.
    """
    if field is None or context.actor.access is Access.owner:
        return True
    if not field.approval_required:
        return may_manage(context, field)
    approver = approver_of(context, field) or "manager"
    if approver in LEVELS:
        return context.actor.access >= LEVELS[approver]
    return context.actor.name == approver.removeprefix("@")


def may_manage(context: Context, field: StateField | None) -> bool:
    """Whether the actor may say whose a field is and who approves its changes, provided that it may write it."""
    return field is None or context.actor.name == field.owner or context.actor.access >= Access.manager


def approver_of(context: Context, field: StateField) -> str | None:
    """Who approves; None: the managers do, because nobody is named or who was named is gone."""
    if field.approver is None or field.approver in LEVELS:
        return field.approver
    found = context.team.directory.agent(field.approver.removeprefix("@"))
    return None if found is None or found.retired else field.approver


def approver_named(context: Context, word: str) -> str:
    """An approver's name or access level as it is kept.

    Raises:
        NotFound, Gone: there is no such member, or it was retired.
    """
    if word.casefold() in LEVELS:
        return word.casefold()
    name = find_agent(context, word, "approver").name
    return f"@{name}" if name.casefold() in LEVELS else name


def _approver(context: Context, word: str, argument: str) -> str:
    return approver_named(context, word)


ApproverRef = Annotated[str, Reference(_approver)]
"""An argument that names an approver."""


def refusal(context: Context, change: StateChange, field: StateField | None) -> Forbidden:
    """The error for who may not make a change."""
    if field is None:
        return Refused(f"field: a plugin does not let you make the field '{change.field}'.")
    name = f"field: '{field.field}' of project '{field.project_id}'"
    data = {"owner": field.owner, "approver": field.approver}
    if field.approval_required:
        approver = approver_of(context, field) or "manager"
        approver = {"manager": "a manager", "owner": "an owner of the team"}.get(approver, approver)
        return Forbidden(
            f"{name} changes only with the approval of {approver}; ask {approver} to set it.",
            code="approval_required",
            **data,
        )
    owner = context.team.directory.who(field.owner)
    there = owner is not None and not owner.retired and owner.name != context.actor.name
    ask = f"{field.owner} or a manager" if there else "a manager"
    return Forbidden(f"{name} is {field.owner}'s; ask {ask} to change it.", code="not_owner", **data)


def check_version(change: StateChange, field: StateField | None) -> None:
    """Refuse a change that was made for another version than the one that is there.

    Raises:
        Conflict: with the field's value, version and writer; version 0 means that there is no such field.
    """
    expected, current = change.expected_version, 0 if field is None else field.version
    if expected is None or expected == current:
        return
    there = "there is no such field" if field is None else f"it has version {current} by {field.updated_by}"
    raise Conflict(
        f"expected_version: '{change.field}' was to have version {expected}, but {there}. "
        "Look at what is there now, then set it with that version.",
        code="version_conflict",
        expected_version=expected,
        current_version=current,
        current_value=None if field is None else field.value,
        current_writer=None if field is None else field.updated_by,
    )
