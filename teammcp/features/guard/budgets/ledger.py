"""What each agent may use in a day, and has used of it today, in memory: a send needs no query to be looked at."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from ....operations import Context
from ....server import StateKey
from ....storage import Reader, Row
from ...messages import count_sent
from ..settings import GuardSettings
from . import queries
from .models import MILLION, Budget, percent


@dataclass(frozen=True)
class Day:
    """A day in some time zone: its date, where it begins and where the next one does (UTC milliseconds)."""

    date: date
    start: int
    end: int


def day_of(now: int, zone: str, ago: int = 0) -> Day:
    """The day of a moment in a time zone, or the one so many days before."""
    there = ZoneInfo(zone)
    found = datetime.fromtimestamp(now / 1000, there).date() - timedelta(days=ago)
    return Day(found, _midnight(found, there), _midnight(found + timedelta(days=1), there))


def _midnight(day: date, zone: ZoneInfo) -> int:
    return round(1000 * datetime.combine(day, time(), zone).timestamp())


@dataclass
class Today:
    """What an agent has used of its day."""

    day: Day
    messages: int
    tokens: int
    cost_micros: int
    told: int = 0
    """The highest percentage of the budget that somebody was told of."""


@dataclass
class Ledger:
    """The memory of one team. For the event loop only."""

    settings: GuardSettings
    set: dict[str, Budget] = field(default_factory=dict)
    """The budgets that differ from the settings."""
    _today: dict[str, Today] = field(default_factory=dict)

    @cached_property
    def usual(self) -> Budget:
        """What the settings give each agent."""
        given = self.settings
        return Budget(messages=given.daily_messages, tokens=given.daily_tokens, cost_usd=given.daily_cost_usd)

    def budget(self, agent: str) -> Budget:
        """What an agent may use in a day."""
        return self.set.get(agent) or self.usual

    def budget_of(self, row: Row) -> Budget:
        """A budget as it is stored: what is null is as the settings say."""
        usual, cost = self.usual, row["cost_micros"]
        return Budget(
            messages=usual.messages if row["messages"] is None else row["messages"],
            tokens=usual.tokens if row["tokens"] is None else row["tokens"],
            cost_usd=usual.cost_usd if cost is None else cost / MILLION,
        )

    def keep(self, agent: str, budget: Budget) -> None:
        """Go by an agent's own budget from now on."""
        self.set[agent] = budget
        self.forget(agent)

    def used(self, agent: str, today: Today) -> int:
        """Percent of an agent's budget of today; 0 if nothing is limited."""
        return percent(today.messages, today.tokens, today.cost_micros, self.budget(agent)) or 0

    def limits(self, agent: str) -> bool:
        """Whether an agent has a budget at all."""
        budget = self.budget(agent)
        return bool(budget.messages or budget.tokens or budget.cost_usd)

    async def today(self, context: Context, agent: str) -> Today:
        """What an agent has used today: from memory, or on the first look of its day from the database."""
        found = self._today.get(agent)
        if found is not None and found.day.start <= context.now() < found.day.end:
            return found
        profile = await Context.inside(context.team).call("get_agent_profile", name=agent)
        found = await context.read(_today, agent, day_of(context.now(), profile.time_zone))
        found.told = self.used(agent, found)
        self._today[agent] = found
        return found

    def forget(self, agent: str) -> None:
        """Look into the database the next time."""
        self._today.pop(agent, None)


def _today(reader: Reader, agent: str, day: Day) -> Today:
    row = queries.usage_of_day(reader, agent, day.date.isoformat())
    messages = count_sent(reader, agent, day.start, day.end)
    return Today(day, messages, row["tokens_in"] + row["tokens_out"], row["cost_micros"])


LEDGER: StateKey[Ledger] = StateKey("guard.ledger")
