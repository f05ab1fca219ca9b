"""Count approvals: how many people reacted with a check mark."""

from collections import Counter

from teammcp import Message, hookimpl

approvals: Counter[int] = Counter()


@hookimpl
def reaction_changed(message: Message, emoji: str, added: bool) -> None:
    if emoji == "✅":
        approvals[message.id] += 1 if added else -1
