"""What can be done with conversations."""

from __future__ import annotations

from typing import Any

from .starting import adapt_conversation, start_conversation

OPERATIONS: list[Any] = [start_conversation, adapt_conversation]
