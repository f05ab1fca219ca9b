"""The chain itself, against any tampering: nothing passes, and what was done is named."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from teammcp_audit.seals import chain

Row = tuple[int, bytes | None, bytes | None]
text = st.one_of(st.none(), st.binary(max_size=4))
contents = st.lists(st.tuples(text, text), min_size=1, max_size=12)


def numbered(found: list[tuple[bytes | None, bytes | None]]) -> list[Row]:
    return [(number * 2 + 1, *columns) for number, columns in enumerate(found)]


rows = contents.map(numbered)


def sealed(events: list[Row], previous: str = chain.FIRST, number: int = 1) -> chain.Block:
    return chain.seal(previous, number, 1, 100, events)


@given(rows, rows)
def test_blocks_have_the_same_hash_only_if_all_is_the_same(one: list[Row], two: list[Row]) -> None:
    assert (sealed(one).hash == sealed(two).hash) == (one == two)


@given(rows)
def test_the_hash_covers_number_range_and_the_seal_before(events: list[Row]) -> None:
    hashes = {
        sealed(events).hash,
        sealed(events, number=2).hash,
        sealed(events, previous="1" * 64).hash,
        chain.seal(chain.FIRST, 1, 0, 100, events).hash,
        chain.seal(chain.FIRST, 1, 1, 101, events).hash,
    }
    assert len(hashes) == 5


@given(rows, st.data())
def test_what_was_done_to_an_event_is_named(events: list[Row], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(events) - 1))
    event_id, first, second = events[place]
    before = sealed(events)
    what = data.draw(st.sampled_from(["altered", "missing", "inserted"]))
    tampered = list(events)
    if what == "altered":
        tampered[place] = (event_id, b"something new", second)
    elif what == "missing":
        del tampered[place]
    else:
        event_id += 1
        tampered.insert(place + 1, (event_id, b"something new", first))
    after = sealed(tampered)
    assert after.hash != before.hash
    assert chain.compare(before.digests, after.digests) == [chain.Difference(what, event_id)]  # type: ignore[arg-type]


@given(contents, st.data())
def test_two_events_in_each_other_s_place_are_named(found: list[Any], data: st.DataObject) -> None:
    one = data.draw(st.integers(0, len(found)))
    found.insert(one, (b"like no other", None))
    two = data.draw(st.integers(one + 1, len(found)))
    found.insert(two, (b"nor this one", None))
    events = numbered(found)
    tampered = list(events)
    tampered[one] = (events[one][0], *events[two][1:])
    tampered[two] = (events[two][0], *events[one][1:])
    found = chain.compare(sealed(events).digests, sealed(tampered).digests)
    assert found == [
        chain.Difference("moved", events[one][0], events[two][0]),
        chain.Difference("moved", events[two][0], events[one][0]),
    ]
