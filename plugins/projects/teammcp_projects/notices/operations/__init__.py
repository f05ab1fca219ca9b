"""What can be done with subscriptions and notices."""

from __future__ import annotations

from typing import Any

from .announcing import announce_change
from .answering import answer_notice
from .ending import end_notice
from .reading import get_notice, get_notice_part, list_notices, wait_for_notices
from .reminding import remind_of_notice, tell_notice_done
from .replies import note_reply
from .subscriptions import list_subscriptions, subscribe_project, unsubscribe_project
from .telling import hold_back_notice, note_who_acts, tell_notice

OPERATIONS: list[Any] = [
    subscribe_project,
    unsubscribe_project,
    list_subscriptions,
    announce_change,
    answer_notice,
    end_notice,
    get_notice,
    get_notice_part,
    list_notices,
    wait_for_notices,
    tell_notice,
    hold_back_notice,
    note_who_acts,
    tell_notice_done,
    remind_of_notice,
    note_reply,
]
