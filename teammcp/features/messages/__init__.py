"""Messages: sending, reading, searching, editing, threads, reactions, pins."""

from __future__ import annotations

from typing import Any

from ...plugins.hookspecs import hookimpl
from ...storage import Migration, load_migrations
from ...surfaces.resources import Resource
from ...web import Page
from . import changes, message_pages, operations, pages, search_pages, searching
from .mentions import find_mentions, find_mentions_aside
from .models import Draft, Message, message_line
from .notes import Note, note, quoted_block, quoted_line, send_notes, server_note
from .operations import visible
from .presentation import kind_of
from .resources import CHANNEL
from .shapes import first_lines, messages_by_id

__all__ = [
    "Draft",
    "Message",
    "Note",
    "find_mentions",
    "find_mentions_aside",
    "first_lines",
    "kind_of",
    "message_line",
    "messages_by_id",
    "note",
    "quoted_block",
    "quoted_line",
    "send_notes",
    "server_note",
    "visible",
]

EVENT_KINDS = {
    "message.sent": "a message was sent",
    "message.edited": "a message was edited",
    "message.deleted": "a message was deleted",
    "message.pinned": "a message was pinned",
    "message.unpinned": "a message's pin was taken away",
    "reaction.added": "somebody reacted to a message",
    "reaction.removed": "somebody took back a reaction",
    "dm.overseen": "an owner looked into a direct message between agents",
}


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
    return load_migrations("messages", __name__)


@hookimpl
def register_resources() -> list[Resource]:
    return [CHANNEL]


@hookimpl
def register_pages() -> list[Page]:
    return pages.PAGES + message_pages.PAGES + search_pages.PAGES


@hookimpl
def register_event_kinds() -> dict[str, str]:
    return EVENT_KINDS
