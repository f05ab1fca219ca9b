"""The budgets as a rule: at 80 % of its day an agent is told, at 100 % its messages are refused."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from ....clock import rfc3339
from ....errors import Refused, TeamError
from ....members.directory import Agent, is_dm, sides
from ....operations import Context
from ....server import Team
from ...messages import Draft, Message
from ...wakes import Wake
from ..members import is_watched
from . import queries
from .ledger import LEDGER, Ledger, Today
from .models import MILLION

WARNING = 80
"""Percent of a budget at which its agent is told."""

log = logging.getLogger(__name__)


class BudgetSpent(Refused):
    """The agent has used up its day; ``renewed_at`` says when the next one begins."""

    code, title = "budget_spent", "Today's budget is used up"


async def load(team: Team) -> None:
    """Remember a team's budgets."""
    ledger = team.state[LEDGER] = Ledger(Context.inside(team).settings("guard"))
    for row in await team.database.read(queries.budgets):
        ledger.keep(row["agent"], ledger.budget_of(row))


async def check(context: Context, draft: Draft) -> None:
    """Refuse the message of an agent that has used up its day, unless it is a direct message to a person.

    Raises:
        BudgetSpent: what to do instead is in its text.
    """
    agent = context.actor
    if draft.edited is not None:
        return
    today = await _used_up(context, agent)
    if today is None or _is_to_a_person(context.team, draft):
        return
    story, renewed = _story(context.team.state[LEDGER], agent.name, today), rfc3339(today.day.end)
    raise BudgetSpent(
        f"Not sent: you have used up your budget of today ({story}). It begins anew at "
        f"{renewed}. Until then finish what needs no message and end your turn. A direct message to a person still "
        f"passes; a manager can give you more with set_budget: {_names(context.team)}.",
        renewed_at=renewed,
    )


async def check_wake(context: Context, wake: Wake) -> None:
    """Let nobody wake an agent that has used up its day: each turn costs more of what it no longer has.

    Raises:
        BudgetSpent: all members read in the text why it was not woken, and from when on it may be; how much it has
            used is for managers.
    """
    agent = context.team.directory.agent(wake.agent)
    today = None if agent is None else await _used_up(context, agent)
    if today is None:
        return
    renewed = rfc3339(today.day.end)
    raise BudgetSpent(
        f"{wake.agent} has used up its budget of today, so messages do not wake it until {renewed}; "
        f"set_budget gives it more",
        renewed_at=renewed,
    )


async def _used_up(context: Context, agent: Agent) -> Today | None:
    """What an agent has used today, if that is its whole budget."""
    ledger = context.team.state[LEDGER]
    if not is_watched(agent) or not ledger.limits(agent.name):
        return None
    today = await ledger.today(context, agent.name)
    return today if ledger.used(agent.name, today) >= 100 else None


def _is_to_a_person(team: Team, draft: Draft) -> bool:
    if not is_dm(draft.channel):
        return False
    others = [team.directory.agent(name) for name in sides(draft.channel) if name != draft.sender]
    return all(other is not None and other.kind == "human" for other in others)


async def noticed(context: Context, message: Message) -> None:
    """Count a message that was sent."""
    ledger, name = context.team.state[LEDGER], context.actor.name
    if not is_watched(context.actor) or not ledger.limits(name):
        return
    today = await ledger.today(context, name)
    today.messages += 1
    await warn(context.team, name, today)


async def warn(team: Team, agent: str, today: Today) -> None:
    """Tell the agent once that most of its day is used, and it and the managers once that all of it is."""
    ledger = team.state[LEDGER]
    used, told = ledger.used(agent, today), today.told
    today.told = max(used, told)
    story = _story(ledger, agent, today)
    if told < 100 <= used:
        text = f"{agent} has used up its budget of today ({story}); its messages are refused until "
        text += f"{rfc3339(today.day.end)}, but for direct messages to people. set_budget gives it more."
        managers = [manager.name for manager in team.directory.managers if manager.name != agent]
        await _send(team, [agent, *managers], text)
    elif told < WARNING <= used:
        text = f"You have used {used} % of your budget of today ({story}). At 100 % your messages are refused until "
        text += f"{rfc3339(today.day.end)}: keep to what matters, and ask a manager if you need more."
        await _send(team, [agent], text)


async def _send(team: Team, recipients: Sequence[str], text: str) -> None:
    for name in recipients:
        try:
            await Context.inside(team).call("send_dm", recipient=name, content=text)
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
    return ", ".join(agent.name for agent in team.directory.managers)
