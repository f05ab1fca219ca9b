"""Seeing how projects stand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from teammcp import Context, Limit, Reader, Row, operation

from ..lanes.homes import starts_agents
from ..questions import queries as questions
from ..questions.models import MOST_ASKED
from ..questions.troubles import Troubles
from ..registry import able, may_ask
from ..registry import queries as registry
from ..registry.lookup import ProjectRef, existing
from .models import BeingAnswered, ProjectStatus, Reach, StatusList, Worker
from .waits import next_wait

MEASURED = 20
"""Questions that were answered last, whose time tells how long the next ones take."""


@operation("GET /api/project-status", profile="projects", read_only=True)
async def teams_get_status(
    context: Context,
    projects: Annotated[list[ProjectRef], Field(max_length=MOST_ASKED)] = [],  # noqa: B006 - never changed
    after: Annotated[str, Field(max_length=64)] = "",
    limit: Limit = 20,
) -> StatusList:
    """See how code bases stand, all if none is named: who answers and what they do, and how long you would wait."""
    found, more = await context.read(_statuses, context, projects, after, limit)
    shown = context.budget().fit(found)
    return StatusList(projects=shown, next=shown[-1].project if shown and (more or len(shown) < len(found)) else None)


def _statuses(
    reader: Reader, context: Context, names: Sequence[str], after: str, limit: int
) -> tuple[list[ProjectStatus], bool]:
    if names:
        rows = [existing(reader, name) for name in sorted(set(names)) if name > after]
    else:
        rows = registry.projects(reader, after, limit + 1)
    mine, yours = registry.project_of(reader, context.actor.name), questions.open_by(reader, context.actor.name)
    return [_status(reader, context, row, mine, yours) for row in rows[:limit]], len(rows) > limit


def _status(reader: Reader, context: Context, project: Row, mine: str | None, yours: Sequence[Row]) -> ProjectStatus:
    name = project["name"]
    asked = questions.in_state(reader, name, "asked", project["at_once"])
    waiting = questions.count_in_state(reader, name, "queued")
    held = {row["holder"]: row["id"] for row in asked}
    starts = starts_agents(context.server, project)
    names = (
        [row["agent"] for row in registry.lane_agents(reader, name)]
        if starts
        else able.answerers(reader, context, name)
    )
    answerers = [_worker(context, each, held.get(each)) for each in names]
    reach = _reach(context, names, starts=starts)
    at_once = project["at_once"] if starts else min(project["at_once"], len(names))
    troubles = Troubles(reader, context)
    waits = questions.in_state(reader, name, "queued", 1)
    trouble = next(filter(None, map(troubles.of, [*asked, *waits])), "")
    took = [row["ended_at"] - row["begun_at"] for row in questions.last_answered(reader, name, MEASURED)]
    return ProjectStatus(
        project=name,
        may_ask=may_ask(project, mine, context.actor.name),
        reach=reach,
        answerers=answerers,
        answering=[
            BeingAnswered(id=row["id"], asker=row["asker"], holder=row["holder"], since=row["begun_at"])
            for row in asked
        ],
        at_once=project["at_once"],
        waiting=waiting,
        trouble=trouble,
        next_wait=None if reach == "away" or trouble else next_wait(took, waiting, len(asked), at_once),
        yours=[row["id"] for row in yours if row["project"] == name],
    )


def _reach(context: Context, answerers: Sequence[str], *, starts: bool) -> Reach:
    if starts:
        return "started"
    if not answerers:
        return "nobody"
    return "here" if any(context.team.presence.online(each) for each in answerers) else "away"


def _worker(context: Context, name: str, question: int | None) -> Worker:
    found = context.team.presence.status_of(name)
    return Worker(agent=name, status=found.status, reason=str(found.reason), since=found.since, question=question)
