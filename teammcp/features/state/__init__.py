"""Shared state: the fields of a team's projects, with owner, version and history, for all to read and to follow."""

from __future__ import annotations

from .models import (
    FieldName,
    ProjectId,
    StateChange,
    StateEntry,
    StateField,
    StateWritten,
    Value,
    dumps,
    fitting,
    key,
    short,
)
from .versions import FieldVersion, entries_after, field_versions, version_written

__all__ = [
    "FieldName",
    "FieldVersion",
    "ProjectId",
    "StateChange",
    "StateEntry",
    "StateField",
    "StateWritten",
    "Value",
    "dumps",
    "entries_after",
    "field_versions",
    "fitting",
    "key",
    "short",
    "version_written",
]
