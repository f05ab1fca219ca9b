"""Token buckets, by a clock that the test moves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teammcp.errors import RateLimited
from teammcp.server.limits import KEPT, RateLimit
from teammcp.testing import MovedClock


def taken(limit: RateLimit, key: str, tries: int) -> int:
    """How many of ``tries`` calls are let through."""
    through = 0
    for _ in range(tries):
        try:
            limit.take(key)
        except RateLimited:
            continue
        through += 1
    return through


def test_a_burst_passes_and_then_the_rate_counts() -> None:
    clock = MovedClock()
    limit = RateLimit(clock, rate=2, burst=10, what="calls")
    assert taken(limit, "a", 15) == 10
    clock.advance(seconds=3)
    assert taken(limit, "a", 15) == 6
    clock.advance(hours=1)
    assert taken(limit, "a", 15) == 10


def test_each_key_has_a_bucket_of_its_own() -> None:
    limit = RateLimit(MovedClock(), rate=1, burst=2, what="calls")
    assert [taken(limit, key, 3) for key in "ab"] == [2, 2]


def test_a_rate_of_zero_means_no_limit() -> None:
    assert taken(RateLimit(MovedClock(), rate=0, burst=0, what="calls"), "a", 1000) == 1000


@given(rate=st.floats(0.01, 1000), burst=st.integers(1, 50), pauses=st.lists(st.integers(0, 5000), max_size=30))
def test_whoever_waits_as_long_as_told_is_let_through(rate: float, burst: int, pauses: list[int]) -> None:
    clock = MovedClock()
    limit = RateLimit(clock, rate, burst, "calls")
    for pause in pauses:
        clock.advance(seconds=pause / 1000)
        taken(limit, "a", 3)
    taken(limit, "a", burst)
    with pytest.raises(RateLimited) as caught:
        limit.take("a")
    wait = caught.value.data["retry_after"]
    assert isinstance(wait, int)
    assert 1 <= wait <= 1 / rate + 2
    assert str(wait) in caught.value.detail
    clock.advance(seconds=wait)
    limit.take("a")


def test_a_clock_that_is_set_back_locks_nobody_out() -> None:
    clock = MovedClock()
    limit = RateLimit(clock, rate=1, burst=5, what="calls")
    taken(limit, "a", 3)
    clock.advance(hours=-1)
    assert taken(limit, "a", 5) == 2
    clock.advance(seconds=2)
    assert taken(limit, "a", 5) == 2


def test_memory_stays_bounded_and_those_who_call_now_stay_limited() -> None:
    limit = RateLimit(MovedClock(), rate=1, burst=1, what="calls")
    limit.take("busy")
    for number in range(KEPT * 2):
        limit.take(str(number))
        if number % 1000 == 0:
            assert taken(limit, "busy", 1) == 0
    assert len(limit._buckets) <= KEPT
