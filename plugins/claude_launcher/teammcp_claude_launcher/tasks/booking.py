"""Booking what a run has used on the task that its agent works on, and what follows when that is all that it may."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from teammcp import Context, Team, TeamError, Transaction

from .. import machines
from ..entries import Used
from ..events import TaskLimitReached
from ..usage import MICROS
from . import queries
from .spent import why_not

OPEN = {"todo", "doing"}

log = logging.getLogger(__name__)


def book(context: Context, tx: Transaction, agent: str, used: Iterable[tuple[int, Used]]) -> None:
    """Add what an agent has used for tasks, and stop the work on those whose limit is reached."""
    tasks = set()
    for task_id, each in used:
        queries.add_usage(tx, task_id, agent, each.tokens_in, each.tokens_out, round(each.cost_usd * MICROS))
        tasks.add(task_id)
    for task_id in sorted(tasks):
        judge(context, tx, task_id)


def judge(context: Context, tx: Transaction, task_id: int) -> None:
    """Write down whether what may be used for a task is used up. If so, runners hear of it, and the task is blocked."""
    before, why = queries.limit(tx, task_id), why_not(tx, context, task_id)
    was_spent = before is not None and bool(before["is_spent"])
    if bool(why) != was_spent:
        queries.set_spent(tx, task_id, bool(why))
        if why:
            context.emit(tx, TaskLimitReached(task_id=task_id, why=why), task_id, channel=queries.scope(tx, task_id))
    if why or was_spent:
        tx.on_commit(lambda: machines.links(context.team).changed())
    if why:
        tx.on_commit(lambda: context.team.background(_block(context.team, task_id, why)))


async def _block(team: Team, task_id: int, why: str) -> None:
    """Show on the task that nobody gets on with it, which tells its creator."""
    context = Context.inside(team)
    try:
        task = (await context.call("get_task", task_id=task_id)).task
        if task.status in OPEN:
            await context.call("update_task", task_id=task_id, status="blocked", comment=why)
    except TeamError as error:  # it is gone, or a plugin keeps it as it is; no agent works on it all the same
        log.info("task %d is not shown as blocked: %s", task_id, error.detail)
