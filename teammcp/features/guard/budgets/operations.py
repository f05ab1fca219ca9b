"""What agents report of their use, what they have used, and what they may."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ....errors import Forbidden
from ....members.directory import Access
from ....operations import Context, operation
from ....storage import Reader, Transaction, Work
from ...agents import AgentProfile
from ...channels import MemberRef, find_agent
from ...messages import count_sent
from .. import events
from ..members import is_watched
from . import queries
from .ledger import LEDGER, day_of
from .models import (
    MILLION,
    AgentUsage,
    Budget,
    BudgetSet,
    Dollars,
    MessageCap,
    Model,
    Tokens,
    Usage,
    UsageDay,
    percent,
)
from .rule import warn


@operation("POST /api/usage", access="observer", profile="guard")
async def report_usage(
    context: Context, tokens_in: Tokens = 0, tokens_out: Tokens = 0, cost_usd: Dollars = 0, model: Model = ""
) -> Work[AgentUsage]:
    """Report what you have used since your last report: tokens in and out, US dollars, and the model's name."""
    profile = await context.call("get_agent_profile", name=context.actor.name)
    ledger, name, cost = context.team.state[LEDGER], context.actor.name, round(cost_usd * MILLION)
    today = await ledger.today(context, name)

    def count() -> None:
        today.tokens += tokens_in + tokens_out
        today.cost_micros += cost
        if is_watched(context.actor):
            context.team.background(warn(context.team, name, today))

    def work(tx: Transaction) -> AgentUsage:
        queries.add_usage(tx, name, today.day.date.isoformat(), model, tokens_in, tokens_out, cost)
        used = events.UsageReported(
            agent=name, tokens_in=tokens_in, tokens_out=tokens_out, cost_usd=cost / MILLION, model=model
        )
        _emit(context, tx, used)
        tx.on_commit(count)
        return _usage(tx, profile, ledger.budget(name), context.now(), 1)

    return work


@operation("GET /api/usage", access="observer", profile="guard", read_only=True)
async def get_usage(
    context: Context, agent: MemberRef | None = None, days: Annotated[int, Field(ge=1, le=31)] = 7
) -> Usage:
    """See what you used today and the days before, and your budget. Managers see every agent, or the one named."""
    name = context.actor.name if agent is None else find_agent(context, agent, "agent", retired=True).name
    profiles: list[AgentProfile]
    if agent is None and context.actor.access >= Access.manager:
        found = await context.call("get_agents")
        profiles = [each for each in found.root if each.kind != "human"]
    elif name == context.actor.name or context.actor.access >= Access.manager:
        profiles = [await context.call("get_agent_profile", name=name)]
    else:
        raise Forbidden("agent: only managers see what others use; leave it out to see your own.")
    ledger, now = context.team.state[LEDGER], context.now()

    def query(reader: Reader) -> Usage:
        return Usage(agents=[_usage(reader, each, ledger.budget(each.name), now, days) for each in profiles])

    return await context.read(query)


@operation("PUT /api/budgets/{agent}", access="manager", profile="guard", idempotent=True)
async def set_budget(
    context: Context,
    agent: MemberRef,
    messages: MessageCap | None = None,
    tokens: Tokens | None = None,
    cost_usd: Dollars | None = None,
) -> Work[BudgetSet]:
    """Set what an agent may use in a day: 0 is no limit, and what is left out is as the settings say."""
    name = find_agent(context, agent, "agent").name
    ledger = context.team.state[LEDGER]
    cost = None if cost_usd is None else round(cost_usd * MILLION)
    budget = ledger.budget_of({"messages": messages, "tokens": tokens, "cost_micros": cost})

    def work(tx: Transaction) -> BudgetSet:
        queries.set_budget(tx, name, messages, tokens, cost)
        _emit(context, tx, events.BudgetSet(agent=name, **dict(budget)))
        tx.on_commit(lambda: ledger.keep(name, budget))
        return BudgetSet(agent=name, budget=budget)

    return work


def _emit(context: Context, tx: Transaction, event: events.UsageReported | events.BudgetSet) -> None:
    whom = dict.fromkeys([event.agent, *(manager.name for manager in context.team.directory.managers)])
    context.emit(tx, event, event.agent, agents=list(whom))


def _usage(reader: Reader, profile: AgentProfile, budget: Budget, now: int, days: int) -> AgentUsage:
    """What an agent used in its last days."""
    shown = []
    for ago in range(days - 1, -1, -1):
        day = day_of(now, profile.time_zone, ago)
        row = queries.usage_of_day(reader, profile.name, day.date.isoformat())
        shown.append(
            UsageDay(
                day=day.date.isoformat(),
                messages=count_sent(reader, profile.name, day.start, day.end),
                tokens_in=row["tokens_in"],
                tokens_out=row["tokens_out"],
                cost_usd=row["cost_micros"] / MILLION,
            )
        )
    today = shown[-1]
    cost = round(today.cost_usd * MILLION)
    return AgentUsage(
        agent=profile.name,
        time_zone=profile.time_zone,
        days=shown,
        budget=budget,
        used_percent=percent(today.messages, today.tokens_in + today.tokens_out, cost, budget),
        renewed_at=day_of(now, profile.time_zone).end,
    )
