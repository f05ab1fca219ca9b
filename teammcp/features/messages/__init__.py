"""Messages: sending, reading, searching, editing, threads, reactions, pins."""

from __future__ import annotations

from .mentions import find_mentions, find_mentions_aside
from .models import Content, Draft, History, Message, MessageId, Priority, SentMessage, message_line
from .notes import Note, note, quoted_block, quoted_line, send_notes, server_note
from .queries import count_sent, first_replies, newest_ids, seq_of, unread_ids
from .queries import message as message_row
from .shapes import answered, first_lines, messages_by_id, told_parts
from .visibility import visible

__all__ = [
    "Content",
    "Draft",
    "History",
    "Message",
    "MessageId",
    "Note",
    "Priority",
    "SentMessage",
    "answered",
    "count_sent",
    "find_mentions",
    "find_mentions_aside",
    "first_lines",
    "first_replies",
    "message_line",
    "message_row",
    "messages_by_id",
    "newest_ids",
    "note",
    "quoted_block",
    "quoted_line",
    "send_notes",
    "seq_of",
    "server_note",
    "told_parts",
    "unread_ids",
    "visible",
]
