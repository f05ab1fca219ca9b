"""Ending what nobody has answered in time."""

from __future__ import annotations

from teammcp import Conflict, Context, Transaction, Work, operation, quoted_line, send_notes

from ...models import ApprovalId, Resolved
from .. import announcements, shapes
from ..closing import check_open, end


@operation(internal=True, profile="approvals")
async def expire_approval(context: Context, approval_id: ApprovalId, given_up: bool = False) -> Work[Resolved]:
    """Close an approval whose time is over, or for which nobody waits any more."""
    row = await context.read(shapes.find, context, approval_id)
    text = f"Nobody has decided in time on your proposal {approval_id} ({quoted_line(row['title'])}). It is not done."
    notes = await announcements.prepare(context, row["proposer"], approval_id, text)

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
