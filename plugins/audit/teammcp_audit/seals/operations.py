"""Sealing the event log, block by block, and handing out the seals."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import Field

from teammcp import (
    Conflict,
    Context,
    Limit,
    Reader,
    Team,
    Transaction,
    Work,
    operation,
    stored_events,
)

from .. import queries
from ..models import BLOCK, AuditSettings, Seal, Sealed, Seals, Verification
from ..places import archive_folder
from . import chain
from .verification import Check

BLOCKS_A_RUN = 50
"""What one run of the job seals at most: a log that was never sealed is caught up with little by little."""

log = logging.getLogger(__name__)


@operation("POST /api/audit/seals", access="owner", profile="audit", idempotent=True, tool=False)
async def seal_events(context: Context, now: bool = False) -> Work[Sealed] | Sealed:
    """Seal the next block of the event log: 1,000 events, or fewer if they are old enough, or "now" is true."""
    settings: AuditSettings = context.settings("audit")
    patience = 0 if now else settings.seal_minutes * 60_000
    found = await context.read(_next_block, context.now() - patience)
    if found is None:
        return Sealed(blocks=0, more=False)
    number, previous, block = found

    def work(tx: Transaction) -> Sealed:
        last = queries.last_seal(tx)
        if (1 if last is None else last["number"] + 1) != number:
            raise Conflict("Somebody else sealed the same block at the same moment. Try again.")
        queries.insert_seal(tx, number, block, previous, context.now())
        return Sealed(blocks=1, more=queries.nth(tx, block.last_id, BLOCK) is not None)

    return work


def _next_block(reader: Reader, old: int) -> tuple[int, str, chain.Block] | None:
    """The next block, its number and the hash before it; None if there are too few events and none from before ``old``.

    Worked out in a reading thread: the writer must not wait for hashes.
    """
    last = queries.last_seal(reader)
    number, previous, after = (
        (1, chain.FIRST, 0) if last is None else (last["number"] + 1, last["hash"], last["last_id"])
    )
    end = queries.nth(reader, after, BLOCK)
    if end is None:
        oldest = queries.time_of(reader, after + 1)
        if oldest is None or oldest > old:
            return None
        end = queries.last_event(reader)
    rows = stored_events(reader, after + 1, end)
    return number, previous, chain.seal(previous, number, after + 1, end, rows)


@operation("GET /api/audit/seals", access="manager", profile="audit", read_only=True)
async def get_audit_seals(context: Context, after: Annotated[int, Field(ge=0)] = 0, limit: Limit = 50) -> Seals:
    """List the seals of the event log, oldest first. Keep the newest hash elsewhere: it proves all that came before."""
    return await context.read(_seals, after, limit)


def _seals(reader: Reader, after: int, limit: int) -> Seals:
    last = queries.last_seal(reader)
    return Seals(
        seals=shapes(queries.seals(reader, after, limit)),
        total=0 if last is None else last["number"],
        unsealed=queries.last_event(reader) - (0 if last is None else last["last_id"]),
    )


def shapes(rows: Sequence[Any]) -> list[Seal]:
    """The public shapes of rows."""
    return [Seal(**{name: row[name] for name in Seal.model_fields}) for row in rows]


async def seal_due(team: Team) -> None:
    """The job: seal what is due."""
    await _seal(team, now=False)


async def seal_all(team: Team) -> None:
    """Seal all there is, as a team is opened and closed, so that nothing of it can be cut."""
    await _seal(team, now=True)


async def _seal(team: Team, *, now: bool) -> None:
    context = Context.inside(team)
    for _ in range(BLOCKS_A_RUN):
        if not (await context.call(seal_events, now=now)).more:
            break


@operation("GET /api/audit/verify", access="owner", profile="audit", read_only=True)
async def verify_audit(context: Context, without_archives: bool = False) -> Verification:
    """Check the whole event log against its seals; names every event that was altered, taken out, put in or moved.

    without_archives: the archives are kept elsewhere, so that one that is not here is no finding.
    """
    folder = archive_folder(context.team, context.settings("audit"))
    check = Check(folder, without_archives=without_archives)
    while await context.read(check.step):
        pass
    return await context.read(check.result)
