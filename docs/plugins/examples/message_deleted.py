"""Forget what was kept in memory about a message that is deleted."""

from typing import Any

from teammcp import hookimpl

summaries: dict[int, str] = {}


@hookimpl
def message_deleted(message: Any) -> None:
    summaries.pop(message.id, None)
