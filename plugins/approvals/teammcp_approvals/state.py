"""Changes of the shared state that need somebody's consent."""

from __future__ import annotations

from typing import Any

from teammcp import Access, Agent, Context, Deferred, Refused, StateChange, StateField, excerpt

from .models import TITLE
from .requests import deciders, proposals, running
from .requests.proposals import Proposal

SETTINGS = ("owner", "approver", "approval_required")


async def look(context: Context, change: StateChange) -> StateChange | Deferred[Any] | None:
    """Let a change pass, or make it wait for whoever could make it."""
    if change.old is None:  # making a field is free
        return None
    settings = any(getattr(change, name) is not None for name in SETTINGS)
    keys = consent(context, change.old, settings)
    run = running.of(context)
    if run is not None and _agreed(run.agreed, keys):
        return change.model_copy(update={"allowed": True})
    if change.allowed:
        return None
    if run is not None and run.row["kind"] == "state":
        raise Refused(
            f"field: '{change.field}' of project '{change.project_id}' needs the consent of {deciders.in_words(keys)} "
            "now; propose it again."
        )
    return await proposals.defer(context, await proposal(context, change, keys))


def consent(context: Context, field: StateField, settings: bool) -> list[str]:
    """Who could make a change that the actor may not make by its own right, as keys.

    Whoever approves could do it alone: the approver of a field that needs approval, or its owner; failing them, the
    managers. Whose a field is and who approves its changes is for its owner and managers to say.
    """
    owner = _active(context, field.owner)
    whoever_owns = ["manager"] if owner is None or owner == context.actor else [f"@{owner.name}"]
    if not field.approval_required:
        return whoever_owns
    whoever_approves = _approvers(context, field)
    if not settings:
        return whoever_approves
    if not set(whoever_approves).isdisjoint(deciders.keys_of(context.actor)):  # it may set the value, and no more
        return whoever_owns
    one_manages = [
        agent.access >= Access.manager or agent == owner for agent in deciders.members(context, whoever_approves)
    ]
    return whoever_approves if all(one_manages) else ["owner"]


def _approvers(context: Context, field: StateField) -> list[str]:
    """Who approves the changes of a field that needs it."""
    if field.approver is None or field.approver in deciders.LEVELS:
        return [field.approver or "manager"]
    approver = _active(context, field.approver.removeprefix("@"))
    return ["manager"] if approver is None else [f"@{approver.name}"]


def _active(context: Context, name: str) -> Agent | None:
    """A member who can still answer."""
    found = context.team.directory.agent(name)
    return found if found is not None and deciders.is_active(found) else None


def _may_write(context: Context, field: StateField) -> bool:
    """Whether the actor may set a field by its own right."""
    keys = _approvers(context, field) if field.approval_required else [f"@{field.owner}", "manager"]
    return not {*keys, "owner"}.isdisjoint(deciders.keys_of(context.actor))


def _agreed(agreed: list[Agent], keys: list[str]) -> bool:
    """Whether one of those who agreed could have made the change."""
    return any(agent.access is Access.owner or not set(keys).isdisjoint(deciders.keys_of(agent)) for agent in agreed)


async def proposal(context: Context, change: StateChange, keys: list[str]) -> Proposal:
    """The proposal of a change, for the versions of its fields as they are now."""
    field = change.old
    assert field is not None  # noqa: S101 - making a field is free
    if change.operation == "conclude_state":
        await _check_conclusions(context, change, keys)
    guarded = field.approval_required
    return Proposal(
        kind="state",
        title=_title(change),
        approvers=keys,
        why="approval_required field" if guarded else f"{field.owner} owns the field",
        operation=change.operation,
        arguments=await with_versions(context, change.operation, change.arguments),
        reason=change.reason,
        project_id=change.project_id,
        field=change.field,
        base_version=field.version,
        old_value=field.value,
    )


async def _check_conclusions(context: Context, change: StateChange, keys: list[str]) -> None:
    """Fields that are set together wait for one consent, so they must be of those whom the same members may decide on.

    Raises:
        Refused: somebody else would have to agree to another of them.
    """
    for each in change.arguments["conclusions"]:
        field = await current(context, change.project_id, each["field"])
        if field is None or _may_write(context, field):
            continue
        needed = consent(context, field, settings=False)
        if needed != keys:
            raise Refused(
                f"conclusions: '{change.field}' needs the consent of {deciders.in_words(keys)}, '{field.field}' "
                f"that of {deciders.in_words(needed)}; propose them one by one."
            )


def _title(change: StateChange) -> str:
    if change.operation == "conclude_state":
        fields = [each["field"] for each in change.arguments["conclusions"]]
        return excerpt(f"set {', '.join(fields)} of project {change.project_id}", TITLE)
    verb = "delete" if change.deleting else "set"
    return excerpt(f"{verb} {change.field} of project {change.project_id}", TITLE)


async def with_versions(context: Context, operation: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a change, made for the versions its fields have now."""
    project = arguments["project_id"]
    if operation != "conclude_state":
        return {**arguments, "expected_version": await _version(context, project, arguments["field"])}
    conclusions = [
        {**each, "expected_version": await _version(context, project, each["field"])}
        for each in arguments["conclusions"]
    ]
    return {**arguments, "conclusions": conclusions}


async def _version(context: Context, project_id: str, field: str) -> int:
    found = await current(context, project_id, field)
    return 0 if found is None else found.version


async def current(context: Context, project_id: str, field: str) -> StateField | None:
    """A field as it is now."""
    found: StateField | None = (await context.call("get_state", project_id=project_id, field=field)).root
    return found
