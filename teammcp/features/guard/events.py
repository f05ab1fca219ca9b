"""What events of stopped loops and of budgets say."""

from __future__ import annotations

from ...events import EventData
from .loops.models import Loop


class LoopStopped(EventData, Loop, kind="loop.stopped"):
    """Agents were stopped because they seemed to loop."""


class LoopReleased(EventData, Loop, kind="loop.released"):
    """Agents that were stopped may go on."""


class UsageReported(EventData, kind="usage.reported"):
    """An agent reported what it has used."""

    agent: str
    tokens_in: int
    tokens_out: int
    cost_usd: float
    model: str


class BudgetSet(EventData, kind="budget.set"):
    """A manager set what an agent may use in a day; 0 stands for no limit."""

    agent: str
    messages: int
    tokens: int
    cost_usd: float


EVENT_KINDS = (LoopStopped, LoopReleased, UsageReported, BudgetSet)
