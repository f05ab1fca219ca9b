"""Seeing that the agent of a lane is there, and as the registry wants it, before it is asked something."""

from __future__ import annotations

import json
from typing import Any

from teammcp import Conflict, Context, Row

from ..registry import queries as registry
from . import homes, pool
from .operations.starting import adapt_conversation, start_conversation


async def ready(context: Context, project: Row, lane: str) -> str | None:
    """Who answers a lane, ready for a question; None as long as too many of the project are awake.

    Raises:
        TeamError: nobody can be started, or who was may not run; the text says why.
    """
    name, row = project["name"], await context.read(registry.lane_agent, project["name"], lane)
    if row is None:
        room = await pool.has_room(context, project)
        return (await context.call(start_conversation, project=name, lane=lane)).agent if room else None
    agent: str = row["agent"]
    home = await context.call("get_agent_home", name=agent)
    moves = homes.is_elsewhere(home, project)
    is_known = json.loads(row["given"]) == homes.given(project)
    changes = row["renew"] or not is_known or homes.differences(home, row, await homes.manner(context, project))
    if not moves:
        _require_free(home, name, changes=bool(changes))
    if not await pool.has_room(context, project, agent):
        return None
    if moves:
        return (await context.call(start_conversation, project=name, lane=lane)).agent
    if changes:
        await context.call(adapt_conversation, project=name, lane=lane)
    return agent


def _require_free(home: Any, project: str, *, changes: bool) -> None:
    """Refuse to ask one that will not run before somebody has done something about it, as by a change of the project.

    Raises:
        Conflict: what that is.
    """
    if not home.wanted:
        raise Conflict(f"{home.agent}, who answers, was stopped. start_agent lets it go on.", code="stopped")
    if home.held and not changes:
        raise Conflict(
            f"{home.agent}, who answers, is held: {home.held} If that is because of what {project} has it run, "
            "update_project corrects it (runtime, options, model, credential); else start_agent lets it go on.",
            code="held",
        )
