"""The change log as a file: CSV for spreadsheets, JSON Lines for programs."""

from __future__ import annotations

import asyncio
import csv
import json
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any, Literal

from teammcp import Attachment, Context, ProjectId, StateFieldName, Team, Timestamp, Until, file_chunks, operation

from ..models import Entry, Kind, Surface, Word
from ..places import export_folder
from .entries import Filter, batches

Format = Literal["csv", "jsonl"]
MIME_TYPES = {"csv": "text/csv", "jsonl": "application/jsonl"}
COLUMNS = ("id", "at", "kind", "actor", "subject", "channel", "surface", "hidden", "data")
BATCH = 1000
HOUR = 3600 * 1000


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
    file = await asyncio.to_thread(_open, path, format)
    try:
        async for entries, _ in batches(context, wanted, None, BATCH):
            await asyncio.to_thread(_write, file, format, entries)
    finally:
        await asyncio.to_thread(file.close)
    return Attachment(
        file_name=f"changelog-{context.team.name}.{format}",
        mime_type=MIME_TYPES[format],
        file_size=(await asyncio.to_thread(path.stat)).st_size,
        open=file_chunks(path),
    )


def _open(path: Path, format: Format) -> IO[str]:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # A byte order mark lets spreadsheets know that it is UTF-8.
    file = path.open("w", encoding="utf-8-sig" if format == "csv" else "utf-8", newline="")
    if format == "csv":
        csv.writer(file).writerow(COLUMNS)
    return file


def _write(file: IO[str], format: Format, entries: Sequence[Entry]) -> None:
    if format == "jsonl":
        file.writelines(entry.model_dump_json() + "\n" for entry in entries)
        return
    writer = csv.writer(file)
    for entry in entries:
        shape = entry.model_dump(mode="json")
        shape["data"] = "" if entry.data is None else json.dumps(entry.data, ensure_ascii=False)
        writer.writerow([_harmless(shape[name]) for name in COLUMNS])


def _harmless(value: Any) -> Any:
    """Text that a spreadsheet would take for a formula gets an apostrophe before it."""
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")) else value


async def clear_exports(team: Team) -> None:
    """The job: delete what was handed out an hour ago."""
    await asyncio.to_thread(_clear, export_folder(team), team.server.clock.now() - HOUR)


def _clear(folder: Path, before: int) -> None:
    for path in folder.glob("*-*.*"):
        if int(path.name.partition("-")[0]) < before:
            path.unlink(missing_ok=True)
