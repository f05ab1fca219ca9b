"""What schedules contributes: its hook implementations."""

from __future__ import annotations

from typing import Any

from ...events import EventData
from ...operations import Context
from ...plugins.markers import hookimpl
from ...server import Team
from ...server.jobs import Job
from ...storage import Migration, load_migrations
from ...web import Page
from . import events, firing, jumping, operations, pages
from .jumping import follow_clock


@hookimpl
def register_operations() -> list[Any]:
    return [
        operations.schedule_message,
        operations.list_schedules,
        operations.get_schedule,
        operations.pause_schedule,
        operations.resume_schedule,
        operations.cancel_schedule,
        firing.fire_schedule,
        firing.suspend_schedule,
        jumping.follow_clock,
    ]


@hookimpl
def register_pages() -> list[Page]:
    return pages.PAGES


@hookimpl
def register_migrations() -> list[Migration]:
    return load_migrations("schedules", __package__)


@hookimpl
def register_event_kinds() -> tuple[type[EventData], ...]:
    return events.EVENT_KINDS


@hookimpl
def register_settings() -> type[firing.Settings]:
    return firing.Settings


@hookimpl
def register_jobs() -> list[Job]:
    return [Job("schedules", firing.run_due, every=1, per_team=True)]


@hookimpl
async def clock_jumped(team: Team, milliseconds: int) -> None:
    await Context.inside(team).call(follow_clock, milliseconds=milliseconds)
