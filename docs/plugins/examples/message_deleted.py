"""Forget what was kept in memory about a message that is deleted."""

from teammcp import Message, hookimpl

summaries: dict[int, str] = {}


@hookimpl
def message_deleted(message: Message) -> None:
    summaries.pop(message.id, None)
