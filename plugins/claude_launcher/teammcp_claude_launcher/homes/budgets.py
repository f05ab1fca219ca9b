"""Limits of a day: of an agent's own budget, and of what all agents together may use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from teammcp import Context, rfc3339

from .. import sentences
from ..settings import PLUGIN, LauncherSettings
from ..usage import over


@dataclass(frozen=True)
class Spent:
    """A limit that is used up: why nothing is begun, and until when (UTC milliseconds)."""

    why: str
    until: int


async def why_not(context: Context, agent: str) -> str:
    """Why an agent may use no more today; empty if it may."""
    spent = await find(context, agent)
    return "" if spent is None else spent.why


async def find(context: Context, agent: str) -> Spent | None:
    """The limit that an agent has used up, if there is one."""
    server = Context.inside(context.team)
    (own,) = (await server.call("get_usage", agent=agent, days=1)).agents
    return _of_agent(own) or await of_team(server)


def _of_agent(usage: Any) -> Spent | None:
    today, budget = usage.days[-1], usage.budget
    tokens = today.tokens_in + today.tokens_out
    what = over(today.cost_usd, budget.cost_usd, tokens, budget.tokens)
    if not what:
        return None
    why = sentences.USED_UP_DAY(agent=usage.agent, used=what, time=rfc3339(usage.renewed_at))
    return Spent(why, usage.renewed_at)


async def of_team(server: Context) -> Spent | None:
    """What all agents together may use in a day, if it is used up."""
    settings: LauncherSettings = server.settings(PLUGIN)
    if not (settings.team_daily_cost_usd or settings.team_daily_tokens):
        return None
    usages = (await server.call("get_usage", days=1)).agents
    days = [usage.days[-1] for usage in usages]
    what = over(
        sum(day.cost_usd for day in days),
        settings.team_daily_cost_usd,
        sum(day.tokens_in + day.tokens_out for day in days),
        settings.team_daily_tokens,
    )
    if not what:
        return None
    until = min(usage.renewed_at for usage in usages)
    return Spent(sentences.TEAM_USED_UP_DAY(used=what, time=rfc3339(until)), until)
