"""The change log as a file: CSV for spreadsheets, JSON Lines for programs."""

from __future__ import annotations

import asyncio
import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any, Literal

from teammcp import Team

from ..models import Entry
from ..places import export_folder

Format = Literal["csv", "jsonl"]
MIME_TYPES = {"csv": "text/csv", "jsonl": "application/jsonl"}
COLUMNS = ("id", "at", "kind", "actor", "subject", "channel", "surface", "hidden", "data")
BATCH = 1000
HOUR = 3600 * 1000


def open_file(path: Path, format: Format) -> IO[str]:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # A byte order mark lets spreadsheets know that it is UTF-8.
    file = path.open("w", encoding="utf-8-sig" if format == "csv" else "utf-8", newline="")
    if format == "csv":
        csv.writer(file).writerow(COLUMNS)
    return file


def write_entries(file: IO[str], format: Format, entries: Sequence[Entry]) -> None:
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
