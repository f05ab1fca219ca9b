"""Who sees what an agent's program says: all members, but in a turn with messages that not all of them read.

What comes of such a turn may tell what is in the messages. So it is for those who read all the channels they are of,
for the agent itself, and for managers, as an agent's output is: they look after it.
"""

from __future__ import annotations

import json
from typing import Any

from teammcp import Access, Context, Row

from ..entries import (
    ENTRY,
    Conversation,
    Ended,
    Entry,
    Started,
    State,
    TakenUp,
    TeamTools,
    TurnOver,
    TurnWritten,
    Used,
    Withheld,
)


def may_watch(context: Context, agent: str, channels: str | None) -> bool:
    """Whether the caller sees what an agent says in a turn.

    Args:
        context: of the caller.
        agent: whose turn.
        channels: what is kept of the turn in the column of that name.
    """
    actor, directory = context.actor, context.team.directory
    if channels is None or actor.name == agent or actor.access >= Access.manager:
        return True
    return all(directory.can_read(actor.name, channel) for channel in json.loads(channels))


def seen(context: Context, agent: str, row: Row) -> dict[str, Any]:
    """An entry, as the caller sees it: a `Withheld`, or one of the kinds of `Entry`, as JSON."""
    if may_watch(context, agent, row["channels"]):
        found: dict[str, Any] = json.loads(row["data"])
        return found
    return _without_words(ENTRY.validate_json(row["data"])).model_dump(mode="json")


def _without_words(entry: Entry) -> Entry | Withheld:
    """What anybody may know: that something happened, and what it cost."""
    match entry:
        case Started() | Conversation() | State() | TakenUp() | Used() | TeamTools():
            return entry
        case TurnWritten():
            return entry.model_copy(update={"text": ""})
        case TurnOver():
            return entry.model_copy(update={"detail": "", "answer": ""})
        case Ended():
            return entry.model_copy(update={"last_output": ""})
        case _:
            return Withheld()
