"""Ending a lease that is over. The server calls this by itself, from its job."""

from __future__ import annotations

from .....arguments.fields import Id
from .....operations import Context, operation
from .....storage import Transaction, Work
from ...tasks import leases
from ...tasks.lookup import still_visible, visible_task
from .. import attempts
from ..models import Progress


@operation(internal=True, profile="tasks")
async def requeue_task(context: Context, task_id: Id) -> Work[Progress] | Progress:
    """End a lease that is over: the task goes back to the queue, or is failed after its last attempt."""
    row = await visible_task(context, task_id)
    nothing = Progress(ok=False, task_id=task_id, reason="not_open", status=row["status"])
    why = leases.why_over(context.team, row, context.now()) if row["lease_agent"] is not None else None
    if why is None:
        return nothing
    failure = await attempts.prepare(context, row, why, tell_holder=True)

    def work(tx: Transaction) -> Progress:
        now = still_visible(context, tx, task_id)
        same = (now["lease_agent"], now["fencing_token"]) == (row["lease_agent"], row["fencing_token"])
        if not same or leases.why_over(context.team, now, context.now()) is None:
            return nothing  # a sign of life, or the end, has come in between
        return attempts.run(context, tx, now, failure, why)

    return work
