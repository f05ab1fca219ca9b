"""What ends by itself: leases of workers that have died, directives that have expired or whose worker has left."""

from __future__ import annotations

import logging

from .....clock import rfc3339
from .....operations import Context, operation
from .....server import Team
from .....server.leases import lease_end_of
from .....storage import LARGEST_ID, Row, Transaction, Work
from ....messages import Note, send_notes
from ... import notifications
from ...events import DirectiveRequeued
from .. import queries
from ..changes import LEASE_ENDED, change, close, has_expired, is_open, still_there, visible
from ..models import DirectiveId, Settled

SECONDS = 5

log = logging.getLogger(__name__)


async def reap(team: Team) -> None:
    """Look at the directives whose time seems to be over."""
    await _settle(team, await team.database.read(queries.past_due, team.server.clock.now()))


async def give_up_retired(context: Context, worker: str) -> None:
    """End what was for a member that has left."""
    for status in ("running", "pending"):  # in the order in which one may become the other meanwhile
        rows = await context.read(queries.of_member, "worker", worker, status, LARGEST_ID, 2**31)
        await _settle(context.team, rows)


async def _settle(team: Team, rows: list[Row]) -> None:
    """End those that are over. One that cannot be ended does not keep the others."""
    context = Context.inside(team)
    for row in rows:
        try:
            if _fate(context, row) is not None:
                await context.call(settle_directive, directive_id=row["id"])
        except Exception:
            log.exception("directive %s of team %s could not be settled", row["id"], team.name)


@operation(internal=True, profile="directives")
async def settle_directive(context: Context, directive_id: DirectiveId) -> Work[Settled] | Settled:
    """End what is over: the directive goes back to its worker, or is failed or expired for good."""
    row = await visible(context, directive_id)
    fate = _fate(context, row)
    if fate is None:
        return _nothing(row)
    status, why = fate
    notes = await _tell(context, row, status, why)

    def work(tx: Transaction) -> Settled:
        now = still_there(context, tx, directive_id)
        if now["fencing_token"] != row["fencing_token"] or _fate(context, now) != fate:
            return _nothing(now)  # a sign of life, a claim, or the end, has come in between
        attempts = now["attempts"] + (now["lease_agent"] is not None)
        if status == "pending":
            new = {"status": "pending", "attempts": attempts, **LEASE_ENDED}
            now = change(context, tx, now, DirectiveRequeued, new)
        else:
            now = close(context, tx, now, status, why, attempts=attempts)
        send_notes(tx, notes)
        return Settled(ok=True, directive_id=directive_id, status=now["status"], attempts=attempts)

    return work


def _fate(context: Context, row: Row) -> tuple[str, str] | None:
    """What becomes of a directive by itself at this moment, and why; None if nothing does."""
    worker = context.team.directory.agent(row["worker"])
    if not is_open(row):
        return None
    if worker is None or worker.retired:
        return "failed", f"{row['worker']} was retired"
    if has_expired(row, context.now()):
        return "expired", f"not begun until {rfc3339(row['expires_at'])}"
    if row["lease_agent"] is None or (end := lease_end_of(context.team, row)) > context.now():
        return None
    attempt = row["attempts"] + 1
    why = f"no sign of life of {row['worker']} until {rfc3339(end)}, in attempt {attempt} of {row['max_attempts']}"
    return ("failed" if attempt >= row["max_attempts"] else "pending"), why


async def _tell(context: Context, row: Row, status: str, why: str) -> list[Note]:
    """Of an end the issuer hears; of a lease that is over the worker too."""
    notes: list[Note] = []
    if row["lease_agent"] is not None:
        outcome = "It waits for you again." if status == "pending" else "It has failed for good."
        text = f"Your claim of directive {row['id']} is over: {why}. {outcome}"
        notes += await notifications.from_server(context, row, row["worker"], text)
    if status != "pending":
        verb = "has expired" if status == "expired" else "has failed for good"
        text = f"Directive {row['id']} to {row['worker']} {verb}: {why}."
        notes += await notifications.from_server(context, row, row["issuer"], text)
    return notes


def _nothing(row: Row) -> Settled:
    return Settled(ok=False, directive_id=row["id"], status=row["status"])
