"""Who hears of a task besides those who work on it: the command chain, and those who manage the team."""

from __future__ import annotations

from ...operations import Context
from ...storage import Reader, Row
from ..agents import superior
from .visibility import sees


def reachable(context: Context, name: str | None, row: Row) -> bool:
    """Whether a member is still there and may see a task."""
    agent = None if name is None else context.team.directory.agent(name)
    return agent is not None and not agent.retired and sees(context, agent.name, row["scope"])


def managers(context: Context, row: Row) -> list[str]:
    """The managers and owners who may see a task."""
    managers = context.team.directory.managers
    return sorted(agent.name for agent in managers if reachable(context, agent.name, row))


def responsible(context: Context, row: Row) -> list[str]:
    """The assignee of a task, or else its creator, or else the managers: the first whom a message reaches."""
    for name in (row["assignee"], row["creator"]):
        if reachable(context, name, row):
            return [name]
    return managers(context, row)


async def above(context: Context, name: str | None, steps: int, row: Row) -> str | None:
    """The member ``steps`` above another in the command chain, if there is one who may hear of the task."""
    superior = await context.read(_above, name, steps)
    return superior if reachable(context, superior, row) else None


def _above(reader: Reader, name: str | None, steps: int) -> str | None:
    for _ in range(steps):
        name = None if name is None else superior(reader, name)
    return name
