"""Looking at what agents use for a task, and saying what they may."""

from __future__ import annotations

from typing import Any

from teammcp import Context, Prepared, Reader, Transaction, Work, operation

from ..events import TaskLimitSet
from ..usage import MICROS
from . import queries
from .booking import judge
from .models import AgentShare, Dollars, TaskId, TaskUsage, Tokens
from .spent import limit_of, story

GO_ON = "More may be used for it now: go on with it."


@operation("GET /api/tasks/{task_id}/usage", access="member", profile="launcher", read_only=True)
async def get_task_usage(context: Context, task_id: TaskId) -> TaskUsage:
    """See what agents that are run here have used for a task, which of them, and what they may."""
    await context.call("get_task", task_id=task_id)  # whether it is there, and to be seen
    return await context.read(_usage, context, task_id)


@operation("PUT /api/tasks/{task_id}/limit", access="manager", profile="launcher", idempotent=True)
async def set_task_limit(
    context: Context, task_id: TaskId, cost_usd: Dollars | None = None, tokens: Tokens | None = None
) -> Work[TaskUsage]:
    """Set what agents may use for a task, all together: 0 is no limit, and what is left out is as the settings say.

    A task that was blocked because its limit was used up is put back if more may be used now.
    """
    task = (await context.call("get_task", task_id=task_id)).task
    cost = None if cost_usd is None else round(cost_usd * MICROS)
    was_spent = bool(await context.read(story, context, task_id))
    go_on: Prepared[Any] | None = None
    if was_spent and task.status == "blocked":
        go_on = await context.prepare("update_task", task_id=task_id, status="todo", comment=GO_ON)

    def work(tx: Transaction) -> TaskUsage:
        queries.set_limit(tx, task_id, cost, tokens)
        judge(context, tx, task_id)
        usage = _usage(tx, context, task_id)
        event = TaskLimitSet(task_id=task_id, cost_usd=usage.limit.cost_usd, tokens=usage.limit.tokens)
        context.emit(tx, event, task_id, channel=queries.scope(tx, task_id))
        if go_on is not None and not usage.spent:
            go_on(tx)
        return usage

    return work


def _usage(reader: Reader, context: Context, task_id: int) -> TaskUsage:
    used = queries.used(reader, task_id)
    return TaskUsage(
        task_id=task_id,
        **_figures(used),
        agents=[AgentShare(agent=row["agent"], **_figures(row)) for row in queries.shares(reader, task_id)],
        limit=limit_of(context, queries.limit(reader, task_id)),
        spent=bool(story(reader, context, task_id)),
    )


def _figures(row: Any) -> dict[str, Any]:
    return {
        "tokens_in": row["tokens_in"],
        "tokens_out": row["tokens_out"],
        "cost_usd": row["cost_micros"] / MICROS,
    }


OPERATIONS: list[Any] = [get_task_usage, set_task_limit]
