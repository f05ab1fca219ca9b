"""What messages contributes: its hook implementations."""

from __future__ import annotations

from typing import Any

from ...events import EventData
from ...plugins.markers import hookimpl
from ...storage import Migration, load_migrations
from ...surfaces.resources import Resource
from ...web import Page
from .events import EVENT_KINDS
from .operations import edits as changes
from .operations import search as searching
from .operations import sending as operations
from .pages import message as message_pages
from .pages import search as search_pages
from .pages import stream as pages
from .resources import CHANNEL


@hookimpl
def register_operations() -> list[Any]:
    return [
        operations.send_message,
        operations.send_dm,
        operations.get_history,
        operations.get_message,
        operations.get_thread,
        operations.oversee_dm,
        searching.search_messages,
        changes.edit_message,
        changes.get_edits,
        changes.delete_message,
        changes.lose_file,
        changes.add_reaction,
        changes.remove_reaction,
        changes.pin_message,
        changes.unpin_message,
        changes.get_pinned_messages,
    ]


@hookimpl
def register_migrations() -> list[Migration]:
    return load_migrations("messages", __package__)


@hookimpl
def register_resources() -> list[Resource]:
    return [CHANNEL]


@hookimpl
def register_pages() -> list[Page]:
    return pages.PAGES + message_pages.PAGES + search_pages.PAGES


@hookimpl
def register_event_kinds() -> tuple[type[EventData], ...]:
    return EVENT_KINDS
