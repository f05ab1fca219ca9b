"""What messages contributes: its hook implementations."""

from __future__ import annotations

from typing import Any

from ...events import EventData
from ...plugins.markers import hookimpl
from ...storage import Migration, load_migrations
from ...surfaces.resources import Resource
from ...web import Page
from .events import EVENT_KINDS
from .operations import edits, history, parts, pins, reactions, search, sending
from .pages import PAGES
from .resources import CHANNEL


@hookimpl
def register_operations() -> list[Any]:
    return [
        sending.send_message,
        sending.send_dm,
        history.get_history,
        history.get_message,
        history.get_thread,
        history.oversee_dm,
        search.search_messages,
        edits.edit_message,
        edits.get_edits,
        edits.delete_message,
        edits.lose_file,
        parts.list_part_kinds,
        parts.get_part,
        parts.note_part_standing,
        reactions.add_reaction,
        reactions.remove_reaction,
        pins.pin_message,
        pins.unpin_message,
        pins.get_pinned_messages,
    ]


@hookimpl
def register_migrations() -> list[Migration]:
    return load_migrations("messages", __package__)


@hookimpl
def register_resources() -> list[Resource]:
    return [CHANNEL]


@hookimpl
def register_pages() -> list[Page]:
    return PAGES


@hookimpl
def register_event_kinds() -> tuple[type[EventData], ...]:
    return EVENT_KINDS
