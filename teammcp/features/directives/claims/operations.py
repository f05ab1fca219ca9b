"""What the worker of a directive does: take it under a lease, and report what came of it.

As with tasks, each claim has a fencing token greater than all before it, and a report without the live one changes
nothing. What a lease is worth, and which signs of life renew it, is the same too.
"""

from __future__ import annotations

from typing import Literal

from ....arguments.fields import FencingToken
from ....operations import Context, operation
from ....server.leases import lease_end_of, seconds_for
from ....storage import Row, Transaction, Work
from ...messages import send_notes
from .. import notifications
from ..directives.changes import change, close, has_expired, is_open, shape, still_there, visible
from ..directives.models import DirectiveId, Reason, ResultText, Settled, Taken
from ..events import DirectiveClaimed


@operation("POST /api/directives/{directive_id}/claim", profile="directives", everyday=True)
async def claim_directive(context: Context, directive_id: DirectiveId) -> Work[Taken] | Taken:
    """Begin with a directive for you. If ok, keep fencing_token for report_directive; else reason says why not."""
    row = await visible(context, directive_id)
    if (answer := _known(context, row)) is not None:
        return answer

    def work(tx: Transaction) -> Taken:
        row = still_there(context, tx, directive_id)
        return _known(context, row) or _take(context, tx, row)

    return work


def _known(context: Context, row: Row) -> Taken | None:
    """The answer to a claim that changes nothing: the actor has it already, or something is in the way."""
    if row["lease_agent"] == context.actor.name:
        return _taken(context, row)
    reason = _hindrance(context, row)
    return None if reason is None else Taken(ok=False, directive_id=row["id"], reason=reason, status=row["status"])


def _hindrance(context: Context, row: Row) -> Reason | None:
    if row["worker"] != context.actor.name:
        return "not_yours"
    if has_expired(row, context.now()):
        return "expired"
    return None if is_open(row) else row["status"]


def _take(context: Context, tx: Transaction, row: Row) -> Taken:
    seconds = seconds_for(context.actor, row["lease_seconds"])
    new = {
        "status": "running",
        "fencing_token": row["fencing_token"] + 1,
        "lease_agent": context.actor.name,
        "lease_expires_at": context.now() + seconds * 1000,
        "started_at": context.now(),
    }
    return _taken(context, change(context, tx, row, DirectiveClaimed, new))


def _taken(context: Context, row: Row) -> Taken:
    return Taken(
        ok=True,
        directive_id=row["id"],
        status=row["status"],
        fencing_token=row["fencing_token"],
        lease_expires_at=lease_end_of(context.team, row),
        directive=shape(context.team, row),
    )


@operation("POST /api/directives/{directive_id}/report", profile="directives", everyday=True)
async def report_directive(
    context: Context,
    directive_id: DirectiveId,
    fencing_token: FencingToken,
    status: Literal["done", "failed"],
    result: ResultText = "",
) -> Work[Settled] | Settled:
    """End a directive that you have claimed: done, or failed; result: what came of it, or why not. Its issuer is told.

    reason "stale_token": your claim is over; "cancelled": its issuer wants it no more. Stop working on it then.
    """
    row = await visible(context, directive_id)
    if (refusal := _stale(context, row, fencing_token)) is not None:
        return refusal
    what = f"Directive {directive_id} {VERBS[status]}"
    notes = await notifications.answer(context, row, row["issuer"], what, result)

    def work(tx: Transaction) -> Settled:
        now = still_there(context, tx, directive_id)
        if (refusal := _stale(context, now, fencing_token)) is not None:
            return refusal
        close(context, tx, now, status, result)
        send_notes(tx, notes)
        return Settled(ok=True, directive_id=directive_id, status=status)

    return work


VERBS = {"done": "is done", "failed": "has failed"}


def _stale(context: Context, row: Row, token: int) -> Settled | None:
    """The answer to a report that changes nothing, because there is no live claim with this token."""
    if (row["lease_agent"], row["fencing_token"]) == (context.actor.name, token):
        return None
    return Settled(
        ok=False, directive_id=row["id"], reason=_hindrance(context, row) or "stale_token", status=row["status"]
    )
