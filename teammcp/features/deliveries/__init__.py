"""Deliveries: to whom a message is addressed and how far it got with each, and how far a member is in a channel.

The tables ``deliveries`` and ``cursors`` are this feature's, and nobody else's SQL touches them. Who sends, reads or
joins says so here, each inside a transaction of its own; what is told of it as an event is the caller's to say.
"""

from __future__ import annotations

from .answer_queries import (
    answer_channel,
    answer_thread,
    answered_by,
    awaited_by,
    close,
    is_addressed,
    overdue_of,
    overdue_to,
    set_answer,
    settle,
    waited_for,
    waiting_for,
)
from .cursor_queries import advance, begin, behind, cursor, cursors, late_calls, leave, pass_own, unread
from .handing_queries import arrive, give_back, hand, handed, hold, senders_of_unoffered, unoffered
from .queries import (
    acknowledge,
    address,
    addressed,
    addressed_ids,
    count_waiting,
    forget_message,
    is_read,
    offer,
    read,
    readdress,
    recipients,
    unaddress,
    unread_mentions,
)
from .watch_queries import away, away_with, late_with, left_behind, newly_late, note_away, note_late, retired_with_mail

__all__ = [
    "acknowledge",
    "address",
    "addressed",
    "addressed_ids",
    "advance",
    "answer_channel",
    "answer_thread",
    "answered_by",
    "arrive",
    "awaited_by",
    "away",
    "away_with",
    "begin",
    "behind",
    "close",
    "count_waiting",
    "cursor",
    "cursors",
    "forget_message",
    "give_back",
    "hand",
    "handed",
    "hold",
    "is_addressed",
    "is_read",
    "late_calls",
    "late_with",
    "leave",
    "left_behind",
    "newly_late",
    "note_away",
    "note_late",
    "offer",
    "overdue_of",
    "overdue_to",
    "pass_own",
    "read",
    "readdress",
    "recipients",
    "retired_with_mail",
    "senders_of_unoffered",
    "set_answer",
    "settle",
    "unaddress",
    "unoffered",
    "unread",
    "unread_mentions",
    "waited_for",
    "waiting_for",
]
