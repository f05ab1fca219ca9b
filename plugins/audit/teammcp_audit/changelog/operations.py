"""Reading the change log, a page at a time or as a file."""

from __future__ import annotations

import asyncio
import secrets
from typing import Annotated

from teammcp import (
    Attachment,
    Context,
    Limit,
    ProjectId,
    Reference,
    StateFieldName,
    Timestamp,
    Until,
    file_chunks,
    operation,
)

from ..models import ChangeLog, Entry, EventId, Kind, Surface, Word
from ..places import export_folder
from . import entries
from .entries import Filter, batches
from .exports import BATCH, MIME_TYPES, Format, open_file, write_entries


def _actor(context: Context, name: str, argument: str) -> str:
    """Whoever is called so, also in another spelling; else the name as it is, since a log is older than its team."""
    found = context.team.directory.who(name.removeprefix("@"))
    return name if found is None else found.name


def _channel(context: Context, name: str, argument: str) -> str:
    found = context.team.directory.channel(name.removeprefix("#"))
    return name if found is None else found.id


@operation("GET /api/audit/changelog", access="manager", profile="audit", read_only=True)
async def get_changelog(
    context: Context,
    actor: Annotated[Word, Reference(_actor)] | None = None,
    kind: Kind | None = None,
    subject: Word | None = None,
    project_id: ProjectId | None = None,
    field: StateFieldName | None = None,
    channel: Annotated[Word, Reference(_channel)] | None = None,
    surface: Surface | None = None,
    since: Timestamp | None = None,
    until: Until | None = None,
    text: Word | None = None,
    limit: Limit = 50,
    before: EventId | None = None,
) -> ChangeLog:
    """Look up who did what, when and from where, newest first. kind may hold *, as in "task.*".

    project_id (and field) finds changes of the shared state. next: go on with it as before, even if nothing was found.
    """
    wanted = Filter(
        actor=actor,
        kind=kind,
        subject=subject,
        project_id=project_id,
        field=field,
        channel=channel,
        surface=surface,
        since=since,
        until=until,
        text=text,
    )
    found: list[Entry] = []
    begun = reached = 0
    async for batch, reached in batches(context, wanted, before, limit):
        begun = begun or reached + entries.WINDOW
        found += batch
        if len(found) >= limit or begun - reached >= entries.LOOKED_AT:
            break
    shown = context.budget().fit(found[:limit])
    if len(found) > len(shown):
        reached = shown[-1].id
    return ChangeLog(entries=shown, next=reached or None)


@operation("GET /api/audit/changelog/export", access="manager", profile="audit", read_only=True)
async def export_changelog(
    context: Context,
    format: Format = "jsonl",
    actor: Word | None = None,
    kind: Kind | None = None,
    subject: Word | None = None,
    project_id: ProjectId | None = None,
    field: StateFieldName | None = None,
    channel: Word | None = None,
    surface: Surface | None = None,
    since: Timestamp | None = None,
    until: Until | None = None,
    text: Word | None = None,
) -> Attachment:
    """Get the change log as a file, newest first: CSV or JSON Lines. Filters as in get_changelog."""
    wanted = Filter(
        actor=actor,
        kind=kind,
        subject=subject,
        project_id=project_id,
        field=field,
        channel=channel,
        surface=surface,
        since=since,
        until=until,
        text=text,
    )
    wanted.conditions()
    path = export_folder(context.team) / f"{context.now()}-{secrets.token_hex(8)}.{format}"
    file = await asyncio.to_thread(open_file, path, format)
    try:
        async for batch, _ in batches(context, wanted, None, BATCH):
            await asyncio.to_thread(write_entries, file, format, batch)
    finally:
        await asyncio.to_thread(file.close)
    return Attachment(
        file_name=f"changelog-{context.team.name}.{format}",
        mime_type=MIME_TYPES[format],
        file_size=(await asyncio.to_thread(path.stat)).st_size,
        open=file_chunks(path),
    )
