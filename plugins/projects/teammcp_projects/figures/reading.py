"""Questions as figures know them, from the database."""

from __future__ import annotations

from dataclasses import dataclass

from teammcp import Reader, Row

from ..registry import queries as registry
from ..registry.models import MOST_PROJECTS
from . import queries
from .statistics import Asked

MOST = 20_000
"""Questions that figures are about, the newest ones; and open ones, the oldest of them."""


@dataclass(frozen=True)
class Questions:
    """What figures are made of.

    Attributes:
        since: from when on all questions are among them; later than was wanted if there are too many.
        asked: those that were asked since, oldest first, and all that are open.
        projects: the projects that there are.
        answerers: project -> who answers for it.
    """

    since: int
    asked: list[Asked]
    projects: list[Row]
    answerers: dict[str, list[str]]


def questions(reader: Reader, since: int) -> Questions:
    """The questions since a moment, and those that are open."""
    newest = queries.asked_since(reader, since, MOST)
    if len(newest) == MOST:
        since = newest[-1]["asked_at"]
    rows = {row["id"]: row for row in (*queries.unended(reader, MOST), *reversed(newest))}
    projects = registry.projects(reader, "", MOST_PROJECTS)
    answerers = {row["name"]: registry.answerers(reader, row["name"]) for row in projects}
    return Questions(since, [_asked(rows[number]) for number in sorted(rows)], projects, answerers)


def _asked(row: Row) -> Asked:
    lane: str = row["lane"]
    return Asked(
        id=row["id"],
        project=row["project"],
        asking=None if lane.startswith("@") else lane,
        asker=row["asker"],
        state=row["state"],
        holder=row["answered_by"] or row["holder"],
        trouble=row["trouble"],
        reply_by=row["reply_by"],
        asked_at=row["asked_at"],
        begun_at=row["begun_at"],
        ended_at=row["ended_at"],
    )
