"""Followers: what goes through a team's log event by event, handles each once, and goes on where it was.

How far a follower has come is a row in the team's database, which moves in the transaction that holds what was done
about the events. So a crash, a restart, or a handler that fails neither loses an event nor has it handled twice.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from ..errors import Conflict
from ..events import Event
from ..events.log import last_id, last_pruned, read_since
from ..registry import Result
from ..storage import Reader, Transaction, Work
from . import follower_queries as queries
from .calling import Context

if TYPE_CHECKING:
    from ..server import Host, Team

    Outcome = Work[Any] | Awaitable[Work[Any] | None] | None
    Handler = Callable[[Context, Sequence[Event]], Outcome]
    Missed = Callable[[Context, range], Outcome]

LOOK = 60.0
"""Seconds after which it is looked again, though nothing was heard of that concerns the follower."""

MOVED = "follower_moved"

log = logging.getLogger(__name__)


class Followed(Result):
    """What one step has come to."""

    handled: int
    more: bool


@dataclass(frozen=True)
class _Stretch:
    """What lies before a follower."""

    place: int | None
    """The last event that was dealt with; None if it has never looked."""
    newest: int
    pruned: int
    events: list[Event]
    more: bool


class Follower:
    """Hands the events of a team's log to a handler, in order, each once.

    Its steps are calls of an internal operation of the same name, which the plugin contributes like any other::

        async def count(context: Context, events: Sequence[Event]) -> Work[None]: …

        COUNTER = Follower("count_messages", count, kinds={"message.sent"})

        @operation(internal=True)
        async def count_messages(context: Context) -> Work[Followed] | Followed:
            "Count the messages that are new."
            return await COUNTER.step(context)

        @hookimpl
        def register_services() -> list[Service]:
            return [Service("polls.count", COUNTER.run, per_team=True)]

    Args:
        name: of the operation, and of the row that keeps how far it has come: it must stay the same.
        handle: given some events, returns the work to be done about them in the transaction that moves on behind
            them, such as that of `Context.prepare`, or None. It may be async. If it, or the work, raises, nothing was
            done, and the same events come again.
        kinds: of the events that it wants, or what says them where plugins add some, given the server; all by default.
        at_once: how many events are gone through in one step, 1 to have them one by one.
        from_start: whether it begins with the oldest event of the log, rather than with what comes from now on.
        missed: called as ``handle`` is, with the ids of events that were archived before they were handled; by default
            the log says so.
    """

    def __init__(
        self,
        name: str,
        handle: Handler,
        *,
        kinds: Collection[str] | Callable[[Host], Collection[str]] | None = None,
        at_once: int = 100,
        from_start: bool = False,
        missed: Missed | None = None,
    ) -> None:
        self.name = name
        self._handle = handle
        self._kinds = kinds
        self._at_once = at_once
        self._from_start = from_start
        self._missed = missed

    def place(self, reader: Reader) -> int | None:
        """The id of the last event that was dealt with; None before the first step."""
        return queries.place(reader, self.name)

    def skip(self, tx: Transaction, through: int) -> None:
        """Take everything up to the event ``through`` as dealt with."""
        queries.set_place(tx, self.name, through)

    async def run(self, team: Team) -> None:
        """Go through what there is, and then what comes, until the team is closed: the ``run`` of a `Service`."""
        with team.hub.subscribe(partial(self._wants, team.server)) as news:
            while not news.closed:
                await self.catch_up(team)
                await news.next(LOOK)

    async def catch_up(self, team: Team) -> int:
        """Go through what there is; how many events were handled."""
        handled, more = 0, True
        while more:
            try:
                step: Followed = await Context.inside(team).call(self.name)
            except Conflict as error:  # somebody has moved it meanwhile: look again from there
                if error.code != MOVED:
                    raise
            else:
                handled, more = handled + step.handled, step.more
        return handled

    async def step(self, context: Context) -> Work[Followed] | Followed:
        """Deal with the next events: what the operation returns."""
        stretch = await context.read(self._look)
        if stretch.place is None:
            return self._moving(stretch, 0 if self._from_start else stretch.newest, [], handled=0, more=True)
        works = []
        if stretch.place < stretch.pruned:
            works.append(await self._tell_missed(context, range(stretch.place + 1, stretch.pruned + 1)))
        wanted = [event for event in stretch.events if self._wants(context.server, event)]
        if wanted:
            works.append(await _resolve(self._handle(context, wanted)))
        if not works and not stretch.more:  # events that it does not want are passed over with the next that it does
            return Followed(handled=0, more=False)
        end = stretch.events[-1].id if stretch.events else stretch.pruned
        return self._moving(stretch, end, works, handled=len(wanted), more=stretch.more)

    def _look(self, reader: Reader) -> _Stretch:
        place, pruned = self.place(reader), last_pruned(reader)
        events = [] if place is None else read_since(reader, max(place, pruned), self._at_once)
        return _Stretch(place, last_id(reader), pruned, events, len(events) == self._at_once)

    def _wants(self, server: Host, event: Event) -> bool:
        kinds = self._kinds(server) if callable(self._kinds) else self._kinds
        return kinds is None or event.kind in kinds

    async def _tell_missed(self, context: Context, ids: range) -> Work[Any] | None:
        if self._missed is not None:
            return await _resolve(self._missed(context, ids))
        log.warning(
            "%s of team %s has missed the events %d to %d, which are in the archive",
            self.name,
            context.team.name,
            ids[0],
            ids[-1],
        )
        return None

    def _moving(
        self, stretch: _Stretch, end: int, works: list[Work[Any] | None], *, handled: int, more: bool
    ) -> Work[Followed]:
        def work(tx: Transaction) -> Followed:
            if self.place(tx) != stretch.place:
                raise Conflict(f"{self.name} goes through the log already.", code=MOVED)
            for each in works:
                if each is not None:
                    each(tx)
            queries.set_place(tx, self.name, end)
            return Followed(handled=handled, more=more)

        return work


async def _resolve(result: Outcome) -> Work[Any] | None:
    return await result if inspect.isawaitable(result) else result
