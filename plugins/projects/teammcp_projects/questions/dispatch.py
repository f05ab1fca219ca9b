"""Beginning the questions whose turn has come: looked at whenever that may have changed, and now and then."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress

from teammcp import Conflict, Context, Reader, Row, StateKey, Team, TeamError, excerpt

from ..lanes import readying as lanes
from ..lanes.homes import starts_agents
from ..registry import able
from ..registry import queries as registry
from ..registry.models import MOST_PROJECTS
from . import fairness, queries, showing, thread

SECONDS = 20
"""Between two looks at all projects: a look that was missed, as at a crash, is made up for."""
OVERTAKEN = {"not_queued", "not_its_turn", "not_free"}
"""Codes of what keeps a question from being begun that another look shows."""
LONGEST_WHY = 500
"""Characters that are kept of why a question could not be asked."""
PAUSE = 60_000
"""Milliseconds until a question that could not be asked is tried again."""


_LOOKS: StateKey[defaultdict[str, asyncio.Lock]] = StateKey("projects.looks", lambda: defaultdict(asyncio.Lock))


def look(team: Team, projects: Iterable[str]) -> None:
    """See soon whether projects can begin a question."""
    for project in projects:
        team.background(begin_all(team, project))


async def look_again(team: Team, agent: str) -> None:
    """The same for the project in which a member works."""
    project = await team.database.read(registry.project_of, agent)
    if project is not None:
        look(team, [project])


async def begin_all(team: Team, project: str) -> None:
    """Begin what can be begun of a project's questions; one look at a time."""
    context = Context.inside(team)
    async with team.state[_LOOKS][project]:
        while (found := await context.read(_next, context, project)) is not None:
            number, holder = found
            try:
                holder = holder or await _started(context, number)
                if holder is None:
                    return  # until one of those that are awake sleeps: nobody is asked for before who is next
                await context.call("begin_question", question_id=number, holder=holder)
            except TeamError as error:
                if error.code not in OVERTAKEN:
                    await _hold_back(context, number, error.detail, whole_lane=holder is None)


async def _started(context: Context, number: int) -> str | None:
    """The agent that was started to answer the lane of a question; None as long as it cannot be woken.

    Raises:
        TeamError: nobody can be started.
    """
    found = await context.read(_question_and_project, number)
    return None if found is None else await lanes.ready(context, found[1], found[0]["lane"])


def _question_and_project(reader: Reader, number: int) -> tuple[Row, Row] | None:
    question = queries.question(reader, number)
    project = None if question is None else registry.project(reader, question["project"])
    return None if question is None or project is None else (question, project)


async def _hold_back(context: Context, number: int, why: str, *, whole_lane: bool) -> None:
    with suppress(Conflict):  # it was cancelled a moment ago
        await context.call(
            "hold_back_question",
            question_id=number,
            why=excerpt(why, LONGEST_WHY),
            retry_at=context.now() + PAUSE,
            whole_lane=whole_lane,
        )


def _next(reader: Reader, context: Context, project: str) -> tuple[int, str | None] | None:
    """The question that is to be begun now, and who answers it, if that is not one that is started for it.

    Returns:
        None if there is none.
    """
    row = registry.project(reader, project)
    if row is None or queries.count_in_state(reader, project, "asked") >= row["at_once"]:
        return None
    queue, now = showing.queue_of(reader, project), context.now()
    starts = starts_agents(context.server, row)
    answerers = [] if starts else _answerers(reader, context, project)
    due = [each for each in queue.waiting if each.retry_at <= now]
    for question in fairness.in_order(due, queue.begun, queue.taken):
        if starts:
            return question.id, None
        before = thread.wanted(reader, question.id) or queue.holders.get(question.lane)
        if (holder := fairness.choose(answerers, question, before)) is not None:
            return question.id, holder
    return None


def _answerers(reader: Reader, context: Context, project: str) -> list[fairness.Answerer]:
    presence = context.team.presence
    return [
        fairness.Answerer(name, presence.online(name), not queries.held(reader, name))
        for name in able.answerers(reader, context, project)
    ]


async def look_at_all(team: Team) -> None:
    """See whether any project can begin a question; the team's job."""
    for row in await team.database.read(registry.projects, "", MOST_PROJECTS):
        await begin_all(team, row["name"])
