"""What the server does where another agent needs a place: one that has nothing to do is told to sleep."""

from __future__ import annotations

from teammcp import Conflict, Context, Transaction, Work, operation

from ...registry import queries as registry
from .. import homes
from ..models import Started


@operation(internal=True, profile="projects")
async def rest_conversation(context: Context, agent: str) -> Work[Started]:
    """Let the program of an agent end as soon as it is not at work. Its other limits stay, and the time is kept."""
    home = await context.call("get_agent_home", name=agent)
    limits = home.limits.model_dump(exclude_none=True)
    resting = {**limits, "idle_minutes": homes.AT_ONCE}
    configure = await context.prepare("configure_agent", name=agent, limits=resting)
    if configure.waits:
        raise Conflict(f"A plugin makes it wait that {agent} makes room.", code="waits")

    def work(tx: Transaction) -> Started:
        if limits != resting:
            registry.set_idle_minutes(tx, agent, limits.get("idle_minutes"))
            configure(tx)
        return Started(agent=agent)

    return work
