"""What becomes of projects when a member is retired."""

from __future__ import annotations

from teammcp import Agent, Context, Result, Transaction, Work, operation

from .. import changes, queries
from ..models import MOST_PROJECTS


class SeenOff(Result):
    """A member that was retired, and the projects that named it as an owner or as one who may ask."""

    agent: str
    projects: list[str]


@operation(internal=True)
async def take_out_retired(context: Context, agent: str) -> Work[SeenOff]:
    """A member was retired: it works in no project, owns none, and may ask none."""
    gone = {"owners": agent, "askers": f"@{agent}"}

    def work(tx: Transaction) -> SeenOff:
        worked = queries.project_of(tx, agent)
        if worked is not None:
            queries.take_out_agent(tx, agent)
            changes.tell_agents(context, tx, worked)
        rows = queries.projects(tx, "", MOST_PROJECTS)
        return SeenOff(agent=agent, projects=[row["name"] for row in rows if changes.take_out(context, tx, row, gone)])

    return work


async def see_off(context: Context, agent: Agent) -> None:
    """After a member was retired."""
    await Context.inside(context.team).call(take_out_retired, agent=agent.name)
