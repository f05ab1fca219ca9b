"""What is kept of watches in memory: whom to look at, so that what happens to all others costs nothing."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from ...server import StateKey, Team
from ...storage import Row
from . import queries

Key = tuple[str, str, str]
"""Watcher, whom and what: one row."""


def key_of(row: Row) -> Key:
    """Which row it is."""
    return row["watcher"], row["whom"], row["what"]


@dataclass
class Watched:
    """Of one team.

    Attributes:
        names: the members of whom somebody is told, or was.
        fresh: rows that are new, and to which nothing has happened that has happened before.
        held: whether there may be occasions that were only counted.
        turn: what happens is looked at in the order in which it has happened.
    """

    names: set[str] = field(default_factory=set)
    fresh: set[Key] = field(default_factory=set)
    held: bool = False
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


WATCHED: StateKey[Watched] = StateKey("watches.watched", Watched)


async def load(team: Team) -> None:
    """Remember those of a team that is being opened."""
    memory = team.state[WATCHED]
    memory.names.update(await team.database.read(queries.watched))
    memory.held = await team.database.read(queries.any_held)
