"""How an agent that lives here stands: out of its home, its last run, its task and what it has used today."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from teammcp import Access, Context, NotFound

from ..homes.models import AgentHome
from ..runs.models import Run
from ..sentences import MACHINE_REVOKED
from .words import end_words, run_reason, said

ORDER = ("waiting", "held", "failed", "unreachable", "working", "starting", "idle", "asleep", "stopped")
"""What somebody should look at first."""
MOST = 100
"""Tasks that are read at once."""


@dataclass(frozen=True)
class Standing:
    """How an agent stands.

    Attributes:
        home: where it lives, with its run: the live one, or its last.
        state: one of `ORDER`.
        reason: why, as far as it is said.
        since: since when, in milliseconds; None if that is not known.
        task: the task that it works on.
        cost: US dollars that it has used today; None if whoever looks may not know.
    """

    home: AgentHome
    state: str
    reason: str
    since: int | None
    task: Any
    cost: float | None

    @property
    def agent(self) -> str:
        """Its name."""
        return str(self.home.agent)

    @property
    def run(self) -> Run | None:
        """Its live run, or its last."""
        return self.home.run

    @property
    def live(self) -> bool:
        """Whether a run of it has not ended."""
        return self.run is not None and self.run.ended_at is None

    @property
    def needs_machine(self) -> bool:
        """Whether it cannot be started before it is given another machine."""
        return MACHINE_REVOKED.values_in(self.home.held) is not None


async def standings(context: Context) -> list[Standing]:
    """All agents that live here, first those that somebody should look at."""
    homes = (await context.call("list_agent_homes")).root
    tasks, costs = await asyncio.gather(_tasks(context), _costs(context))
    found = [standing(home, tasks.get(home.agent), costs.get(home.agent)) for home in homes]
    return sorted(found, key=lambda each: (ORDER.index(each.state), each.agent.casefold()))


async def standing_of(context: Context, agent: str) -> Standing | None:
    """How an agent stands, or None if it does not live here."""
    try:
        home = await context.call("get_agent_home", name=agent)
    except NotFound:
        return None
    tasks = await _tasks(context, agent)
    return standing(home, tasks.get(agent), None)


def standing(home: AgentHome, task: Any, cost: float | None) -> Standing:
    """How an agent stands. A live run says it itself; without one it is what its home says."""
    run = home.run
    if run is not None and run.ended_at is None:
        return Standing(home, run.state, run_reason(run), run.changed_at, task, cost)
    ended = run.ended_at if run is not None else home.changed_at
    if home.held:
        return Standing(home, "held", said(home.held), home.changed_at, task, cost)
    if not home.wanted:
        return Standing(home, "stopped", "", ended, task, cost)
    if run is None:
        return Standing(home, "starting", "", ended, task, cost)
    how = end_words(run.reason)
    if not how.tone or how.wakes:
        return Standing(home, "asleep", "", ended, task, cost)
    reason = f"{how.title}: {said(run.detail)}" if run.detail else how.title
    return Standing(home, "failed", reason, ended, task, cost)


async def _tasks(context: Context, agent: str | None = None) -> dict[str, Any]:
    """The task that each agent works on; of several the most pressing."""
    whose = {} if agent is None else {"assignee": agent}
    listed = await context.call("list_tasks", status="doing", limit=MOST, **whose)
    found: dict[str, Any] = {}
    for task in listed.tasks:
        found.setdefault(task.assignee, task)
    return found


async def _costs(context: Context) -> dict[str, float]:
    """What each has used today, for those who may know."""
    if context.actor.access < Access.manager:
        return {}
    usage = await context.call("get_usage", days=1)
    return {each.agent: each.days[-1].cost_usd for each in usage.agents}
