"""What tasks contributes: its hook implementations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...events import EventData
from ...operations import Context
from ...plugins.markers import hookimpl
from ...server.jobs import Job
from ...server.timekeeping import Countdown
from ...storage import Migration, load_migrations
from ...web import MessageAction, MessageLink, Page
from ..notifications import NotificationKind
from ..state import StateChange
from .claims import jobs as claim_jobs
from .claims import operations as claims
from .events import EVENT_KINDS
from .goals import operations as goals
from .notification_kinds import KINDS
from .pages import PAGES
from .pages import message_links as links
from .reminders import jobs as reminder_jobs
from .reminders import operations as reminders
from .settings import TaskSettings
from .tasks import operations as tasks
from .tasks.inbox import due_section
from .tasks.operations import settlement


@hookimpl
def register_operations() -> list[Any]:
    return tasks.OPERATIONS + claims.OPERATIONS + reminders.OPERATIONS + goals.OPERATIONS


@hookimpl
def register_migrations() -> list[Migration]:
    return load_migrations("tasks", __package__)


@hookimpl
def register_pages() -> list[Page]:
    return PAGES


@hookimpl
def register_message_actions() -> list[MessageAction]:
    return links.MESSAGE_ACTIONS


@hookimpl
async def message_links(context: Context, message_ids: list[int]) -> dict[int, list[MessageLink]]:
    return await links.links_at(context, message_ids)


@hookimpl
def register_event_kinds() -> tuple[type[EventData], ...]:
    return EVENT_KINDS


@hookimpl
def register_settings() -> type[TaskSettings]:
    return TaskSettings


@hookimpl
def register_notification_kinds() -> tuple[NotificationKind, ...]:
    return KINDS


@hookimpl
def register_countdowns() -> list[Countdown]:
    return [Countdown("tasks", ("lease_expires_at", "progress_due_at"), "lease_agent IS NOT NULL")]


@hookimpl
def register_jobs() -> list[Job]:
    return claim_jobs.JOBS + reminder_jobs.JOBS


@hookimpl
async def state_changed(context: Context, change: StateChange) -> None:
    if not change.deleting:
        await settlement.settle(context, change.project_id, change.field, change.value)


@hookimpl
async def deferred_dropped(
    context: Context, operation: str, arguments: Mapping[str, Any], proposer: str, reason: str
) -> None:
    if operation == "set_state":
        await settlement.drop(context, arguments, proposer, reason)


@hookimpl
async def inbox_section(context: Context) -> dict[str, Any] | None:
    due = await due_section(context)
    return {"tasks_due": due} if due else None
