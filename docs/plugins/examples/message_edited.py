"""Count edits for each message."""

from collections import Counter
from typing import Any

from teammcp import hookimpl

edits: Counter[int] = Counter()


@hookimpl
def message_edited(message: Any) -> None:
    edits[message.id] += 1
