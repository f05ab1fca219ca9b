"""Tasks for which as much was used as may be: no agent works on them until more may be used."""

from __future__ import annotations

from teammcp import Context, Reader, Refused, Row, TaskChange

from ..sentences import TASK_USED_UP
from ..settings import PLUGIN, LauncherSettings
from ..usage import MICROS, over
from . import queries
from .models import TaskLimit


def limit_of(context: Context, row: Row | None) -> TaskLimit:
    """What may be used for a task; ``row``: what was set for it."""
    settings: LauncherSettings = context.settings(PLUGIN)
    cost, tokens = (None, None) if row is None else (row["cost_micros"], row["tokens"])
    return TaskLimit(
        cost_usd=settings.task_cost_usd if cost is None else cost / MICROS,
        tokens=settings.task_tokens if tokens is None else tokens,
    )


def story(reader: Reader, context: Context, task_id: int) -> str:
    """Which limit of a task is used up, said as so much of so much; empty if none is."""
    used, limit = queries.used(reader, task_id), limit_of(context, queries.limit(reader, task_id))
    return over(used["cost_micros"] / MICROS, limit.cost_usd, used["tokens_in"] + used["tokens_out"], limit.tokens)


def why_not(reader: Reader, context: Context, task_id: int) -> str:
    """Why no agent may work on a task; empty if they may."""
    used = story(reader, context, task_id)
    return TASK_USED_UP(number=task_id, used=used) if used else ""


def spent(reader: Reader, context: Context) -> dict[int, str]:
    """The tasks on which no agent may work, and why."""
    found = {task_id: why_not(reader, context, task_id) for task_id in queries.spent(reader)}
    return {task_id: why for task_id, why in found.items() if why}


async def check(context: Context, change: TaskChange) -> None:
    """Before a task is changed.

    Raises:
        Refused: an agent wants to begin with it, and what may be used for it is used up.
    """
    begins = change.action == "claimed" or change.values.get("status") == "doing"
    if change.task is None or not begins or context.actor.kind != "agent":
        return
    why = await context.read(why_not, context, change.task.id)
    if why:
        raise Refused(why)
