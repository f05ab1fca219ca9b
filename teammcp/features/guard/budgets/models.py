"""Public shapes of what agents use, and may use, in a day."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ....arguments.fields import Line, Timestamp
from ....operations import Result

MILLION = 1_000_000
Tokens = Annotated[int, Field(ge=0, le=10**12)]
Dollars = Annotated[float, Field(ge=0, le=10**6, allow_inf_nan=False)]
Model = Annotated[Line, Field(max_length=100)]
MessageCap = Annotated[int, Field(ge=0, le=10**9)]


class Budget(Result):
    """What an agent may use in a day of its own time zone; 0 stands for no limit."""

    messages: int
    tokens: int
    cost_usd: float


class UsageDay(Result):
    """What an agent used in one day: messages it sent, and what it reported of tokens and US dollars."""

    day: str = Field(description="The date in the agent's time zone")
    messages: int
    tokens_in: int
    tokens_out: int
    cost_usd: float


class AgentUsage(Result):
    """What an agent used in the last days, the last of which is today."""

    agent: str
    time_zone: str
    days: list[UsageDay]
    budget: Budget
    used_percent: int | None = Field(description="Of today's budget, where the most is used; null without a budget")
    renewed_at: Timestamp = Field(description="When today's budget begins anew")

    def text(self) -> str:
        today = self.days[-1]
        part = "" if self.used_percent is None else f" ({self.used_percent}% of the budget)"
        tokens = f"{today.tokens_in} tokens in, {today.tokens_out} out"
        return f"{self.agent} today: {today.messages} messages, {tokens}, ${today.cost_usd:.2f}{part}"


class Usage(Result):
    """What agents used, by name."""

    agents: list[AgentUsage]

    def text(self) -> str:
        return "\n".join(each.text() for each in self.agents) or "(no agents)"


class BudgetSet(Result):
    """What an agent may use from now on."""

    agent: str
    budget: Budget


def percent(messages: int, tokens: int, cost_micros: int, budget: Budget) -> int | None:
    """How much of a budget is used, in whole percent of what is used up most; None if it limits nothing."""
    pairs = [
        (messages, budget.messages),
        (tokens, budget.tokens),
        (cost_micros, round(budget.cost_usd * MILLION)),
    ]
    return max((100 * used // cap for used, cap in pairs if cap), default=None)
