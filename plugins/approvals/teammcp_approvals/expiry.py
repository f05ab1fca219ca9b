"""Questions that nobody answered in time."""

from __future__ import annotations

import logging

from teammcp import Conflict, Context, Team, Transaction, Work, operation
from teammcp.features.messages import quoted_line, send_notes

from . import queries, shapes, telling
from .models import ApprovalId, Resolved
from .operations import check_open, end

SECONDS = 10
BATCH = 100

log = logging.getLogger(__name__)


async def expire(team: Team) -> None:
    """Close what has waited too long. One that cannot be closed does not keep the others."""
    for approval_id in await team.database.read(queries.expired, team.server.clock.now(), BATCH):
        try:
            await Context.inside(team).call("expire_approval", approval_id=approval_id)
        except Conflict:
            continue  # it was decided a moment ago
        except Exception:
            log.exception("approval %d of team %s could not be closed", approval_id, team.name)


@operation(internal=True, profile="approvals")
async def expire_approval(context: Context, approval_id: ApprovalId, given_up: bool = False) -> Work[Resolved]:
    """Close an approval whose time is over, or for which nobody waits any more."""
    row = await context.read(shapes.find, context, approval_id)
    text = f"Nobody has decided in time on your proposal {approval_id} ({quoted_line(row['title'])}). It is not done."
    notes = await telling.prepare(context, row["proposer"], approval_id, text)

    def work(tx: Transaction) -> Resolved:
        now = shapes.find(tx, context, approval_id)
        check_open(now)
        if now["expires_at"] > context.now() and not given_up:
            raise Conflict(f"approval_id: approval {approval_id} is not over yet.", code="not_over")
        end(context, tx, now, "expired", "")
        send_notes(tx, notes)
        return Resolved(
            success=True, approval_id=approval_id, approval_status="expired", approvals=0, quorum=now["quorum"]
        )

    return work
