"""What a member wants to know, read from its profile."""

from __future__ import annotations

import fnmatch
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

from teammcp import FieldVersion, Reader, Row, Transaction, field_versions, version_written

from . import queries

MAIN = "default"


@dataclass(frozen=True)
class Interests:
    """The fields and projects that concern a member."""

    agent: str
    relevant_fields: tuple[str, ...] = ()
    critical_fields: tuple[str, ...] = ()
    participating_projects: tuple[str, ...] = ()
    participating_channels: tuple[str, ...] = ()

    @classmethod
    def of(cls, row: Row) -> Interests:
        """Those in the row of a profile."""
        return cls(row["agent"], **{name: tuple(json.loads(row[name])) for name in queries.LISTS})

    @classmethod
    def read(cls, reader: Reader, agent: str) -> Interests | None:
        """A member's; None if it has no profile."""
        row = queries.profile(reader, agent)
        return None if row is None else cls.of(row)

    def write(self, tx: Transaction, at: int) -> None:
        """Keep them as the member's profile."""
        queries.put_profile(tx, self.agent, {name: json.dumps(getattr(self, name)) for name in queries.LISTS}, at)

    @property
    def places(self) -> tuple[str, ...]:
        """The projects to look into."""
        return self.participating_projects or (MAIN,)

    @property
    def wanted(self) -> tuple[str, ...]:
        """The patterns of all fields that concern the member."""
        return (*self.relevant_fields, *self.critical_fields) if self.relevant_fields else ("*",)

    def is_critical(self, field: str) -> bool:
        """Whether a field is one of the critical ones."""
        return any(fnmatch.fnmatchcase(field, pattern) for pattern in self.critical_fields)

    def concerns(self, field: str) -> bool:
        """Whether a field is one of those that concern the member."""
        return any(fnmatch.fnmatchcase(field, pattern) for pattern in self.wanted)


@dataclass(frozen=True)
class Missed:
    """A field that others have changed since a member acknowledged it."""

    project_id: str
    field: FieldVersion
    acked: int
    critical: bool


def missed(
    reader: Reader, interests: Interests, project_id: str, fields: Iterable[FieldVersion] | None = None
) -> list[Missed]:
    """The fields of a project that a member has to catch up on: critical ones first, then by name.

    What a member wrote itself it knows, and what was deleted before it knew of it need not concern it. ``fields`` are
    those of the project, where the caller has them already.
    """
    if fields is None:
        prefixes = _prefixes(interests.wanted)
        fields = [field for prefix in prefixes for field in field_versions(reader, project_id, prefix)]
    acked = {row["field"]: row["acked"] for row in queries.known_in(reader, interests.agent, project_id)}
    found = [
        Missed(project_id, field, acked.get(field.field, 0), interests.is_critical(field.field))
        for field in fields
        if _is_missed(field, acked.get(field.field, 0), interests.agent) and interests.concerns(field.field)
    ]
    return sorted(found, key=lambda each: not each.critical)


def known_version(reader: Reader, each: Missed, agent: str) -> int:
    """The last version of a field that a member acknowledged or wrote itself; 0 if there is none."""
    return max(each.acked, version_written(reader, each.project_id, each.field.field, agent))


def _is_missed(field: FieldVersion, acked: int, agent: str) -> bool:
    """Whether a field has changed behind the back of a member that acknowledged version ``acked``."""
    return field.version > acked and field.updated_by != agent and not (field.deleted and not acked)


def _prefixes(patterns: Iterable[str]) -> list[str]:
    """With what the names begin that fit the patterns, in order; none of them with another one."""
    kept: list[str] = []
    for prefix in sorted({re.split(r"[*?]", pattern, maxsplit=1)[0] for pattern in patterns}):
        if not kept or not prefix.startswith(kept[-1]):
            kept.append(prefix)
    return kept
