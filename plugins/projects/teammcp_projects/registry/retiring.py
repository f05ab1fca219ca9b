"""Retiring agents that were started to answer, once nobody will ask them any more."""

from __future__ import annotations

from teammcp import Conflict, Context, Transaction, Work

from . import queries


async def retire_all(context: Context, project: str) -> Work[None]:
    """The work that retires all agents that were started to answer for a project.

    Raises:
        Conflict: a plugin makes that wait. The work raises it, too, if one was started since.
    """
    rows = await context.read(queries.lane_agents, project)
    server = Context.inside(context.team)
    retiring = {row["agent"]: await server.prepare("retire_agent", name=row["agent"]) for row in rows}
    if any(each.waits for each in retiring.values()):
        raise Conflict(
            f"project: a plugin makes it wait that the agents of {project} are retired. Retire them first.",
            code="waits",
        )

    def work(tx: Transaction) -> None:
        for row in queries.lane_agents(tx, project):
            if row["agent"] not in retiring:
                raise Conflict(f"project: an agent of {project} was started this moment. Try again.", code="try_again")
            queries.take_out_agent(tx, row["agent"])
            retiring[row["agent"]](tx)

    return work
