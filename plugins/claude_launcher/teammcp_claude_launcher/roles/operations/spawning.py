"""Making an agent out of a role or a description, and starting it."""

from __future__ import annotations

from typing import Annotated, Literal, Unpack

from pydantic import Field

from teammcp import AgentName, Context, Work, operation

from ... import homes
from ...homes import AgentHome, Brief, Guide, Newcomer, PlaceChoices
from ..describing import describe, free_name
from ..models import RoleName

Level = Literal["observer", "member", "manager"]
Description = Annotated[Guide, Field(description="Who it is and how it works, in words: instead of a role, or beside")]
FirstTask = Annotated[Brief, Field(description="What it is to do first; it gets this as a direct message from you")]


@operation("POST /api/agents/spawn", access="manager", profile="launcher", status=201)
async def spawn_agent(
    context: Context,
    *,
    name: AgentName | None = None,
    role: RoleName | None = None,
    description: Description = "",
    task: FirstTask = "",
    access: Level = "member",
    **choices: Unpack[PlaceChoices],
) -> Work[AgentHome]:
    """Make a new agent of a role (list_roles) or of a description in words, and start it, with a first task if given.

    It is a member with a key of its own, a guide and a workspace. Say at least which runtime it runs.
    """
    who = await describe(context, role, description)
    return await homes.make(
        context,
        Newcomer(
            name=name or free_name(context, role or "agent"),
            access=access,
            summary=who.summary,
            task=task,
            choices={**choices, "role": who.role, "guide": who.guide},
        ),
    )
