"""Where the terminal of an agent is."""

from __future__ import annotations

from typing import NamedTuple

from teammcp import Context, NotFound, find_agent

from .. import homes


class Place(NamedTuple):
    """An agent, and the machine on which its program runs."""

    agent: str
    machine: str


async def find(context: Context, name: str) -> Place:
    """Where an agent's terminal is, if its program has one.

    Raises:
        NotFound: there is no such agent, or it is not run here.
    """
    agent = find_agent(context, name, "name")
    row = await context.read(homes.find, agent.name)
    if row is None:
        raise NotFound(f"name: {agent.name} is not run here. start_agent does that.", code="no_home")
    return Place(agent.name, row["machine"])
