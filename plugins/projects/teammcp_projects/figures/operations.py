"""Looking at figures."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any, TypeVar

from teammcp import Context, InvalidInput, TeamError, Timestamp, operation

from ..lanes.homes import starts_agents
from ..registry.lookup import ProjectRef
from . import bottlenecks, counting, reading
from .bottlenecks import Answerer, Standing
from .models import Bottleneck, Figures
from .statistics import grouped

WEEK = timedelta(days=7) // timedelta(milliseconds=1)
MOST_LOOKED_AT = 20
"""Members of whom it is asked whether they wait for an approval."""
Line = TypeVar("Line")


@operation("GET /api/project-figures", profile="projects", read_only=True)
async def get_project_figures(
    context: Context, since: Timestamp | None = None, project: ProjectRef | None = None
) -> Figures:
    """See what keeps questions waiting, and who asks whom, how often, how long they wait: since then (a week ago).

    With project, only what it asks and is asked.
    """
    now = context.now()
    begin = now - WEEK if since is None else since
    if begin >= now:
        raise InvalidInput.at("since", "must be before now")
    found = await context.read(reading.questions, begin)
    mine = [each for each in found.asked if project in (None, each.asking, each.project)]
    to_mine = [each for each in found.asked if project in (None, each.project)]
    at_once = {row["name"]: row["at_once"] for row in found.projects}
    budget, left_out = context.budget(), 0

    def fit(lines: list[Line], share: float = 1) -> list[Line]:
        nonlocal left_out
        fitting = budget.part(share).fit(lines)
        left_out += len(lines) - len(fitting)
        return fitting

    return Figures(
        bottlenecks=fit([each async for each in _bottlenecks(context, found, project)], 0.4),
        projects=fit(counting.projects(to_mine, at_once, found.since, now), 0.4),
        pairs=fit(counting.pairs(mine, found.since, now), 0.6),
        answerers=fit(counting.answerers(to_mine, found.since)),
        since=found.since,
        until=now,
        left_out=left_out,
    )


async def _bottlenecks(context: Context, found: reading.Questions, project: str | None) -> AsyncIterator[Bottleneck]:
    """What keeps questions waiting; where somebody who has one for long waits for an approval, that."""
    asks = 0
    for each in bottlenecks.find(_standings(context, found, project), context.now()):
        approval = None
        if each.kind == "held_long" and asks < MOST_LOOKED_AT:
            asks, approval = asks + 1, await _approval(context, each.agents[0])
        yield each if approval is None else each.because_of(approval.approval_id, approval.created_at)


def _standings(context: Context, found: reading.Questions, project: str | None) -> Iterator[Standing]:
    unended = grouped((each for each in found.asked if each.ended_at is None), lambda each: each.project)
    for row in found.projects:
        name = row["name"]
        if name in unended and project in (None, name):
            answerers = [_answerer(context, each) for each in found.answerers[name]]
            yield Standing(name, row["at_once"], starts_agents(context.server, row), answerers, unended[name])


def _answerer(context: Context, name: str) -> Answerer:
    status = context.team.presence.status_of(name)
    return Answerer(name, status.here, status.since)


async def _approval(context: Context, agent: str) -> Any:
    """What an agent has proposed and is not decided, as far as whoever looks may see it; None where there is none."""
    if not any(each.name == "list_approvals" for each in context.server.registry):
        return None
    try:
        pending = await context.call("list_approvals", proposed_by=agent, status="pending", limit=1)
    except TeamError:  # not for this reader
        return None
    return next(iter(pending.root), None)


OPERATIONS = [get_project_figures]
