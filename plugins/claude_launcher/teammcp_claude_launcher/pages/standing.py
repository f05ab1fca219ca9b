"""How an agent that lives here stands: out of its home, its last run, its task and what it has used today."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from teammcp import Access, Context

from ..homes.models import AgentHome
from ..runs.models import Run
from .words import end_words, run_reason

ORDER = ("waiting", "held", "failed", "unreachable", "working", "starting", "idle", "asleep", "stopped")
"""What somebody should look at first."""
MOST = 100
"""Tasks, and runs, that are read at once."""


@dataclass(frozen=True)
class Standing:
    """How an agent stands.

    Attributes:
        home: where it lives.
        run: its live run, or its last.
        state: one of `ORDER`.
        reason: why, as far as it is said.
        since: since when, in milliseconds; None if that is not known.
        task: the task that it works on.
        cost: US dollars that it has used today; None if whoever looks may not know.
    """

    home: AgentHome
    run: Run | None
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
    def live(self) -> bool:
        """Whether a run of it has not ended."""
        return self.run is not None and self.run.ended_at is None


async def standings(context: Context) -> list[Standing]:
    """All agents that live here, first those that somebody should look at."""
    homes = (await context.call("list_agent_homes")).root
    runs, tasks, costs = await asyncio.gather(_runs(context, homes), _tasks(context), _costs(context))
    found = [standing(home, runs.get(home.agent), tasks.get(home.agent), costs.get(home.agent)) for home in homes]
    return sorted(found, key=lambda each: (ORDER.index(each.state), each.agent.casefold()))


async def standing_of(context: Context, agent: str) -> Standing | None:
    """How an agent stands, or None if it does not live here."""
    homes = [home for home in (await context.call("list_agent_homes")).root if home.agent == agent]
    if not homes:
        return None
    runs, tasks = await asyncio.gather(_runs(context, homes), _tasks(context, agent))
    return standing(homes[0], runs.get(agent), tasks.get(agent), None)


def standing(home: AgentHome, run: Run | None, task: Any, cost: float | None) -> Standing:
    """How an agent stands. A live run says it itself; without one it is what its home says."""
    if run is not None and run.ended_at is None:
        return Standing(home, run, run.state, run_reason(run), run.changed_at, task, cost)
    ended = run.ended_at if run is not None else home.changed_at
    if home.held:
        return Standing(home, run, "held", home.held, home.changed_at, task, cost)
    if not home.wanted:
        return Standing(home, run, "stopped", "", ended, task, cost)
    if run is None:
        return Standing(home, run, "starting", "", ended, task, cost)
    how = end_words(run.reason)
    state, reason = ("failed", how.title) if how.tone and not how.wakes else ("asleep", "")
    return Standing(home, run, state, reason, ended, task, cost)


async def _runs(context: Context, homes: list[AgentHome]) -> dict[str, Run]:
    """The live run of each, or else its last."""
    live = await context.call("list_runs", live=True, limit=MOST)
    found: dict[str, Run] = {run.agent: run for run in live.root}
    others = [home.agent for home in homes if home.agent not in found]
    for last in await asyncio.gather(*(context.call("list_runs", agent=name, limit=1) for name in others)):
        found |= {run.agent: run for run in last.root}
    return found


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
