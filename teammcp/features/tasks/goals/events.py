"""What events of goals say."""

from __future__ import annotations

from ....events import EventData
from ....events.kinds import Partial
from .models import Goal


class GoalPart(Partial, Goal):
    """A goal, but for how far it is, which depends on what one may see."""


class GoalEvent(EventData):
    """A goal."""

    goal: GoalPart


class GoalCreated(GoalEvent, kind="goal.created"):
    """A goal was created."""


class GoalUpdated(GoalEvent, kind="goal.updated"):
    """A goal was changed."""
