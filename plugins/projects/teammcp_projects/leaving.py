"""What becomes of what a retired member had to do with projects: told by the hook, and looked for now and then."""

from __future__ import annotations

import json
from contextlib import suppress

from teammcp import Agent, Context, Reader, Row, Team, TeamError

from . import registry
from .lanes.operations import ending
from .notices import looking
from .questions import queries
from .questions.operations import returning
from .registry import queries as registry_queries
from .registry.models import MOST_PROJECTS

SECONDS = 60
"""Between two looks: the hook comes after the commit, so one is missed by a server that is killed in between."""


async def see_off(context: Context, agent: Agent) -> None:
    """After a member was retired."""
    await registry.see_off(context, agent)
    await returning.see_off(context, agent)
    await _end_deserted(context.team)
    looking.look(context.team)


async def look_at_retired(team: Team) -> None:
    """See off whoever was retired and is still named; the team's job."""
    context = Context.inside(team)
    for name in sorted(await context.read(_named)):
        agent = team.directory.agents.get(name)
        if agent is not None and agent.retired:
            await see_off(context, agent)
    await _end_deserted(context.team)


async def _end_deserted(team: Team) -> None:
    """End the conversations in which nobody asks any more."""
    context = Context.inside(team)
    for project, lane in await context.read(_deserted, team):
        with suppress(TeamError):  # somebody was faster; else it is the same at the next look
            await context.call("end_conversation", project=project, lane=lane)


def _deserted(reader: Reader, team: Team) -> list[tuple[str, str]]:
    projects = [row["name"] for row in registry_queries.projects(reader, "", MOST_PROJECTS)]
    return [(name, lane) for name in projects for lane in ending.deserted(reader, team, name)]


def _named(reader: Reader) -> set[str]:
    """Everybody who works in a project, owns one, may ask one, or has a question that is open."""
    projects = registry_queries.projects(reader, "", MOST_PROJECTS)
    owners = {name for row in projects for name in json.loads(row["owners"])}
    askers = {name[1:] for row in projects for name in json.loads(row["askers"] or "[]") if name.startswith("@")}
    workers = {row["agent"] for each in projects for row in _workers(reader, each["name"])}
    return {*owners, *askers, *workers, *queries.concerned(reader)}


def _workers(reader: Reader, project: str) -> list[Row]:
    return [*registry_queries.agents(reader, project), *registry_queries.lane_agents(reader, project)]
