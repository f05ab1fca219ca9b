"""Count edits for each message."""

from collections import Counter

from teammcp import Message, hookimpl

edits: Counter[int] = Counter()


@hookimpl
def message_edited(message: Message) -> None:
    edits[message.id] += 1
