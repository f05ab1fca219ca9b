"""What notifications contributes: its hook implementations."""

from __future__ import annotations

from typing import Any

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from ...operations import Context
from ...plugins.hookspecs import hookimpl
from ...server import Server, Team
from ...server.timekeeping import Countdown
from ...storage import Migration, load_migrations
from ...web import Page
from . import courier as delivering
from . import jobs as working
from . import notifiers, operations, queueing
from .events import EVENT_KINDS
from .models import NotificationSettings
from .pages import notifications as pages


@hookimpl
def register_operations() -> list[Any]:
    return [
        operations.get_notifiers,
        operations.set_notification_address,
        operations.remove_notification_address,
        operations.list_notifications,
        queueing.queue_notifications,
        delivering.note_delivery,
    ]


@hookimpl
def register_pages() -> list[Page]:
    return pages.PAGES


@hookimpl
def template_context(context: Context) -> dict[str, Any]:
    return {"can_be_notified": bool(notifiers.of(context.server))}


@hookimpl
def register_migrations() -> list[Migration]:
    return load_migrations("notifications", __package__)


@hookimpl
def register_event_kinds() -> dict[str, str]:
    return EVENT_KINDS


@hookimpl
def register_settings() -> type[NotificationSettings]:
    return NotificationSettings


@hookimpl
def register_countdowns() -> list[Countdown]:
    return [Countdown("notifications", ("next_at",), "next_at IS NOT NULL")]


@hookimpl
def clock_jumped(team: Team, milliseconds: int) -> None:
    working.look_anew(team)


@hookimpl
def register_jobs(scheduler: AsyncIOScheduler, server: Server) -> None:
    scheduler.add_job(working.work_off, "interval", [server], seconds=1, id="notifications")


@hookimpl
def startup(server: Server) -> None:
    notifiers.collect(server)


@hookimpl
def shutdown(server: Server) -> None:
    working.stop(server)
