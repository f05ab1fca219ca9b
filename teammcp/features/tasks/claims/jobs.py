"""The reaper: takes tasks back from those who have given no sign of life, or made no progress, for too long."""

from __future__ import annotations

import logging

from ....operations import Context, operation
from ....server import Team
from ....storage import Transaction, Work
from ..tasks import changes, leases
from ..tasks.models import Id, Progress
from . import attempts, queries

SECONDS = 5

log = logging.getLogger(__name__)


async def reap(team: Team) -> None:
    """End every lease that is over. One that cannot be ended does not keep the others."""
    now = team.server.clock.now()
    for row in await team.database.read(queries.past_due, now):
        if leases.why_over(team, row, now) is None:
            continue
        try:
            await Context.inside(team).call(requeue_task, task_id=row["id"])
        except Exception:
            log.exception("task %s of team %s could not be taken back", row["id"], team.name)


@operation(internal=True, profile="tasks")
async def requeue_task(context: Context, task_id: Id) -> Work[Progress] | Progress:
    """End a lease that is over: the task goes back to the queue, or is failed after its last attempt."""
    row = await changes.visible_task(context, task_id)
    nothing = Progress(ok=False, task_id=task_id, reason="not_open", status=row["status"])
    why = leases.why_over(context.team, row, context.now()) if row["lease_agent"] is not None else None
    if why is None:
        return nothing
    failure = await attempts.prepare(context, row, why, tell_holder=True)

    def work(tx: Transaction) -> Progress:
        now = changes.still_visible(context, tx, task_id)
        same = (now["lease_agent"], now["fencing_token"]) == (row["lease_agent"], row["fencing_token"])
        if not same or leases.why_over(context.team, now, context.now()) is None:
            return nothing  # a sign of life, or the end, has come in between
        return attempts.run(context, tx, now, failure, why)

    return work
