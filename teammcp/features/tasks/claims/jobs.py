"""The reaper: takes tasks back from those who have given no sign of life, or made no progress, for too long."""

from __future__ import annotations

import logging

from ....operations import Context
from ....server import Team
from ....server.jobs import Job
from ..tasks import leases
from . import queries
from .operations.expiry import requeue_task

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


JOBS = [Job("tasks.reap", reap, every=5, per_team=True)]
