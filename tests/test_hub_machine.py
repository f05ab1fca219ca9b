"""The hub as a state machine: whatever readers and events do, none is lost and none comes twice."""

from __future__ import annotations

import asyncio

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule

from teammcp.events import Event, Hub, Subscription

KINDS = ("message.sent", "task.updated", "agent.online")


class Reader:
    """What one subscriber should get, beside what it got."""

    def __init__(self, subscription: Subscription, kinds: frozenset[str], after: int) -> None:
        self.subscription = subscription
        self.kinds = kinds
        self.after = after
        self.got: list[int] = []
        self.waiting: asyncio.Task[list[Event]] | None = None


class HubMachine(RuleBasedStateMachine):
    """Events are committed to the log first and published a little later, as the writer does it."""

    readers = Bundle("readers")

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.log: list[Event] = []
        self.published = 0
        self.alive: list[Reader] = []

    @initialize(earlier=st.integers(0, 40), capacity=st.integers(1, 12))
    def open(self, earlier: int, capacity: int) -> None:
        for _ in range(earlier):
            self._commit("message.sent")
        self.published = earlier
        self.hub = Hub(earlier, capacity, self._page)

    async def _page(self, after: int, limit: int) -> list[Event]:
        found = [event for event in self.log if event.id > after][: min(limit, 7)]  # small pages: several reads
        await asyncio.sleep(0)  # the answer is on its way while other things happen
        return found

    def _commit(self, kind: str) -> None:
        key = len(self.log) + 1
        self.log.append(Event(key, 0, kind, "ann", str(key), None, None, {}))

    def _step(self) -> None:
        """Let everything that can go on do so."""

        async def turn() -> None:
            for _ in range(5):
                await asyncio.sleep(0)

        self.runner.run(turn())

    @rule(kinds=st.lists(st.sampled_from(KINDS), min_size=1, max_size=30))
    def commit(self, kinds: list[str]) -> None:
        for kind in kinds:
            self._commit(kind)

    @rule(limit=st.integers(1, 40))
    def publish(self, limit: int) -> None:
        for event in self.log[self.published : self.published + limit]:
            self.hub.publish(event)
            self.published = event.id
        self._step()

    @rule(
        target=readers,
        kinds=st.frozensets(st.sampled_from(KINDS), min_size=1),
        back=st.none() | st.integers(-2, 60),
    )
    def subscribe(self, kinds: frozenset[str], back: int | None) -> Reader:
        after = self.published if back is None else max(0, self.published - back)
        subscription = self.hub.subscribe(lambda event: event.kind in kinds, None if back is None else after)
        reader = Reader(subscription, kinds, min(after, self.published))
        self.alive.append(reader)
        return reader

    @rule(reader=readers)
    def begin_to_read(self, reader: Reader) -> None:
        if reader.waiting is None:
            reader.waiting = self.runner.get_loop().create_task(reader.subscription.next(3600))
            self.runner.run(asyncio.sleep(0))

    @rule(reader=readers)
    def finish_reading(self, reader: Reader) -> None:
        self._step()
        if reader.waiting is not None and reader.waiting.done():
            reader.got += [event.id for event in reader.waiting.result()]
            reader.waiting = None

    @rule(reader=readers)
    def give_up_waiting(self, reader: Reader) -> None:
        """A reader may be cut off at any moment, also while the log answers it."""
        if reader.waiting is not None and not reader.waiting.done():
            reader.waiting.cancel()
            self._step()
            reader.waiting = None

    @rule(reader=consumes(readers))
    def leave(self, reader: Reader) -> None:
        self._drain(reader)
        reader.subscription.close()
        self.alive.remove(reader)

    def _drain(self, reader: Reader) -> None:
        if reader.waiting is not None:
            self._step()
            if not reader.waiting.done():
                reader.waiting.cancel()
                self._step()
            if not reader.waiting.cancelled():
                reader.got += [event.id for event in reader.waiting.result()]
            reader.waiting = None
        while batch := self.runner.run(reader.subscription.next(0)):
            reader.got += [event.id for event in batch]
        expected = [event.id for event in self.log if event.id > reader.after and event.kind in reader.kinds]
        told = [key for key in expected if key <= self.published]
        assert reader.got[: len(told)] == told
        # The log may have told of an event before the hub did; never of one that is not there.
        assert reader.got == expected[: len(reader.got)]

    @invariant()
    def nobody_is_ahead_of_the_log_or_out_of_order(self) -> None:
        for reader in self.alive:
            assert reader.got == sorted(set(reader.got))
            assert reader.subscription.cursor <= len(self.log)

    def teardown(self) -> None:
        if hasattr(self, "hub"):
            while self.published < len(self.log):
                self.publish(1000)
            for reader in list(self.alive):
                self._drain(reader)
                expected = [event.id for event in self.log if event.id > reader.after and event.kind in reader.kinds]
                assert reader.got == expected
            self.hub.close()
        self.runner.close()


HubMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestHub = HubMachine.TestCase
