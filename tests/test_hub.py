"""Live fan-out: waiting, filtering, falling out of the ring, closing."""

from __future__ import annotations

import asyncio
import time

import pytest

from teammcp.errors import Gone, Unavailable
from teammcp.events import Event, Hub, Subscription


class Log:
    """What a hub reads when a subscriber has fallen out of its ring; counts how often it was asked."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.reads = 0

    async def page(self, after: int, limit: int) -> list[Event]:
        self.reads += 1
        await asyncio.sleep(0)  # a real read lets others run
        return [event for event in self.events if event.id > after][:limit]


def event(key: int, kind: str = "message.sent") -> Event:
    return Event(key, 0, kind, "ann", str(key), None, None, {})


def everything(_: Event) -> bool:
    return True


def only_messages(found: Event) -> bool:
    return found.kind == "message.sent"


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def hub(log: Log) -> Hub:
    return Hub(0, 16, log.page)


def publish(hub: Hub, log: Log, *keys: int, kind: str = "message.sent") -> None:
    for key in keys:
        log.events.append(event(key, kind))
        hub.publish(log.events[-1])


async def ids(subscription: Subscription, timeout: float = 0) -> list[int]:
    return [found.id for found in await subscription.next(timeout)]


async def test_a_subscriber_gets_what_comes_after_it_and_nothing_twice(hub: Hub, log: Log) -> None:
    publish(hub, log, 1, 2)
    with hub.subscribe(everything) as subscription:
        publish(hub, log, 3, 4)
        assert await ids(subscription) == [3, 4]
        assert await ids(subscription) == []
        publish(hub, log, 5)
        assert await ids(subscription) == [5]
    assert log.reads == 0


async def test_a_waiting_reader_is_woken_at_once(hub: Hub, log: Log) -> None:
    with hub.subscribe(everything) as subscription:
        waiting = asyncio.create_task(ids(subscription, timeout=60))
        await asyncio.sleep(0)
        publish(hub, log, 1)
        assert await asyncio.wait_for(waiting, 1) == [1]


async def test_a_reader_resumes_where_it_was(hub: Hub, log: Log) -> None:
    publish(hub, log, 1, 2, 3)
    with hub.subscribe(everything, after=1) as subscription:
        assert await ids(subscription) == [2, 3]


async def test_a_reader_that_claims_to_have_seen_the_future_gets_what_comes(hub: Hub, log: Log) -> None:
    publish(hub, log, 1)
    with hub.subscribe(everything, after=999) as subscription:
        publish(hub, log, 2)
        assert await ids(subscription) == [2]


async def test_a_filter_hides_events_without_waking_the_reader(hub: Hub, log: Log) -> None:
    with hub.subscribe(only_messages) as subscription:
        waiting = asyncio.create_task(ids(subscription, timeout=60))
        await asyncio.sleep(0)
        publish(hub, log, *range(1, 200), kind="agent.online")
        await asyncio.sleep(0)
        assert not waiting.done()
        publish(hub, log, 200)
        assert await asyncio.wait_for(waiting, 1) == [200]
    assert log.reads == 0  # an unwanted event moved the cursor along with it


async def test_who_asks_for_what_was_pruned_is_told_so(log: Log) -> None:
    hub = Hub(0, 16, log.page)
    publish(hub, log, *range(1, 101))
    with hub.subscribe(everything, after=10) as late, hub.subscribe(everything, after=0) as from_the_start:
        log.events = log.events[40:]
        hub.forget(40)
        with pytest.raises(Gone, match="up to 40") as told:
            await ids(late)
        assert (told.value.code, told.value.data) == ("events_pruned", {"oldest": 41})
        assert (await ids(from_the_start))[0] == 41  # 0 asks for what there is
    with pytest.raises(Gone):
        hub.subscribe(everything, after=39)
    with hub.subscribe(everything, after=40) as subscription:
        assert (await ids(subscription))[0] == 41


async def test_what_the_ring_still_holds_may_be_pruned(hub: Hub, log: Log) -> None:
    publish(hub, log, 1, 2, 3)
    hub.forget(3)
    with hub.subscribe(everything, after=1) as subscription:
        assert await ids(subscription) == [2, 3]


async def test_a_reader_that_fell_out_of_the_ring_reads_the_log(hub: Hub, log: Log) -> None:
    with hub.subscribe(everything) as subscription:
        publish(hub, log, *range(1, 1301))
        found: list[int] = []
        while batch := await ids(subscription):
            found += batch
    assert found == list(range(1, 1301))
    assert log.reads >= 2


async def test_the_ring_stays_small_however_many_events_there_are(hub: Hub, log: Log) -> None:
    with hub.subscribe(everything):  # and a reader that never reads costs nothing
        for key in range(1, 5001):
            hub.publish(event(key))
            assert len(hub._ring) <= 2 * 16


async def test_what_the_log_already_holds_but_the_hub_has_not_told_comes_once(hub: Hub, log: Log) -> None:
    publish(hub, log, *range(1, 41))
    log.events += [event(41), event(42)]  # committed a moment ago; their callbacks have yet to run
    with hub.subscribe(everything, after=0) as subscription:
        assert await ids(subscription) == list(range(1, 43))
        for late in log.events[40:]:
            hub.publish(late)
        assert await ids(subscription) == []
        publish(hub, log, 43)
        assert await ids(subscription) == [43]


async def test_the_time_out_ends_a_wait_with_nothing(hub: Hub) -> None:
    with hub.subscribe(everything) as subscription:
        began = time.monotonic()
        assert await ids(subscription, timeout=0.05) == []
        assert time.monotonic() - began >= 0.04


async def test_unwanted_events_do_not_prolong_the_wait(hub: Hub, log: Log) -> None:
    with hub.subscribe(only_messages) as subscription:
        waiting = asyncio.create_task(ids(subscription, timeout=0.1))
        for key in range(1, 6):
            await asyncio.sleep(0.01)
            publish(hub, log, key, kind="agent.online")
        assert await asyncio.wait_for(waiting, 1) == []


async def test_a_reader_that_goes_away_while_waiting_can_come_back(hub: Hub, log: Log) -> None:
    with hub.subscribe(everything) as subscription:
        waiting = asyncio.create_task(ids(subscription, timeout=60))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        publish(hub, log, 1)
        assert await ids(subscription) == [1]


async def test_closing_the_hub_ends_every_wait_and_refuses_new_ones(hub: Hub) -> None:
    subscriptions = [hub.subscribe(everything) for _ in range(5)]
    waits = [asyncio.create_task(subscription.next(60)) for subscription in subscriptions]
    await asyncio.sleep(0)
    hub.close()
    assert await asyncio.wait_for(asyncio.gather(*waits), 1) == [[]] * 5
    assert all(subscription.closed for subscription in subscriptions)
    assert await asyncio.wait_for(hub.subscribe(everything).next(60), 1) == []


async def test_who_waits_on_though_the_hub_is_closed_is_told_so_and_goes_in_no_circle(hub: Hub) -> None:
    subscription = hub.subscribe(everything)
    hub.close()
    assert await subscription.next(60) == []
    with pytest.raises(Unavailable, match="The server is stopping"):
        await subscription.next(60)


async def test_a_closed_subscription_is_forgotten(hub: Hub) -> None:
    with hub.subscribe(everything), hub.subscribe(everything):
        assert len(hub) == 2
    assert len(hub) == 0


async def test_a_filter_that_fails_harms_only_its_own_reader(
    hub: Hub, log: Log, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_: Event) -> bool:
        raise RuntimeError("broken filter")

    bad = [hub.subscribe(broken) for _ in range(5)]
    good = [hub.subscribe(everything) for _ in range(5)]
    waits = [asyncio.create_task(ids(subscription, timeout=60)) for subscription in good]
    await asyncio.sleep(0)
    publish(hub, log, 1)
    assert await asyncio.wait_for(asyncio.gather(*waits), 1) == [[1]] * 5
    with pytest.raises(RuntimeError, match="broken filter"):
        await bad[0].next(0)


async def test_an_event_is_serialised_once_however_many_readers_it_has(hub: Hub, log: Log) -> None:
    subscriptions = [hub.subscribe(everything) for _ in range(3)]
    publish(hub, log, 1)
    frames = [(await subscription.next(0))[0].sse for subscription in subscriptions]
    assert frames[0] is frames[1] is frames[2]


async def test_a_wait_ends_in_its_own_time_whatever_came_before(hub: Hub) -> None:
    with hub.subscribe(everything) as subscription:
        first = asyncio.create_task(subscription.next(60))
        await asyncio.sleep(0)
        hub.publish(event(hub.last_id + 1))
        assert len(await first) == 1
        for _ in range(2):
            async with asyncio.timeout(5):
                assert await subscription.next(0.01) == []
