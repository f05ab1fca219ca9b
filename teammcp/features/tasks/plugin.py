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
from ..state import StateChange
from .claims.jobs import SECONDS as REAP_SECONDS
from .claims.jobs import reap, requeue_task
from .claims.operations import reports
from .events import EVENT_KINDS
from .goals import operations as goals
from .pages import message_links as pages
from .reminders import operations as reminders
from .settings import TaskSettings
from .tasks import linked_state
from .tasks.operations import deletion, retrieval, updates


@hookimpl
def register_operations() -> list[Any]:
    return [
        updates.create_task,
        updates.update_task,
        updates.done_task,
        updates.pin_task,
        deletion.delete_task,
        linked_state.settle_task_state,
        retrieval.list_tasks,
        retrieval.get_task,
        retrieval.get_task_history,
        reports.claim_task,
        reports.claim_next_task,
        reports.update_task_progress,
        reports.complete_task,
        reports.fail_task,
        reports.release_task,
        requeue_task,
        reminders.remind_of_task,
        goals.create_goal,
        goals.list_goals,
        goals.get_goal,
        goals.update_goal,
    ]


@hookimpl
def register_migrations() -> list[Migration]:
    return load_migrations("tasks", __package__)


@hookimpl
def register_pages() -> list[Page]:
    return pages.PAGES


@hookimpl
def register_message_actions() -> list[MessageAction]:
    return pages.MESSAGE_ACTIONS


@hookimpl
async def message_links(context: Context, message_ids: list[int]) -> dict[int, list[MessageLink]]:
    return await pages.links_at(context, message_ids)


@hookimpl
def register_event_kinds() -> tuple[type[EventData], ...]:
    return EVENT_KINDS


@hookimpl
def register_settings() -> type[TaskSettings]:
    return TaskSettings


@hookimpl
def register_countdowns() -> list[Countdown]:
    return [Countdown("tasks", ("lease_expires_at", "progress_due_at"), "lease_agent IS NOT NULL")]


@hookimpl
def register_jobs() -> list[Job]:
    return [
        Job("tasks.reap", reap, every=REAP_SECONDS, per_team=True),
        Job("tasks.remind", reminders.remind, every=reminders.SECONDS, per_team=True),
    ]


@hookimpl
async def state_changed(context: Context, change: StateChange) -> None:
    if not change.deleting:
        await linked_state.settle(context, change.project_id, change.field, change.value)


@hookimpl
async def deferred_dropped(
    context: Context, operation: str, arguments: Mapping[str, Any], proposer: str, reason: str
) -> None:
    if operation == "set_state":
        await linked_state.drop(context, arguments, proposer, reason)


@hookimpl
async def inbox_section(context: Context) -> dict[str, Any] | None:
    due = await retrieval.due_section(context)
    return {"tasks_due": due} if due else None
