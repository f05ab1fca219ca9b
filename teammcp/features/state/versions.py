"""Which version each field of a project has, and what led to it: for whoever keeps track of the shared state.

These read in the caller's own snapshot, so that what is found is of one moment.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...storage import Reader
from . import queries
from .models import StateEntry
from .operations.retrieval import entry_of


@dataclass(frozen=True)
class FieldVersion:
    """Where a field stands. A deleted one has a version too."""

    field: str
    version: int
    deleted: bool
    updated_by: str


def field_versions(reader: Reader, project_id: str, prefix: str = "") -> list[FieldVersion]:
    """The fields of a project whose names begin with ``prefix``, by name; also those that were deleted."""
    rows = queries.versions(reader, project_id, prefix, prefix + chr(0x10FFFF))
    return [FieldVersion(row["field"], row["version"], bool(row["deleted"]), row["updated_by"]) for row in rows]


def entries_after(reader: Reader, project_id: str, field: str, version: int, limit: int) -> list[StateEntry]:
    """The versions of a field behind ``version``, newest first, ``limit`` at most."""
    row = queries.field(reader, project_id, field)
    return [] if row is None else [entry_of(row) for row in queries.changes_after(reader, row["id"], version, limit)]


def version_written(reader: Reader, project_id: str, field: str, agent: str) -> int:
    """The newest version of a field that an agent wrote itself; 0 if it never did."""
    return queries.written(reader, project_id, field, agent) or 0
