"""Writing to those who work for other code bases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import Field

from teammcp import (
    Conflict,
    Context,
    InvalidInput,
    MemberRef,
    Message,
    MessageParts,
    Prepared,
    Reader,
    Transaction,
    Work,
    operation,
)

from ..lanes.homes import starts_agents
from ..questions.models import MOST_ASKED, Content
from ..registry import access
from ..registry import queries as registry
from ..registry.lookup import ProjectRef, asking_lane, existing
from ..registry.models import MOST_AGENTS
from .models import Reached, Told

MOST_REACHED = 200
"""Members that one message goes to."""

Projects = Annotated[list[ProjectRef], Field(min_length=1, max_length=MOST_ASKED)]


@operation("POST /api/projects/messages", profile="projects", status=201)
async def teams_send_message(
    context: Context,
    projects: Projects,
    content: Content,
    agents: Annotated[list[MemberRef], Field(max_length=MOST_AGENTS)] = [],  # noqa: B006 - never changed
    parts: MessageParts = [],  # noqa: B006
) -> Work[Told]:
    """Write to whoever answers for other code bases, or to these agents of theirs; each gets a direct message.

    wait_for_answers with the message_ids waits for their replies; teams_ask is for what must be answered.
    """
    names = await context.read(_named if agents else _answering, context, projects, agents)
    return await _telling(context, names, content, parts=parts)


@operation("POST /api/projects/notify", profile="projects", status=201)
async def teams_notify(
    context: Context,
    projects: Projects,
    content: Content,
    parts: MessageParts = [],  # noqa: B006 - never changed
) -> Work[Told]:
    """Let all who work in other code bases know something: they see it with their next turn. It wakes nobody."""
    names = await context.read(_working, context, projects, [])
    return await _telling(context, names, content, priority="later", parts=parts)


def _answering(reader: Reader, context: Context, projects: Sequence[str], named: Sequence[str]) -> dict[str, str]:
    """Who answers for projects: name -> project."""
    return _others(reader, context, {each: _answerers(reader, context, each) for each in projects}, "answers for")


def _answerers(reader: Reader, context: Context, project: str) -> list[str]:
    """Who answers what the actor asks a project.

    Raises:
        Conflict: an agent is started for that, and has not been yet.
    """
    if not starts_agents(context.server, existing(reader, project)):
        return registry.answerers(reader, project)
    found = registry.lane_agent(reader, project, asking_lane(reader, context.actor.name))
    if found is None:
        raise Conflict(
            f"projects: no agent of {project} has been started for you yet. teams_ask starts one.",
            code="nobody_answers",
        )
    return [found["agent"]]


def _working(reader: Reader, context: Context, projects: Sequence[str], named: Sequence[str]) -> dict[str, str]:
    """Who works in projects: name -> project."""
    working = {
        each: [row["agent"] for row in (*registry.agents(reader, each), *registry.lane_agents(reader, each))]
        for each in projects
    }
    return _others(reader, context, working, "works in")


def _named(reader: Reader, context: Context, projects: Sequence[str], named: Sequence[str]) -> dict[str, str]:
    """Those who are named, each of whom has to work in one of the projects: name -> project."""
    working = _working(reader, context, projects, named)
    for name in named:
        if name not in working:
            where = " or ".join(projects)
            raise InvalidInput.at("agents", f"{name} does not work in {where}; get_project says who does")
    return {name: working[name] for name in named}


def _others(
    reader: Reader, context: Context, members: Mapping[str, Sequence[str]], what_they_do: str
) -> dict[str, str]:
    """The members of projects, but for the actor: name -> project.

    Raises:
        Forbidden: the actor may not ask one of the projects. Conflict: nobody is there, or too many are.
    """
    mine = registry.project_of(reader, context.actor.name)
    found: dict[str, str] = {}
    for project, names in members.items():
        access.require_ask(context, existing(reader, project), mine)
        others = dict.fromkeys((name for name in names if name != context.actor.name), project)
        if not others:
            raise access.nobody(context, project, names, what_they_do)
        found |= others
    if len(found) > MOST_REACHED:
        raise Conflict(
            f"projects: {len(found)} members work there, and a message goes to {MOST_REACHED} at most. "
            "Name fewer projects.",
            code="too_many",
        )
    return found


async def _telling(context: Context, names: Mapping[str, str], content: str, **how: object) -> Work[Told]:
    """The work that writes to members, each on account of a project: name -> project."""
    mine = await context.read(registry.project_of, context.actor.name)
    prepared = {name: await _to_one(context, name, project, mine, content, how) for name, project in names.items()}

    def work(tx: Transaction) -> Told:
        reached = [
            Reached(
                agent=name,
                project=names[name],
                message_id=ready(tx).id,
                here=context.team.presence.status_of(name).here,
            )
            for name, ready in prepared.items()
        ]
        return Told(reached=reached)

    return work


async def _to_one(
    context: Context, name: str, project: str, mine: str | None, content: str, how: Mapping[str, object]
) -> Prepared[Message]:
    on_behalf = "" if mine is None else f" on behalf of {mine}"
    ready = await context.prepare(
        "send_message",
        channel=f"dm:{name}",
        content=f"To {project}{on_behalf}:\n\n{content}",
        metadata={"project": project},
        **how,
    )
    if ready.waits:
        raise Conflict(f"content: a plugin makes the message to {name} wait, so nothing was sent.", code="waits")
    return ready
