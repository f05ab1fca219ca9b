"""Messages: sending, reading, searching, editing, threads, reactions, pins."""

from __future__ import annotations

from .mentions import find_mentions, find_mentions_aside
from .models import Draft, Message, message_line
from .notes import Note, note, quoted_block, quoted_line, send_notes, server_note
from .operations import visible
from .presentation import kind_of
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
