"""From rows to public loops, and to the patterns that are kept in memory."""

from __future__ import annotations

import json

from ....storage import Row
from .models import Loop
from .watch import Pattern, Watch


def loop_of(row: Row) -> Loop:
    """The public shape of a row."""
    shown = {name: row[name] for name in Loop.model_fields}
    return Loop.model_validate({**shown, "agents": json.loads(row["agents"])})


def remember(watch: Watch, row: Row) -> None:
    """Keep in memory that a loop is stopped, as its row says: when the team is opened, and when it happens."""
    watch.stopped[pattern_of(row)] = row["id"]


def pattern_of(row: Row) -> Pattern:
    """What a row stands for in memory."""
    return Pattern(row["kind"], row["channel"], tuple(json.loads(row["agents"])), row["digest"])
