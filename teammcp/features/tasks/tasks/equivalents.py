"""The ways to do one thing with a task, each in terms of the others.

So that a rule, or an access level in the settings, for one of them is one for all.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from ....arguments.references import UNKNOWN
from ....operations import Context
from ...messages import visible
from ..visibility import may_see
from . import hierarchy, queries
from .lookup import visible_task
from .shapes import task_of

Calls = list[dict[str, Any]]
OF_ITS_CONTENT = {
    "title",
    "description",
    "assignee",
    "channel",
    "requires",
    "metadata",
    "related_state_project",
    "related_state",
    "target_value",
}
"""The fields that say what a task is; all others say how it goes on."""
HOLDER: dict[str, Any] = {"fencing_token": UNKNOWN}


def like(
    *names: str, when: Callable[[Any], bool] = lambda arguments: True, **fixed: Any
) -> Callable[[Context, Any], Awaitable[Calls]]:
    """The call about the same task with the arguments of these names, and ``fixed`` ones; none unless ``when``."""

    async def equivalent(context: Context, arguments: Any) -> Calls:
        if not when(arguments):
            return []
        return [{**arguments.model_dump(mode="json", include={"task_id", *names}), **fixed}]

    return equivalent


def _gets(*statuses: str) -> Callable[[Any], bool]:
    return lambda arguments: arguments.status in statuses


FINISHING = {
    "update_task": like("result", "comment", status="done"),
    "done_task": like("result", "comment"),
    "complete_task": like("result", **HOLDER),
}
"""The three ways to finish a task."""


def finishing_but(name: str) -> dict[str, Callable[[Context, Any], Awaitable[Calls]]]:
    """The ways to finish a task that are not called ``name``."""
    return {other: equivalent for other, equivalent in FINISHING.items() if other != name}


# -- changing --------------------------------------------------------------------------------------------------------


async def _as_created(context: Context, arguments: Any) -> Calls:
    """A task whose content is changed is what could have been created so."""
    changed = arguments.model_dump(mode="json", exclude_none=True)
    if changed.keys().isdisjoint(OF_ITS_CONTENT):
        return []
    task = await context.read(task_of, await visible_task(context, arguments.task_id))
    shared = task.model_dump(mode="json", include=OF_ITS_CONTENT | {"priority", "labels", "status", "source_msg"})
    return [{**shared, **changed}]


async def _as_claimed(context: Context, arguments: Any) -> Calls:
    return [{"task_id": arguments.task_id}] if arguments.assignee == context.actor.name else []


UPDATING = {
    "create_task": _as_created,
    "claim_task": _as_claimed,
    "done_task": like("result", "comment", when=_gets("done")),
    "complete_task": like("result", when=_gets("done"), **HOLDER),
    "fail_task": like("comment", when=_gets("failed"), **HOLDER),
    "release_task": like("comment", when=_gets("todo"), **HOLDER),
    "update_task_progress": like(
        "progress",
        "status",
        "comment",
        when=lambda arguments: arguments.progress is not None or arguments.status in ("doing", "blocked"),
        **HOLDER,
    ),
}


# -- making ----------------------------------------------------------------------------------------------------------


async def creating(context: Context, arguments: Any) -> Calls:
    """What create_task will make: with the place and title that it gets from a message or from the task above."""
    message_id, parent_id = arguments.source_msg, arguments.parent_id
    if message_id is not None:
        return await _of_message(context, message_id, arguments)
    if arguments.channel is not None or not parent_id:
        return []
    above = await context.read(queries.task, parent_id)
    place = None if above is None or not may_see(context, above) else above["channel"]
    return [{**arguments.model_dump(mode="json"), "channel": place}]


async def pinning(context: Context, arguments: Any) -> Calls:
    """What create_task makes of a message, pin_task could make of it."""
    if arguments.source_msg is None:
        return []
    return [{**arguments.model_dump(mode="json"), "message_id": arguments.source_msg}]


async def pin_as_creating(context: Context, arguments: Any) -> Calls:
    """What pin_task makes of a message."""
    return await _of_message(context, arguments.message_id, arguments)


async def _of_message(context: Context, message_id: int, arguments: Any) -> Calls:
    _, channel = await visible(context, message_id)
    fields = arguments.model_dump(mode="json", exclude_none=True)
    return [{"title": UNKNOWN, "description": None, "channel": channel.id, **fields, "source_msg": message_id}]


# -- claims ----------------------------------------------------------------------------------------------------------


async def _as_taken(context: Context, arguments: Any) -> Calls:
    task_id = getattr(arguments, "task_id", UNKNOWN)  # claim_next_task takes whichever is there
    return [{"task_id": task_id, "status": "doing", "assignee": context.actor.name}]


async def _next_as_claimed(context: Context, arguments: Any) -> Calls:
    return [{"task_id": UNKNOWN}]


CLAIMING = {"update_task": _as_taken}
CLAIMING_NEXT = {"claim_task": _next_as_claimed, "update_task": _as_taken}
FAILING = {"update_task": like("comment", status="failed")}
RELEASING = {"update_task": like("comment", status="todo", assignee="")}
REPORTING = {"update_task": like("progress", "status", "comment")}


# -- deleting --------------------------------------------------------------------------------------------------------


async def _as_each_below(context: Context, arguments: Any) -> Calls:
    """With a task, the tasks below it are deleted."""
    if not arguments.with_subtasks:
        return []
    levels = await context.read(hierarchy.below, arguments.task_id)
    return [{"task_id": row["id"]} for level in levels for row in level]


DELETING = {"delete_task": _as_each_below}
