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
from . import events
from .operations import clock, runs
from .operations import schedules as operations
from .pages import schedules as pages
from .settings import ScheduleSettings


@hookimpl
def register_operations() -> list[Any]:
    return [
        operations.schedule_message,
        operations.list_schedules,
        operations.get_schedule,
        operations.pause_schedule,
        operations.resume_schedule,
        operations.cancel_schedule,
        runs.fire_schedule,
        runs.suspend_schedule,
        clock.follow_clock,
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
def register_settings() -> type[ScheduleSettings]:
    return ScheduleSettings


@hookimpl
def register_jobs() -> list[Job]:
    return [Job("schedules", runs.run_due, every=1, per_team=True)]


@hookimpl
async def clock_jumped(team: Team, milliseconds: int) -> None:
    await Context.inside(team).call(clock.follow_clock, milliseconds=milliseconds)
