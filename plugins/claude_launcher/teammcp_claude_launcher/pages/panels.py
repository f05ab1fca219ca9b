"""What the launcher shows on pages of others: how an agent stands, what runs and waits, what a task has used."""

from __future__ import annotations

from functools import partial
from typing import Any

from teammcp import Access, Context
from teammcp.web import Panel, mark

from . import tasks, words
from .agents import counts
from .layout import HOME_EVENTS, title_of
from .standing import standing_of, standings
from .work import work

SHOWN = 6
CALM = {"asleep", "stopped", "idle"}
"""States of agents that nobody has to look at."""


async def profile(context: Context, agent: Any) -> dict[str, Any] | None:
    """How an agent stands that is run here; a way to run it here for one that is not."""
    if agent.kind == "human" or agent.status == "retired":
        return None
    found = await standing_of(context, agent.name)
    if found is None and context.actor.access < Access.manager:
        return None
    return {"each": found, "name": agent.name, "title_of": partial(title_of, context), **words.tools()}


async def home(context: Context, _nothing: None) -> dict[str, Any]:
    """What runs, and what waits."""
    found = await standings(context)
    return {
        "agents": [each for each in found if each.state not in CALM][:SHOWN],
        "counts": counts(found),
        "pause": await context.call("get_agents_pause"),
        **words.tools(),
    }


EVENTS = tuple(HOME_EVENTS.split())

PANELS = [
    Panel(
        "agent",
        "program",
        profile,
        "launcher/panel_agent.html",
        title=mark("Its program"),
        access=Access.member,
        order=10,
        refresh_on=EVENTS,
    ),
    Panel(
        "home",
        "agents",
        home,
        "launcher/panel_home.html",
        title=mark("Agents and their programs"),
        access=Access.member,
        order=10,
        refresh_on=EVENTS,
    ),
    Panel(
        "task",
        "usage",
        tasks.panel,
        "launcher/panel_task.html",
        title=mark("What agents have used for it"),
        access=Access.member,
        order=10,
        refresh_on=("run.changed", "task.limit_set", "task.limit_reached"),
    ),
    Panel(
        "work",
        "turn",
        work,
        "launcher/panel_work.html",
        title=mark("What its program did"),
        access=Access.member,
        order=10,
        refresh_on=("run.changed", "run.ended"),
    ),
]
