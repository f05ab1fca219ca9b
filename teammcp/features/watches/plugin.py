"""What watches contribute: their hook implementations."""

from __future__ import annotations

from typing import Any

from ...events import EventData
from ...members.directory import Agent
from ...members.presence import MemberStatus
from ...operations import Context
from ...plugins.markers import hookimpl
from ...server import Team
from ...server.jobs import Job
from ...storage import Migration, load_migrations
from ...web import Page, Panel
from ..tasks import Task
from . import memory
from .events import EVENT_KINDS
from .latches import armed_by, occasions_of
from .operations import asking, telling
from .pages import PAGES, PANELS

SECONDS = 10


@hookimpl
def register_operations() -> list[Any]:
    return [
        asking.notify_when,
        asking.list_notify_when,
        telling.note_occasion,
        telling.tell_held_occasions,
        telling.end_watches,
    ]


@hookimpl
def register_migrations() -> list[Migration]:
    return load_migrations("watches", __package__)


@hookimpl
def register_pages() -> list[Page]:
    return PAGES


@hookimpl
def register_panels() -> list[Panel]:
    return PANELS


@hookimpl
def register_event_kinds() -> tuple[type[EventData], ...]:
    return EVENT_KINDS


@hookimpl
def register_jobs() -> list[Job]:
    return [Job("watches.held", tell_held, every=SECONDS, per_team=True)]


async def tell_held(team: Team) -> None:
    """Tell what was only counted, once its minute is over."""
    kept = team.state[memory.WATCHED]
    if kept.held:
        async with kept.turn:
            await Context.inside(team).call(telling.tell_held_occasions)


@hookimpl
async def team_opened(team: Team) -> None:
    await memory.load(team)


@hookimpl
async def status_changed(team: Team, agent: str, before: MemberStatus, after: MemberStatus) -> None:
    await asking.look(team, agent, arms=armed_by(after.status), occasions=occasions_of(after.status))


@hookimpl
async def reach_changed(team: Team, agent: str, reachable: bool) -> None:
    await asking.look(team, agent, **asking.reach(reachable))


@hookimpl
async def task_done(context: Context, task: Task) -> None:
    if task.assignee is not None:
        await asking.look(
            context.team, task.assignee, arms=[], occasions=["done"], task_id=task.id, by=context.actor.name
        )


@hookimpl
async def agent_retired(context: Context, agent: Agent) -> None:
    kept = context.team.state[memory.WATCHED]
    async with kept.turn:
        await Context.inside(context.team).call(telling.end_watches, name=agent.name)
