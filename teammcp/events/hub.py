"""Live fan-out: the last events in a ring, and subscribers that are only cursors into it.

A subscriber that falls behind the ring reads the log instead. So a slow reader costs no memory and loses nothing.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections.abc import Awaitable, Callable
from operator import attrgetter

from ..errors import Gone, Unavailable
from .event import Event
from .runs import Runs

PAGE = 500
by_id = attrgetter("id")


class Hub:
    """The live end of one team's log. Used from the event loop only.

    Args:
        last_id: id of the newest event in the log.
        capacity: how many events the ring keeps.
        read_page: ``(after, limit) -> events`` from the log, for those who fell out of the ring.
        pruned: id of the newest event that the log no longer holds.
        runs: the stretches of the log; by default it has none yet.
    """

    def __init__(
        self,
        last_id: int,
        capacity: int,
        read_page: Callable[[int, int], Awaitable[list[Event]]],
        pruned: int = 0,
        runs: Runs | None = None,
    ) -> None:
        self.last_id = last_id
        self.pruned = pruned
        self.runs = runs or Runs()
        self.closed = False
        self._floor = last_id  # the newest event that is no longer in the ring
        self._ring: list[Event] = []
        self._capacity = capacity
        self._read_page = read_page
        self._subscriptions: set[Subscription] = set()

    def __len__(self) -> int:
        """How many subscriptions there are."""
        return len(self._subscriptions)

    def publish(self, event: Event) -> None:
        """Offer an event to every subscription that wants it. Called in the order of ids."""
        self._ring.append(event)
        if len(self._ring) >= 2 * self._capacity:
            self._floor = self._ring[self._capacity - 1].id
            del self._ring[: self._capacity]
        before, self.last_id = self.last_id, event.id
        for subscription in self._subscriptions:
            try:
                subscription.offer(event, before)
            except Exception:  # noqa: BLE001 - its own reader meets the error when it looks; others must not
                subscription.wake()

    def forget(self, through: int) -> None:
        """The log no longer holds the events up to the id ``through``."""
        self.pruned = max(self.pruned, through)

    def subscribe(self, wants: Callable[[Event], bool], after: int | None = None) -> Subscription:
        """Follow the events that ``wants`` accepts, from the one behind ``after`` (default: from now on).

        Close the subscription when done, or use it in a ``with`` block.

        Raises:
            Gone: see `check`.
        """
        self.check(after or 0)
        subscription = Subscription(self, wants, self.last_id if after is None else min(after, self.last_id))
        self._subscriptions.add(subscription)
        return subscription

    def check(self, after: int) -> None:
        """Make sure that all events behind ``after`` are there; 0 stands for as many as there are.

        Raises:
            Gone: some were pruned. ``oldest`` is the first that is left.
        """
        if 0 < after < min(self.pruned, self._floor):
            raise Gone(
                f"since: the events up to {self.pruned} are in the archive. Begin anew: without since from now on, "
                "with 0 from the oldest event that is left.",
                code="events_pruned",
                oldest=self.pruned + 1,
            )

    @property
    def cursor(self) -> int:
        """Of a reader that has come as far as the log goes."""
        return self.runs.cursor(self.last_id)

    def place(self, cursor: int) -> int:
        """The id of the event behind which a reader goes on that comes with a cursor, or with a plain id.

        Raises:
            Gone: the cursor is of another log, or see `check`.
        """
        after = self.runs.place(cursor, self.last_id)
        self.check(after)
        return after

    def close(self) -> None:
        """End every subscription: their `Subscription.next` returns, with `closed` set."""
        self.closed = True
        for subscription in self._subscriptions:
            subscription.wake()

    def remove(self, subscription: Subscription) -> None:
        """Forget a subscription."""
        self._subscriptions.discard(subscription)

    async def page(self, after: int) -> list[Event]:
        """Some of the events behind ``after``, in order: all of the ring's, or a page of the log's.

        Raises:
            Gone: see `check`.
        """
        if after >= self._floor:
            return self._ring[bisect_right(self._ring, after, key=by_id) :]
        self.check(after)
        return await self._read_page(after, PAGE)


class Subscription:
    """A reader of the log: a cursor, and a filter."""

    def __init__(self, hub: Hub, wants: Callable[[Event], bool], cursor: int) -> None:
        self.cursor = cursor
        self._hub = hub
        self._wants = wants
        self._waiting: asyncio.Future[None] | None = None
        self._deadline = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._has_ended = False

    @property
    def closed(self) -> bool:
        """Whether the hub has ended all subscriptions."""
        return self._hub.closed

    def __enter__(self) -> Subscription:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop following."""
        self._hub.remove(self)
        if self._timer is not None:
            self._timer.cancel()

    def offer(self, event: Event, before: int) -> None:
        """Called by the hub: wake the reader, or skip the event if it is the next one and unwanted."""
        if self._wants(event):
            self.wake()
        elif self.cursor == before:
            self.cursor = event.id

    def wake(self) -> None:
        """End the current wait."""
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    async def next(self, timeout: float) -> list[Event]:
        """The wanted events that have come since the last call, waiting for the first.

        Returns an empty list after ``timeout`` seconds without one, or once the hub is closed.

        Raises:
            Gone: so much time has passed that the next ones were pruned.
            Unavailable: that it is closed was told by the last call; who waits on would wait in a circle.
        """
        if self._has_ended:
            raise Unavailable("The server is stopping. Try again in a moment.")
        deadline = asyncio.get_running_loop().time() + timeout
        while not self.closed:
            while self.cursor < self._hub.last_id:
                page = await self._hub.page(self.cursor)
                if not page:
                    self.cursor = self._hub.last_id
                    break
                self.cursor = page[-1].id
                if wanted := [event for event in page if self._wants(event)]:
                    return wanted
            if not await self._wait(deadline):
                break
        self._has_ended = self.closed
        return []

    async def _wait(self, deadline: float) -> bool:
        loop = asyncio.get_running_loop()
        if loop.time() >= deadline:
            return False
        self._deadline = deadline
        if self._timer is None or self._timer.when() > deadline:
            self._set_timer(loop)
        self._waiting = loop.create_future()
        try:
            await self._waiting
        finally:
            self._waiting = None
        return True

    def _set_timer(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = loop.call_at(self._deadline, self._timed_out, loop)

    def _timed_out(self, loop: asyncio.AbstractEventLoop) -> None:
        """End the wait, unless events have come since the timer was set: a timer for each would cost more than they."""
        self._timer = None
        if loop.time() >= self._deadline:
            self.wake()
        elif self._waiting is not None:
            self._set_timer(loop)
