"""What the plugins say of a change before it is made: the hook ``before_task_change``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ....operations import Context
from ....storage import Row
from .models import TaskChange
from .shapes import task_of


async def before(context: Context, row: Row | None, action: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Pass a change through ``before_task_change``; the values as the plugins changed them.

    ``row`` is None for a task that is to be created; ``values`` are the arguments that are given.

    Raises:
        Refused, PluginFailed: a plugin keeps the change from being made.
    """
    if not context.server.plugins.handles("before_task_change"):
        return dict(values)
    task = None if row is None else await context.read(task_of, row)
    change = await context.before("before_task_change", TaskChange(task=task, action=action, values=dict(values)))
    return change.values


async def vetted(
    context: Context, row: Mapping[str, Any] | None, action: str, values: Mapping[str, Any], operation: str
) -> dict[str, Any]:
    """The same; what the plugins changed is checked again, as if the caller of ``operation`` had given it."""
    passed = await before(context, row, action, values)
    if passed == values:
        return dict(values)
    needed = {} if row is None else {"task_id": row["id"]}
    checked = context.server.registry.get(operation).check({**needed, **passed}, time_zone=context.actor.time_zone)
    return {name: getattr(checked, name) for name in passed}
