"""Budgets: what an agent may send and spend in a day. At 80 % it is told, at 100 % its messages are refused."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from .... import operations
from ....clock import rfc3339
from ....errors import Forbidden, Refused, TeamError
from ....members.directory import Access
from ....operations import Context, operation
from ....server import Team
from ....storage import Reader, Transaction, Work
from ...agents.models import AgentProfile
from ...channels import MemberRef, find_agent
from ...messages import Draft, Message
from .. import queries
from ..members import is_watched, managers
from .ledger import Ledger, Today, day_of, ledgers
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

WARNING = 80
"""Percent of a budget at which its agent is told."""

log = logging.getLogger(__name__)


class BudgetSpent(Refused):
    """The agent has used up its day; ``renewed_at`` says when the next one begins."""

    code, title = "budget_spent", "Today's budget is used up"


# -- the rule --------------------------------------------------------------------------------------------------------


async def load(team: Team) -> None:
    """Remember a team's budgets."""
    ledger = ledgers[team] = Ledger(Context.inside(team).settings("guard"))
    for row in await team.database.read(queries.budgets):
        ledger.set[row["agent"]] = ledger.budget_of(row)


async def check(context: Context, draft: Draft) -> None:
    """Refuse the message of an agent that has used up its day, unless it is a direct message to a person.

    Raises:
        BudgetSpent: what to do instead is in its text.
    """
    ledger, agent = ledgers[context.team], context.actor
    if not is_watched(agent) or draft.edited is not None or not ledger.limits(agent.name):
        return
    today = await ledger.today(context, agent.name)
    if ledger.used(agent.name, today) < 100 or _is_to_a_person(context.team, draft):
        return
    renewed = rfc3339(today.day.end)
    raise BudgetSpent(
        f"Not sent: you have used up your budget of today ({_story(ledger, agent.name, today)}). It begins anew at "
        f"{renewed}. Until then finish what needs no message and end your turn. A direct message to a person still "
        f"passes; a manager can give you more with set_budget: {_names(context.team)}.",
        renewed_at=renewed,
    )


def _is_to_a_person(team: Team, draft: Draft) -> bool:
    if not draft.channel.startswith("dm:"):
        return False
    others = [team.directory.agent(name) for name in draft.channel.split(":")[1:] if name != draft.sender]
    return all(other is not None and other.kind == "human" for other in others)


async def noticed(context: Context, message: Message) -> None:
    """Count a message that was sent."""
    ledger, name = ledgers[context.team], context.actor.name
    if not is_watched(context.actor) or not ledger.limits(name):
        return
    today = await ledger.today(context, name)
    today.messages += 1
    await _tell(context.team, name, today)


async def _tell(team: Team, agent: str, today: Today) -> None:
    """Tell the agent once that most of its day is used, and it and the managers once that all of it is."""
    ledger = ledgers[team]
    used, told = ledger.used(agent, today), today.told
    today.told = max(used, told)
    story = _story(ledger, agent, today)
    if told < 100 <= used:
        text = f"{agent} has used up its budget of today ({story}); its messages are refused until "
        text += f"{rfc3339(today.day.end)}, but for direct messages to people. set_budget gives it more."
        await _send(team, [agent, *(manager.name for manager in managers(team) if manager.name != agent)], text)
    elif told < WARNING <= used:
        text = f"You have used {used} % of your budget of today ({story}). At 100 % your messages are refused until "
        text += f"{rfc3339(today.day.end)}: keep to what matters, and ask a manager if you need more."
        await _send(team, [agent], text)


async def _send(team: Team, recipients: Sequence[str], text: str) -> None:
    for name in recipients:
        try:
            await operations.call(Context.inside(team), "send_dm", {"recipient": name, "content": text})
        except TeamError as error:  # a plugin's rule; the others are to know all the same
            log.warning("%s is not told of a budget: %s", name, error)


def _story(ledger: Ledger, agent: str, today: Today) -> str:
    """What is used of what, for each limit there is."""
    budget = ledger.budget(agent)
    parts = [
        (f"{today.messages} of {budget.messages} messages", budget.messages),
        (f"{today.tokens} of {budget.tokens} tokens", budget.tokens),
        (f"${today.cost_micros / MILLION:.2f} of ${budget.cost_usd:.2f}", budget.cost_usd),
    ]
    return ", ".join(part for part, cap in parts if cap)


def _names(team: Team) -> str:
    return ", ".join(agent.name for agent in managers(team))


# -- operations ------------------------------------------------------------------------------------------------------


@operation("POST /api/usage", access="observer", profile="guard")
async def report_usage(
    context: Context, tokens_in: Tokens = 0, tokens_out: Tokens = 0, cost_usd: Dollars = 0, model: Model = ""
) -> Work[AgentUsage]:
    """Report what you have used since your last report: tokens in and out, US dollars, and the model's name."""
    profile = await context.call("get_agent_profile", name=context.actor.name)
    ledger, name, cost = ledgers[context.team], context.actor.name, round(cost_usd * MILLION)
    today = await ledger.today(context, name)

    def count() -> None:
        today.tokens += tokens_in + tokens_out
        today.cost_micros += cost
        if is_watched(context.actor):
            context.server.background(_tell(context.team, name, today))

    def work(tx: Transaction) -> AgentUsage:
        queries.add_usage(tx, name, today.day.date.isoformat(), model, tokens_in, tokens_out, cost)
        data = {"tokens_in": tokens_in, "tokens_out": tokens_out, "cost_usd": cost / MILLION, "model": model}
        _emit(context, tx, "usage.reported", name, data)
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
    ledger, now = ledgers[context.team], context.now()

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
    ledger = ledgers[context.team]
    cost = None if cost_usd is None else round(cost_usd * MILLION)
    budget = ledger.budget_of({"messages": messages, "tokens": tokens, "cost_micros": cost})

    def remember() -> None:
        ledger.set[name] = budget
        ledger.forget(name)

    def work(tx: Transaction) -> BudgetSet:
        queries.set_budget(tx, name, messages, tokens, cost)
        _emit(context, tx, "budget.set", name, budget.model_dump(mode="json"))
        tx.on_commit(remember)
        return BudgetSet(agent=name, budget=budget)

    return work


def _emit(context: Context, tx: Transaction, kind: str, agent: str, data: dict[str, object]) -> None:
    whom = dict.fromkeys([agent, *(manager.name for manager in managers(context.team))])
    context.emit(tx, kind, agent, agents=list(whom), data={"agent": agent, **data})


def _usage(reader: Reader, profile: AgentProfile, budget: Budget, now: int, days: int) -> AgentUsage:
    """What an agent used in its last days."""
    shown = []
    for ago in range(days - 1, -1, -1):
        day = day_of(now, profile.time_zone, ago)
        row = queries.usage_of_day(reader, profile.name, day.date.isoformat())
        shown.append(
            UsageDay(
                day=day.date.isoformat(),
                messages=queries.count_messages(reader, profile.name, day.start, day.end),
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
