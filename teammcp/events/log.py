"""Append to the team's event log and read it back.

An event is appended in the transaction of the change it tells of, so there is never one without the other. Its `id` is
the total order of everything that happened in the team.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial

from pydantic_core import to_json

from ..clock import Clock
from ..storage import Database, Reader, Row, Transaction
from . import queries
from .event import Event
from .hub import Hub
from .kinds import EventData, EventKinds
from .runs import SHIFT, Runs


class EventLog:
    """The log of one team."""

    def __init__(self, clock: Clock, hub: Hub, kinds: EventKinds) -> None:
        self._clock = clock
        self._hub = hub
        self._kinds = kinds

    def append(
        self,
        tx: Transaction,
        data: EventData,
        *,
        actor: str,
        subject: str,
        channel: str | None = None,
        agents: Sequence[str] | None = None,
        surface: str | None = None,
    ) -> Event:
        """Write one event in the transaction ``tx``; it is published when that is committed.

        Args:
            tx: the transaction of the change that it tells of.
            data: what it says, and so of what kind it is.
            actor: who made the change.
            subject: the thing it is about, as text: an id or a name.
            channel: whose readers are told.
            agents: who is told, instead of these; without both, every member of the team is.
            surface: the way the change came.

        Raises:
            ValueError: the kind is not declared; see the hook ``register_event_kinds``.
        """
        self._kinds.check(data)
        at, kind, content = self._clock.now(), data.event_kind, data.as_json()
        listed = None if agents is None else json.dumps(list(agents), ensure_ascii=False)
        key = queries.insert(tx, at, kind, actor, subject, channel, listed, to_json(content).decode(), surface)
        runs = self._hub.runs
        runs.begin(tx, key)
        names = None if agents is None else tuple(agents)
        event = Event(key, at, kind, actor, subject, channel, names, content, surface, runs.mark << SHIFT | key)
        tx.on_commit(partial(self._hub.publish, event))
        return event

    def prune(self, tx: Transaction, through: int) -> int:
        """Take the oldest events out of the log, up to the id ``through``; how many. They are kept elsewhere.

        A reader that then asks for what follows an event that is gone is told so; see `Hub.check`.
        """
        removed = queries.delete(tx, through)
        tx.on_commit(partial(self._hub.forget, through))
        return removed


def read_since(reader: Reader, after: int, limit: int) -> list[Event]:
    """Events with a greater id than ``after``, oldest first."""
    return [_event(row) for row in queries.since(reader, after, limit)]


def scan_events(reader: Reader, first: int, last: int, kinds: Sequence[str] = ()) -> list[Event]:
    """The events of a range of ids, both ends included, oldest first: for whoever looks back or counts.

    All of them are read at once, so take ranges of some thousands.

    Args:
        reader: of a read or a transaction.
        first: the first id.
        last: the last id.
        kinds: only events of these; all kinds if it is empty.
    """
    return [_event(row) for row in queries.within(reader, first, last, kinds)]


def last_id(reader: Reader) -> int:
    """The id of the newest event, 0 if there is none."""
    return queries.newest(reader) or 0


def last_pruned(reader: Reader) -> int:
    """The id behind which the log begins, 0 if it was never pruned."""
    return max((queries.oldest(reader) or 1) - 1, 0)


async def open_hub(database: Database, capacity: int) -> Hub:
    """A hub that continues where the log ends."""
    pruned = await database.read(last_pruned)
    runs = Runs(await database.read(queries.runs))
    return Hub(await database.read(last_id), capacity, partial(_read_page, database), pruned, runs)


async def _read_page(database: Database, after: int, limit: int) -> list[Event]:
    return await database.read(read_since, after, limit)


def _event(row: Row) -> Event:
    agents = None if row["agents"] is None else tuple(json.loads(row["agents"]))
    return Event(
        row["id"],
        row["at"],
        row["kind"],
        row["actor"],
        row["subject"],
        row["channel"],
        agents,
        json.loads(row["data"]),
        row["surface"],
        (row["mark"] or 0) << SHIFT | row["id"],
    )
