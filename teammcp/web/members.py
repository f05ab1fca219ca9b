"""Members as pages name them."""

from __future__ import annotations

from ..members.directory import Agent, fold
from ..operations import Context


def kind_of(context: Context, name: str) -> str:
    """Whether an author is a person; ``service`` for the system itself."""
    agent = context.team.directory.agent(name)
    return "service" if agent is None else agent.kind


def other_members(context: Context) -> list[Agent]:
    """The members of the team besides the actor, by name."""
    agents = context.team.directory.agents.values()
    others = [agent for agent in agents if not agent.retired and agent.name != context.actor.name]
    return sorted(others, key=lambda agent: fold(agent.name))
