"""Clean up after an agent whose membership has ended."""

from teammcp import Agent, Context, hookimpl

work: dict[str, list[str]] = {}


@hookimpl
def agent_retired(context: Context, agent: Agent) -> None:
    work.pop(agent.name, None)
