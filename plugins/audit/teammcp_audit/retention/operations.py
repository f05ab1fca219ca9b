"""Retention: old sealed events go to an archive, and only then out of the log."""

from __future__ import annotations

import asyncio
import logging
from typing import Annotated, Any

from pydantic import Field

from teammcp import Conflict, Context, Reader, Team, Transaction, Work, operation, stored_events

from .. import queries
from ..events import EventsArchived
from ..models import KEPT_EVENTS, KEPT_MS, Archived, AuditSettings, Pruned
from ..places import archive_folder
from ..seals import chain
from . import archives

ARCHIVE_BLOCKS = 20
"""Blocks in one archive."""
DAY = 24 * 3600 * 1000

log = logging.getLogger(__name__)


@operation("POST /api/audit/archive", access="owner", profile="audit", tool=False)
async def archive_events(
    context: Context, keep_days: Annotated[int, Field(ge=1, le=36_500)] | None = None
) -> Work[Archived] | Archived:
    """Write the oldest sealed events, older than keep_days, to an archive. They leave the log with prune_events."""
    settings: AuditSettings = context.settings("audit")
    days = keep_days or settings.keep_days
    if not days:
        raise Conflict("keep_days: give a number of days, or set keep_days in [plugins.audit].", code="keep_all")
    seals, more = await context.read(_due, context.now() - max(days * DAY, KEPT_MS))
    if not seals:
        return Archived(name=None)
    rows = [row for seal in seals for row in await context.read(_sealed_rows, seal)]
    first, last = seals[0]["first_id"], seals[-1]["last_id"]
    name = f"events-{first:012d}-{last:012d}.jsonl.gz"
    written = await asyncio.to_thread(_write, archive_folder(context.team, settings) / name, rows)

    def work(tx: Transaction) -> Archived:
        oldest = queries.unarchived(tx, 1)
        if not oldest or oldest[0]["number"] != seals[0]["number"]:
            raise Conflict("Somebody else archived the same events at the same moment. Try again.")
        queries.insert_archive(tx, name, first, last, len(rows), written.bytes, written.sha256, context.now())
        queries.mark_archived(tx, seals[0]["number"], seals[-1]["number"], name)
        event = EventsArchived(name=name, first_id=first, last_id=last, events=len(rows), sha256=written.sha256)
        context.emit(tx, event, name, agents=managers(context))
        return Archived(name=name, events=len(rows), more=more)

    return work


def _due(reader: Reader, before: int) -> tuple[list[Any], bool]:
    """The oldest seals that may go to an archive, as many as one archive holds, and whether there are others."""
    newest = queries.last_event(reader) - KEPT_EVENTS
    due = [seal for seal in queries.unarchived(reader, ARCHIVE_BLOCKS + 1) if _is_due(reader, seal, newest, before)]
    return due[:ARCHIVE_BLOCKS], len(due) > ARCHIVE_BLOCKS


def _is_due(reader: Reader, seal: Any, newest: int, before: int) -> bool:
    at = queries.time_of(reader, seal["last_id"])
    return seal["last_id"] <= newest and at is not None and at < before


def _sealed_rows(reader: Reader, seal: Any) -> list[chain.Row]:
    """The events of a block, which must be as they were sealed: what was tampered with stays where it can be seen."""
    rows = stored_events(reader, seal["first_id"], seal["last_id"])
    found = chain.seal(seal["previous"], seal["number"], seal["first_id"], seal["last_id"], rows)
    if found.hash != seal["hash"]:
        raise Conflict(
            f"The events of seal {seal['number']} are not as they were sealed, so they are not archived. "
            "verify_audit says which.",
            code="broken_chain",
        )
    return rows


def _write(path: Any, rows: list[chain.Row]) -> archives.Written:
    written = archives.write(path, rows)
    if archives.read(path) != rows:
        raise OSError(f"what was written to {path.name} cannot be read back")
    return written


@operation("POST /api/audit/prune", access="owner", profile="audit", destructive=True, tool=False)
async def prune_events(context: Context) -> Work[Pruned] | Pruned:
    """Take the oldest block of archived events out of the log, once its archive has proved to be whole."""
    seals = await context.read(queries.unpruned, 2)
    if not seals:
        return Pruned(events=0, more=False)
    seal = seals[0]
    known = await context.read(queries.archive, seal["archived_to"])
    path = archive_folder(context.team, context.settings("audit")) / seal["archived_to"]
    if not path.is_file() or await asyncio.to_thread(archives.checksum, path) != known["sha256"]:
        raise Conflict(
            f"The archive {path.name} is missing or damaged, so its events stay in the log. Put it back.",
            code="archive_damaged",
        )

    def work(tx: Transaction) -> Pruned:
        now = queries.seal(tx, seal["number"])
        if now["pruned_at"] is not None:
            return Pruned(events=0, more=len(seals) > 1)
        events = context.team.log.prune(tx, seal["last_id"])
        queries.mark_pruned(tx, seal["number"], context.now())
        return Pruned(events=events, more=len(seals) > 1)

    return work


def managers(context: Context) -> list[str]:
    """The names of those who look after the team."""
    return sorted(agent.name for agent in context.team.directory.managers)


async def retain_events(team: Team) -> None:
    """The job: archive and prune what the settings no longer keep."""
    context = Context.inside(team)
    if context.settings("audit").keep_days:
        while (await context.call(archive_events)).more:
            pass
    while (await context.call(prune_events)).more:
        pass
