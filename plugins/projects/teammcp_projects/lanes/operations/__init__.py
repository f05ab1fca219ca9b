"""What can be done with conversations."""

from __future__ import annotations

from typing import Any

from .conversations import fork_conversation, list_conversations, reset_conversation
from .ending import end_conversation
from .resting import rest_conversation
from .starting import adapt_conversation, start_conversation

OPERATIONS: list[Any] = [
    list_conversations,
    reset_conversation,
    fork_conversation,
    start_conversation,
    adapt_conversation,
    rest_conversation,
    end_conversation,
]
