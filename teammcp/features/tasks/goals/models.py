"""Public shapes of goals."""

from __future__ import annotations

from typing import Literal

from ....arguments.fields import Timestamp
from ....operations import Result
from ....text.untrusted import Author, Words, quote
from ..field_types import Status

GoalStatus = Literal["open", "achieved", "dropped"]


class Goal(Result):
    """What tasks are for. Progress is the weighted mean over its tasks and the goals below it, in percent."""

    id: int
    title: Words
    description: Words
    parent_id: int | None
    status: GoalStatus
    creator: Author
    progress: int
    tasks: dict[Status, int]
    """How many tasks are in which status, those of the goals below counted in."""
    created_at: Timestamp
    updated_at: Timestamp
    closed_at: Timestamp | None

    def text(self) -> str:
        return f"[goal {self.id}] {self.progress}% ({self.status}) by {self.creator}: {quote(self.title)}"


class GoalAnswer(Result):
    """A goal."""

    goal: Goal

    def text(self) -> str:
        return self.goal.text()


class GoalList(Result):
    """Goals, by id. ``next`` is the ``after`` of the following page, null on the last."""

    goals: list[Goal]
    next: int | None = None

    def text(self) -> str:
        more = [] if self.next is None else [f"(more: after={self.next})"]
        return "\n".join([*(goal.text() for goal in self.goals), *more]) or "(no goals)"
