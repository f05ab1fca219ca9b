"""What the templates of tasks have in common: which buttons a reader is offered, what is due, choices of forms."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from babel.dates import format_skeleton

from ....arguments.fields import PRIORITIES
from ....members.directory import Access, Agent, fold
from ....operations import Context
from ....storage import Row
from ....web import gettext as _
from ....web.formatting import clock_time, day_of, local
from ....web.visit import visit
from ..field_types import OPEN, STATUSES
from ..goals.models import Goal
from ..tasks.models import Task
from . import captions, queries

EVENTS = (
    "task.created task.updated task.claimed task.released task.requeued"
    " task.progress task.done task.failed task.deleted"
)
"""The events that change what a list of tasks shows."""
SOON = 2
"""Days ahead of which a task is shown as due soon."""


@dataclass(frozen=True)
class Rights:
    """Which buttons a reader is offered. Whether something is allowed is for the operations to say."""

    me: Agent

    def manages(self, task: Task | Goal) -> bool:
        """Whether the reader may change everything about a task or goal."""
        return self.writes and (task.creator == self.me.name or self.me.access >= Access.manager)

    def works_on(self, task: Task) -> bool:
        """Whether the reader may say how a task is going."""
        return self.manages(task) or (self.writes and task.assignee == self.me.name)

    def may_take(self, task: Task) -> bool:
        """Whether the reader could begin with a task."""
        free = task.assignee in (None, self.me.name) and task.lease is None
        return self.writes and free and task.status == "todo" and not task.pending_deps

    @property
    def writes(self) -> bool:
        """Whether the reader may do more than look."""
        return self.me.access >= Access.member


def shared(context: Context, place: str = "") -> dict[str, Any]:
    """What every template of tasks can use; ``place`` is the entry of the sub-navigation where the page stands."""
    return {
        "place": place,
        "task_events": EVENTS,
        "rights": Rights(context.actor),
        "kind_of": lambda name: kind_of(context, name),
        "status_names": captions.translated(captions.STATUS_NAMES),
        "priority_names": captions.translated(captions.PRIORITY_NAMES),
        "count_words": captions.count_words,
        "value_words": captions.value_words,
        "goal_status_names": captions.translated(captions.GOAL_STATUS_NAMES),
        "statuses": STATUSES,
        "priorities": PRIORITIES,
        "open_statuses": OPEN,
        "due_state": due_state,
        "due_words": due_words,
        "today": day_of(visit().now).isoformat(),
    }


def kind_of(context: Context, name: str) -> str:
    """Whether a member is a person; ``service`` for the server itself."""
    agent = context.team.directory.agent(name)
    return "service" if agent is None else agent.kind


def members(context: Context) -> list[Agent]:
    """The members to whom a task may be given, by name."""
    active = [agent for agent in context.team.directory.agents.values() if not agent.retired]
    return sorted(active, key=lambda agent: fold(agent.name))


def channels(context: Context) -> list[str]:
    """The channels that a task may belong to: those the reader may read and that are in use."""
    readable = (context.team.directory.channels[name] for name in context.team.directory.readable(context.actor.name))
    return sorted(channel.id for channel in readable if not channel.is_dm and not channel.archived)


async def goal_choices(context: Context, chosen: int | None = None) -> list[Row]:
    """The goals that are still worked for, and the one that is chosen: id, title, status."""
    goals = await context.read(queries.goal_titles)
    return [goal for goal in goals if goal["status"] == "open" or goal["id"] == chosen]


def due_state(task: Task) -> Literal["", "soon", "over"]:
    """Whether an open task is overdue or will be soon."""
    if task.due_date is None or task.status not in OPEN:
        return ""
    if task.due_date < visit().now:
        return "over"
    return "soon" if day_of(task.due_date) <= day_of(visit().now) + timedelta(days=SOON) else ""


def due_words(milliseconds: int) -> str:
    """When something is due, as short as possible: ``Today, 14:00``, ``Tomorrow``, ``3 Mar``, ``3 Mar 2027``."""
    day, today = day_of(milliseconds), day_of(visit().now)
    if day == today:
        return _("Today, %(time)s", time=clock_time(milliseconds))
    if day == today + timedelta(days=1):
        return _("Tomorrow")
    skeleton = "MMMd" if day.year == today.year else "yMMMd"
    return format_skeleton(skeleton, local(milliseconds), locale=visit().locale)
