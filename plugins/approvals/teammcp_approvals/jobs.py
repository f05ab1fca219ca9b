"""The job that closes what nobody has answered in time."""

from __future__ import annotations

import logging

from teammcp import Conflict, Context, Team

from .requests import queries
from .requests.operations.expiry import expire_approval

SECONDS = 10
BATCH = 100

log = logging.getLogger(__name__)


async def expire(team: Team) -> None:
    """Close what has waited too long. One that cannot be closed does not keep the others."""
    for approval_id in await team.database.read(queries.expired, team.server.clock.now(), BATCH):
        try:
            await Context.inside(team).call(expire_approval, approval_id=approval_id)
        except Conflict:
            continue  # it was decided a moment ago
        except Exception:
            log.exception("approval %d of team %s could not be closed", approval_id, team.name)
