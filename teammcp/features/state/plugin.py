"""What state contributes: its hook implementations."""

from __future__ import annotations

from typing import Any

from ...events import EventData
from ...operations import Context
from ...plugins.markers import hookimpl
from ...storage import Migration, Reader, load_migrations
from ...web import Page
from .events import EVENT_KINDS
from .operations import changes, retrieval, subscriptions
from .pages import state as pages


@hookimpl
def register_operations() -> list[Any]:
    return [
        retrieval.get_state,
        changes.set_state,
        changes.delete_state,
        changes.conclude_state,
        retrieval.get_state_history,
        retrieval.list_state_projects,
        retrieval.route_state,
        subscriptions.subscribe_state,
        subscriptions.unsubscribe_state,
        subscriptions.ack_state,
    ]


@hookimpl
def register_pages() -> list[Page]:
    return pages.PAGES


@hookimpl
def register_migrations() -> list[Migration]:
    return load_migrations("state", __package__)


@hookimpl
def register_event_kinds() -> tuple[type[EventData], ...]:
    return EVENT_KINDS


@hookimpl
async def inbox_section(context: Context) -> dict[str, Any] | None:
    changes = await subscriptions.news(context)
    return {"state_changes": changes} if changes else None


@hookimpl
def notices(context: Context, reader: Reader) -> dict[str, int] | None:
    count = subscriptions.count_news(reader, context.actor.name)
    return {"state": count} if count else None
