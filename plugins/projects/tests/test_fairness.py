"""Which question is next: lanes take turns, a lane keeps its order, and a place is what comes true."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st
from teammcp_projects.questions.fairness import Answerer, Waiting, choose, in_order, places

lanes = st.sampled_from(["web", "api", "@eve"])
questions = st.lists(st.tuples(lanes, st.integers(0, 2)), max_size=12).map(
    lambda drawn: [Waiting(number, lane, priority, "ada") for number, (lane, priority) in enumerate(drawn, 1)]
)
turns = st.dictionaries(lanes, st.integers(1, 50))


@given(questions, turns, st.sets(lanes))
def test_a_place_is_what_comes_true_when_one_is_answered_after_the_other(
    waiting: list[Waiting], begun: dict[str, int], taken: set[str]
) -> None:
    found, rest, now = places(waiting, begun, taken), list(waiting), 100
    order, answering = [], sorted(taken, key=lambda lane: (begun.get(lane, 0), lane))
    while rest:
        answering = answering[1:]
        for following in in_order(rest, begun, answering)[:1]:
            rest.remove(following)
            order.append(following.id)
            answering.append(following.lane)
            now += 1
            begun = {**begun, following.lane: now}
    assert order == sorted(found, key=lambda number: found[number])
    assert sorted(found.values()) == list(range(1, len(waiting) + 1))


@given(questions, turns, st.sets(lanes))
def test_a_lane_answers_one_at_a_time_the_most_urgent_and_then_the_oldest_first(
    waiting: list[Waiting], begun: dict[str, int], taken: set[str]
) -> None:
    ordered = in_order(waiting, begun, taken)
    assert {each.lane for each in ordered} == {each.lane for each in waiting} - taken
    for each in ordered:
        lane = [other for other in waiting if other.lane == each.lane]
        assert (-each.priority, each.id) == min((-other.priority, other.id) for other in lane)


def test_one_who_asks_much_keeps_nobody_waiting() -> None:
    waiting = [Waiting(number, "web", 2, "ada") for number in range(1, 101)] + [Waiting(101, "api", 0, "eve")]
    assert places(waiting, {"web": 5}, {"web"})[101] == 1


def test_places_of_a_thousand_are_found_at_once() -> None:
    waiting = [Waiting(number, f"lane {number % 50}", number % 3, "ada") for number in range(1000)]
    began = time.process_time()
    assert len(places(waiting, {}, ())) == 1000
    assert time.process_time() - began < 0.5


def test_it_is_answered_by_one_who_is_free_and_here_and_has_answered_the_lane_before() -> None:
    question = Waiting(1, "web", 1, "ada")
    here, away = Answerer("bob", here=True, free=True), Answerer("eve", here=False, free=True)
    busy, asker = Answerer("joe", here=True, free=False), Answerer("ada", here=True, free=True)
    assert choose([away, here, busy, asker], question, None) == "bob"
    assert choose([away, busy], question, None) == "eve"
    assert choose([busy, asker], question, None) is None
    both = [here, Answerer("zoe", here=True, free=True)]
    assert choose(both, question, "zoe") == "zoe"
    assert choose([away, here], question, "eve") == "bob", "one who is here comes before one who knows the lane"
