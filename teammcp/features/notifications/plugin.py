"""What notifications contributes: its hook implementations."""

from __future__ import annotations

from typing import Any

from ...events import EventData
from ...operations import Context
from ...plugins.markers import hookimpl
from ...server import Server, Team
from ...server.jobs import Job
from ...server.timekeeping import Countdown
from ...storage import Migration, load_migrations
from ...web import Page
from . import jobs, kinds, message_kinds, notifiers
from .events import EVENT_KINDS
from .operations import addresses, deliveries, listing, preferences, queue
from .pages import PAGES
from .settings import NotificationSettings


@hookimpl
def register_operations() -> list[Any]:
    return [
        addresses.get_notifiers,
        addresses.set_notification_address,
        addresses.remove_notification_address,
        preferences.get_notification_preferences,
        preferences.set_notification_preferences,
        preferences.set_notifier,
        listing.list_notifications,
        listing.resend_notification,
        listing.try_notifier,
        queue.queue_notifications,
        deliveries.begin_delivery,
        deliveries.note_delivery,
        deliveries.note_seen,
        deliveries.resume_notifications,
        deliveries.forget_address,
    ]


@hookimpl
def register_pages() -> list[Page]:
    return PAGES


@hookimpl
def template_context(context: Context) -> dict[str, Any]:
    return {"can_be_notified": bool(notifiers.of(context.server))}


@hookimpl
def register_migrations() -> list[Migration]:
    return load_migrations("notifications", __package__)


@hookimpl
def register_event_kinds() -> tuple[type[EventData], ...]:
    return EVENT_KINDS


@hookimpl
def register_settings() -> type[NotificationSettings]:
    return NotificationSettings


@hookimpl
def register_countdowns() -> list[Countdown]:
    return [Countdown("notification_deliveries", ("next_at",), "next_at IS NOT NULL")]


@hookimpl
def clock_jumped(team: Team, milliseconds: int) -> None:
    jobs.look_anew(team)


@hookimpl
def register_jobs() -> list[Job]:
    return [Job("notifications", jobs.work_off, every=1, per_team=True)]


@hookimpl
def startup(server: Server) -> None:
    notifiers.collect(server)
    kinds.collect(server, message_kinds.KINDS)


@hookimpl
def shutdown(server: Server) -> None:
    jobs.stop(server)
