"""What happens elsewhere and means something for homes: reports of usage, other budgets, members that go."""

from __future__ import annotations

import logging
from typing import Any

from teammcp import Agent, Context, Job, Operation, Team, TeamError

from .. import machines
from ..protocol import Retire
from . import briefs, budgets, queries
from .operations.holding import hold_agent, hold_agents, leave_home, release_homes

SECONDS = 60.0
log = logging.getLogger(__name__)


async def look(context: Context, operation: Operation, result: Any) -> None:
    """After a report of usage, another budget, or another key: see what that means for who runs here."""
    if operation.name == "rotate_key":  # a runner that is given an old key is told, and does not try it
        machines.links(context.team).changed()
    if operation.name not in {"report_usage", "set_budget"}:
        return
    server = Context.inside(context.team)
    if await budgets.of_team(server):
        await server.call(hold_agents)
    else:
        await server.call(hold_agent, agent=result.agent)


async def see_off(context: Context, agent: Agent) -> None:
    """After an agent was retired: end its program, tidy its workspace, and forget its home and its key."""
    row = await context.read(queries.home, agent.name)
    if row is None:
        return
    try:
        await machines.links(context.team).ask(row["machine"], Retire(agent=agent.name))
    except TeamError as error:
        log.info("The workspace of %s on %s stays as it is: %s", agent.name, row["machine"], error.detail)
    await Context.inside(context.team).call(leave_home, agent=agent.name)


async def _release(team: Team) -> None:
    await Context.inside(team).call(release_homes)


JOBS = [
    Job("claude_launcher.release", _release, every=SECONDS, per_team=True),
    Job("claude_launcher.briefs", briefs.hand_over, every=SECONDS, per_team=True),
]
